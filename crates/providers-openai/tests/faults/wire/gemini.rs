//! generateContent.

use geppetto_providers_gemini::GeminiEngine;
use geppetto_transport::ApiKey;
use serde_json::{Value, json};

use super::Spec;
use crate::cell::DELTAS;

pub(super) const SPEC: Spec = Spec {
    name: "generateContent",
    format: "of the generateContent API",
    engine: |setup| {
        Box::new(
            GeminiEngine::builder("test-model")
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
    single: || chunk(&DELTAS.concat(), Some("STOP")),
    reported: |_| json!({"error": {"code": 503, "message": "no room", "status": "UNAVAILABLE"}}),
    ends_texts_last: true,
};

fn chunk(text: &str, reason: Option<&str>) -> Value {
    json!({"candidates": [{"content": {"role": "model", "parts": [{"text": text}]},
        "finishReason": reason}], "modelVersion": "m", "responseId": "r"})
}

fn events() -> Vec<String> {
    vec![
        json!({"modelVersion": "m", "responseId": "r"}).to_string(),
        chunk(DELTAS[0], None).to_string(),
        chunk(DELTAS[1], None).to_string(),
        chunk("", Some("STOP")).to_string(),
    ]
}
