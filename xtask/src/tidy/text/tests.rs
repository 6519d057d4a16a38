use super::{has_word, without_comment};

#[test]
fn words_are_whole_identifiers() {
    assert!(has_word("ctx.with_sink(s)", "with_sink"));
    assert!(has_word("with_sink", "with_sink"));
    assert!(!has_word("ctx.with_sinks(s)", "with_sink"));
    assert!(!has_word("start_with_sink()", "with_sink"));
    assert!(has_word("with_sinks, with_sink", "with_sink"));
}

#[test]
fn names_with_a_dot_are_found() {
    assert!(has_word("`engine.Option`", "engine.Option"));
    assert!(!has_word("engine.Options", "engine.Option"));
    assert!(!has_word("myengine.Option", "engine.Option"));
}

#[test]
fn comments_are_cut_off() {
    assert_eq!(without_comment("let a = 1; // two"), "let a = 1; ");
    assert_eq!(without_comment("/// docs"), "");
    assert_eq!(without_comment("let a = 1;"), "let a = 1;");
}
