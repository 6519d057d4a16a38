use serde_json::json;

use super::*;

#[test]
fn usages_add_up() {
    let a = Usage::new(10, 2)
        .with_cached(4)
        .with_reasoning(1)
        .with_raw(json!({"x": 1}));
    let b = Usage::new(1, 1) + Usage::unreported();
    let sum: Usage = [&a, &b].into_iter().sum();
    assert_eq!(sum, {
        let mut expect = Usage::new(11, 3).with_cached(4).with_reasoning(1);
        expect.unreported_calls = 1;
        expect
    });
    assert_eq!(sum.total_tokens(), 14);
}

#[test]
fn unknown_keys_survive() {
    let value = json!({"input_tokens": 3, "output_tokens": 0, "audio_tokens": 9});
    let usage: Usage = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(&usage).unwrap(), value);
}

#[test]
fn a_count_that_is_no_count_is_an_error_that_names_it() {
    let error = serde_json::from_value::<Usage>(json!({"input_tokens": "many"})).unwrap_err();
    assert!(error.to_string().contains("input_tokens"), "{error}");
}
