use super::History;

#[test]
fn repeated_and_blank_prompts_are_kept_once_and_not_at_all() {
    let mut history = History::default();
    for text in ["a", "a", "  ", "b"] {
        history.push(text);
    }
    assert_eq!(history.previous("draft").as_deref(), Some("b"));
    assert_eq!(history.previous("b").as_deref(), Some("a"));
    assert_eq!(history.previous("a"), None);
    assert_eq!(history.next().as_deref(), Some("b"));
    assert_eq!(history.next().as_deref(), Some("draft"));
    assert_eq!(history.next(), None);
}

#[test]
fn memory_is_bounded() {
    let mut history = History::default();
    for number in 0..2_000 {
        history.push(&number.to_string());
    }
    assert_eq!(history.entries.len(), super::LIMIT);
    assert_eq!(history.previous("").as_deref(), Some("1999"));
}
