use serde_json::json;

use super::*;

#[test]
fn results_go_through_json_unchanged() {
    let value = json!({
        "provider": "open_responses", "model": "gpt-5-mini", "stop_reason": "stop",
        "finish_class": "some_new_class", "truncated": true,
        "usage": {"input_tokens": 113, "output_tokens": 17},
        "duration_ms": 1114, "response_id": "resp_01",
        "extra": {"settings": {"a": 1}}, "cost": {"usd": 0.01},
    });
    let result: InferenceResult = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(
        result.finish_class,
        FinishClass::Other("some_new_class".to_owned())
    );
    assert_eq!(serde_json::to_value(&result).unwrap(), value);
}
