//! Responses.

use geppetto_providers_openai::ResponsesEngine;
use geppetto_transport::ApiKey;
use serde_json::{Value, json};

use super::Spec;
use crate::cell::{DELTAS, Mode};

pub(super) const SPEC: Spec = Spec {
    name: "Responses",
    format: "of the Responses API",
    engine: |setup| {
        Box::new(
            ResponsesEngine::builder("test-model")
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
    single: || response("completed"),
    reported: |mode| {
        let error = json!({"code": "server_is_overloaded", "message": "no room"});
        match mode {
            Mode::Streamed => {
                json!({"type": "error", "code": error["code"], "message": error["message"]})
            }
            Mode::Single => json!({"error": error}),
        }
    },
    ends_texts_last: false,
};

fn message() -> Value {
    json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": DELTAS.concat(), "annotations": []}]})
}

fn response(status: &str) -> Value {
    let output = match status {
        "completed" => json!([message()]),
        _ => json!([]),
    };
    json!({"id": "resp_1", "object": "response", "model": "m", "status": status, "output": output})
}

fn events() -> Vec<String> {
    let delta = |text: &str| {
        json!({"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0,
            "content_index": 0, "delta": text})
    };
    let events = [
        json!({"type": "response.created", "response": response("in_progress")}),
        json!({"type": "response.output_item.added", "output_index": 0,
            "item": {"type": "message", "id": "msg_1", "role": "assistant", "content": []}}),
        delta(DELTAS[0]),
        delta(DELTAS[1]),
        json!({"type": "response.completed", "response": response("completed")}),
    ];
    let numbered = |(number, mut event): (usize, Value)| {
        event["sequence_number"] = json!(number);
        event.to_string()
    };
    events.into_iter().enumerate().map(numbered).collect()
}
