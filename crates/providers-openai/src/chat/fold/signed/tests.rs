use serde_json::json;

use super::*;

fn taken(events: &[Value]) -> Vec<Value> {
    let mut signed = Signed::default();
    for event in events {
        let pieces = event.as_array().into_iter().flatten();
        signed.take(pieces.filter_map(Value::as_object).cloned().collect());
    }
    signed.end().0
}

#[test]
fn pieces_of_a_thought_are_one_block_up_to_its_signature() {
    let events = [
        json!([{"type": "thinking", "thinking": "A", "signature": null}]),
        json!([{"type": "thinking", "thinking": "b", "signature": null}]),
        json!([{"type": "thinking", "thinking": "", "signature": "S1"}]),
        json!([{"type": "redacted_thinking", "data": "X"}]),
        json!([{"type": "thinking", "thinking": "C", "signature": "S2"}]),
    ];
    let expected = json!([
        {"type": "thinking", "thinking": "Ab", "signature": "S1"},
        {"type": "redacted_thinking", "data": "X"},
        {"type": "thinking", "thinking": "C", "signature": "S2"},
    ]);
    assert_eq!(json!(taken(&events)), expected);
}

#[test]
fn a_thought_without_a_signature_is_not_kept() {
    let events = [
        json!([{"type": "thinking", "thinking": "A"}]),
        json!([{"type": "redacted_thinking"}]),
        json!([{"type": "other"}, {}]),
    ];
    assert!(taken(&events).is_empty());
}
