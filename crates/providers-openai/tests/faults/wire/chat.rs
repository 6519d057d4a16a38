//! Chat Completions.

use geppetto_providers_openai::ChatEngine;
use geppetto_transport::ApiKey;
use serde_json::{Value, json};

use super::Spec;
use crate::cell::DELTAS;

pub(super) const SPEC: Spec = Spec {
    name: "chat",
    format: "a chat completion",
    engine: |setup| {
        Box::new(
            ChatEngine::builder("test-model")
                .base_url(setup.base_url)
                .api_key(ApiKey::new(setup.key))
                .stream(setup.is_streamed)
                .http_client(setup.http)
                .build()
                .unwrap(),
        )
    },
    events,
    first_delta: 1,
    single: || {
        json!({"id": "chatcmpl-1", "object": "chat.completion", "model": "m",
            "choices": [{"index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": DELTAS.concat()}}]})
    },
    reported: |_| json!({"error": {"code": "server_is_overloaded", "message": "no room"}}),
    ends_texts_last: true,
};

fn events() -> Vec<String> {
    let chunk = |delta: Value, reason: Option<&str>| {
        json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})
        .to_string()
    };
    vec![
        chunk(json!({"role": "assistant", "content": ""}), None),
        chunk(json!({"content": DELTAS[0]}), None),
        chunk(json!({"content": DELTAS[1]}), None),
        chunk(json!({}), Some("stop")),
        "[DONE]".to_owned(),
    ]
}
