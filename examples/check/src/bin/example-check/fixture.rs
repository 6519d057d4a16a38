//! Events as examples print them, for tests.

use serde_json::{Value, json};

/// An event with its number, in the session `s`.
pub(crate) fn line(seq: u64, mut event: Value) -> String {
    event["seq"] = json!(seq);
    event["correlation"]["session_id"] = json!("s");
    event.to_string()
}

/// A run with the prompt `hi` that answers `hey` in two pieces and finishes.
pub(crate) fn run(id: &str) -> Vec<Value> {
    let segment = json!({"run_id": id, "provider_call_id": "c", "attempt": 1, "segment_id": "t"});
    let call = json!({"run_id": id, "provider_call_id": "c", "attempt": 1});
    let run = json!({"run_id": id});
    let usage = json!({"input_tokens": 3, "output_tokens": 4});
    vec![
        json!({"type": "run-started", "correlation": run, "prompt": "hi"}),
        json!({"type": "provider-call-started", "correlation": call}),
        json!({"type": "text-segment-started", "correlation": segment}),
        json!({"type": "text-delta", "correlation": segment, "delta": "he", "offset": 0, "sequence": 1}),
        json!({"type": "text-delta", "correlation": segment, "delta": "y", "offset": 2, "sequence": 2}),
        json!({"type": "text-segment-finished", "correlation": segment, "text": "hey"}),
        json!({"type": "provider-call-finished", "correlation": call, "usage": usage}),
        json!({"type": "run-finished", "correlation": run, "status": "completed", "usage": usage}),
    ]
}
