//! Messages.

use geppetto_providers_anthropic::MessagesEngine;
use geppetto_transport::ApiKey;
use serde_json::{Value, json};

use super::Spec;
use crate::cell::DELTAS;

pub(super) const SPEC: Spec = Spec {
    name: "Messages",
    format: "of the Messages API",
    engine: |setup| {
        Box::new(
            MessagesEngine::builder("test-model")
                .base_url(setup.base_url)
                .api_key(ApiKey::new(setup.key))
                .stream(setup.is_streamed)
                .http_client(setup.http)
                .build()
                .unwrap(),
        )
    },
    events,
    first_delta: 2,
    single: || {
        message(
            &json!([{"type": "text", "text": DELTAS.concat()}]),
            Some("end_turn"),
        )
    },
    reported: |_| json!({"type": "error", "error": {"type": "overloaded_error", "message": "no room"}}),
    ends_texts_last: false,
};

fn message(content: &Value, reason: Option<&str>) -> Value {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": content,
        "stop_reason": reason})
}

fn events() -> Vec<String> {
    let delta = |text: &str| {
        json!({"type": "content_block_delta", "index": 0,
            "delta": {"type": "text_delta", "text": text}})
    };
    let events = [
        json!({"type": "message_start", "message": message(&json!([]), None)}),
        json!({"type": "content_block_start", "index": 0,
            "content_block": {"type": "text", "text": ""}}),
        delta(DELTAS[0]),
        delta(DELTAS[1]),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}),
        json!({"type": "message_stop"}),
    ];
    events.iter().map(Value::to_string).collect()
}
