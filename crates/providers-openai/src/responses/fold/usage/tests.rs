use super::*;

#[test]
fn counts_mean_the_same_as_everywhere_and_the_raw_ones_are_kept() {
    let raw = r#"{"input_tokens":10,"input_tokens_details":{"cached_tokens":4},"output_tokens":7,
        "output_tokens_details":{"reasoning_tokens":5},"total_tokens":17}"#;
    let expected = Usage::new(10, 7)
        .with_cached(4)
        .with_reasoning(5)
        .with_raw(serde_json::from_str(raw).unwrap());
    assert_eq!(parse(raw), Some((expected, false)));
}

#[test]
fn a_usage_that_counts_nothing_is_none() {
    for raw in ["null", "[]", "{}", r#"{"input_tokens":null}"#] {
        assert_eq!(parse(raw), None);
    }
}
