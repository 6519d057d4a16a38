use super::*;

#[test]
fn words_mean_the_same_however_they_are_written() {
    for (reason, meaning) in [
        ("", Stop),
        ("STOP", Stop),
        ("FinishReason.MAX_TOKENS", Limit),
        ("FINISH_REASON_STOP", Stop),
        (
            "function_call_filter: MALFORMED_FUNCTION_CALL",
            Failed(ErrorKind::Server),
        ),
        ("MALFORMED_FUNCTION_CALL", Failed(ErrorKind::Server)),
        (
            "insufficient_system_resource",
            Failed(ErrorKind::Overloaded),
        ),
        ("sensitive", Filter),
        ("model_context_window_exceeded", ContextWindow),
        ("made_up", Meaning::Unknown),
        ("pause_turn", Meaning::Unknown),
        ("OTHER", Meaning::Unknown),
    ] {
        assert_eq!(Meaning::of(reason), meaning, "{reason}");
    }
}

#[test]
fn the_table_has_no_word_twice_and_only_words_that_can_be_met() {
    let mut seen = std::collections::HashSet::new();
    for (word, _) in REASONS {
        assert!(seen.insert(word), "{word} twice");
        assert_eq!(normal(word), *word);
    }
}

#[test]
fn a_native_reason_counts_where_it_says_more() {
    assert!(Stop.yields_to(Filter) && Stop.yields_to(Failed(ErrorKind::Server)));
    assert!(!Limit.yields_to(Stop) && !Stop.yields_to(Meaning::Unknown));
    assert!(!Filter.yields_to(Limit));
}
