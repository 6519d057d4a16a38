use super::{distance, nearest, shown};

#[test]
fn near_names_and_those_of_other_programs_are_suggested() {
    let known = ["ai-engine", "ai-api-type", "timeout", "openai-api-key"];
    let near = |name| nearest(name, known);
    assert_eq!(near("ai-engnie"), Some("ai-engine"));
    assert_eq!(near("AI_ENGINE"), Some("ai-engine"));
    assert_eq!(near("opnai-api-key"), Some("openai-api-key"));
    assert_eq!(near("timeot"), Some("timeout"));
    assert_eq!(near("model"), Some("ai-engine"));
    assert_eq!(near("API_KEY"), Some("openai-api-key"));
    assert_eq!(
        nearest("max_tokens", ["engine", "max_response_tokens"]),
        Some("max_response_tokens")
    );
    assert_eq!(near("verbose"), None);
    assert_eq!(near(&"a".repeat(1000)), None);
    assert_eq!(nearest("x", []), None);
}

#[test]
fn a_swap_is_one_change() {
    assert_eq!(distance("ab", "ba"), 1);
    assert_eq!(distance("", "abc"), 3);
    assert_eq!(distance("kitten", "sitting"), 3);
}

#[test]
fn names_are_shown_short_on_one_line_without_keys() {
    assert_eq!(shown("a\nb"), "a\u{fffd}b");
    assert_eq!(shown("sk-abc"), "***");
    assert_eq!(shown(&"é".repeat(100)).chars().count(), 65);
}
