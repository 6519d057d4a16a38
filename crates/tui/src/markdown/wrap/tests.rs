use super::*;

fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let runs = [Run::new(text, Style::new())];
    let lines = wrap(&runs, &Margin::default(), columns, Break::Words);
    lines.iter().map(ToString::to_string).collect()
}

#[test]
fn words_are_kept_together_and_longer_ones_cut() {
    assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
    assert_eq!(wrapped("a abcdefghij", 4), ["a", "abcd", "efgh", "ij"]);
}

#[test]
fn spaces_at_the_start_stay_and_those_at_a_break_go() {
    assert_eq!(wrapped("  one   two", 6), ["  one", "two"]);
    assert_eq!(wrapped("a\n\n  b", 6), ["a", "", "  b"]);
}

#[test]
fn wide_characters_break_anywhere_but_before_closing_punctuation() {
    assert_eq!(wrapped("你好世界", 5), ["你好", "世界"]);
    assert_eq!(wrapped("你好世。", 6), ["你好", "世。"]);
    assert_eq!(wrapped("你好abc", 5), ["你好", "abc"]);
}

#[test]
fn a_sequence_of_emoji_is_one_character() {
    assert_eq!(wrapped("ab👨‍👩‍👧cd", 4), ["ab👨‍👩‍👧", "cd"]);
    assert_eq!(wrapped("e\u{301}e\u{301}", 1), ["e\u{301}", "e\u{301}"]);
}

#[test]
fn a_character_that_is_wider_than_the_line_is_replaced() {
    assert_eq!(wrapped("a你", 1), ["a", "\u{fffd}"]);
}

#[test]
fn tabs_end_at_their_stops() {
    assert_eq!(wrapped("a\tb", 20), ["a   b"]);
    assert_eq!(wrapped("\tb", 20), ["    b"]);
}

#[test]
fn a_margin_is_as_wide_on_each_line() {
    let runs = [Run::new("one two", Style::new())];
    let lines = wrap(&runs, &Margin::hanging("• ", Style::new()), 6, Break::Words);
    let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    assert_eq!(lines, ["• one", "  two"]);
}

#[test]
fn text_is_truncated_with_an_ellipsis_that_fits() {
    assert_eq!(truncate("abcdef", 4), "abc…");
    assert_eq!(truncate("你好吗", 4), "你…");
    assert_eq!(truncate("abcd", 4), "abcd");
    assert_eq!(truncate("abcd", 0), "");
}
