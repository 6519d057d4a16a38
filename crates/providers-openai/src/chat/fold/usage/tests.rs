use serde_json::{Value, json};

use super::*;

fn parsed(value: &Value) -> Usage {
    let (mut usage, is_odd) = parse(&value.to_string()).unwrap();
    assert!(!is_odd);
    assert_eq!(usage.raw(), Some(value));
    usage.extra = geppetto_turns::Extra::default();
    usage
}

#[test]
fn every_spelling_of_the_same_counts_is_read() {
    for (value, expected) in [
        (
            json!({"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13,
                "prompt_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 2},
                "completion_tokens_details": {"reasoning_tokens": 3}}),
            Usage::new(9, 4)
                .with_cached(5)
                .with_cache_creation(2)
                .with_reasoning(3),
        ),
        (
            json!({"prompt_tokens": 9, "completion_tokens": 4, "prompt_cache_hit_tokens": 6,
                "prompt_cache_miss_tokens": 3}),
            Usage::new(9, 4).with_cached(6),
        ),
        (
            json!({"prompt_tokens": 9.0, "completion_tokens": 4, "cached_tokens": 7,
                "reasoning_tokens": 1, "completion_tokens_details": null}),
            Usage::new(9, 4).with_cached(7).with_reasoning(1),
        ),
        (
            json!({"input_tokens": 9, "output_tokens": 4, "total_tokens": null}),
            Usage::new(9, 4),
        ),
    ] {
        assert_eq!(parsed(&value), expected);
    }
}

#[test]
fn what_the_total_counts_beside_the_parts_is_added() {
    let xai = json!({"prompt_tokens": 12, "completion_tokens": 2, "total_tokens": 334,
        "completion_tokens_details": {"reasoning_tokens": 320}});
    assert_eq!(parsed(&xai), Usage::new(12, 322).with_reasoning(320));
    let speech = json!({"prompt_tokens": 11, "completion_tokens": 15, "total_tokens": 401,
        "prompt_tokens_details": {"audio_tokens": 375}});
    assert_eq!(parsed(&speech), Usage::new(386, 15));
    let unknown = json!({"prompt_tokens": 35, "completion_tokens": 12, "total_tokens": 109});
    assert_eq!(parsed(&unknown), Usage::new(35, 12));
}

#[test]
fn an_object_of_nulls_counts_nothing() {
    assert!(!counts(
        r#"{"prompt_tokens":null,"completion_tokens":null}"#
    ));
    assert!(!counts("[]"));
    assert!(counts(r#"{"prompt_tokens":0}"#));
    assert_eq!(parse("[1]"), None);
}

#[test]
fn zeros_are_told_from_counts() {
    assert!(!is_above_zero(
        r#"{"prompt_tokens":0,"completion_tokens":0}"#
    ));
    assert!(is_above_zero(
        r#"{"prompt_tokens":0,"completion_tokens":20}"#
    ));
}
