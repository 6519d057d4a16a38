use super::*;

#[test]
fn a_text_is_cut_between_characters_and_counted() {
    assert_eq!(cut("Zürich", 2), ("Z", 6));
    assert_eq!(cut("Zürich", 3), ("Zü", 4));
    assert_eq!(cut("Zürich", 7), ("Zürich", 0));
    let long = "x".repeat(TEXT_LIMIT + 5);
    assert!(short(&long).ends_with("x… (5 bytes more)"));
    assert_eq!(short("short"), "short");
}
