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
        ("pause_turn", Paused),
        ("OTHER", Meaning::Unknown),
    ] {
        assert_eq!(Meaning::of(reason), meaning, "{reason}");
    }
}

#[test]
fn the_class_follows_from_the_reason_and_from_the_calls() {
    for (meaning, without, with) in [
        (Stop, FinishClass::Completed, FinishClass::ToolCallsPending),
        (
            ToolCalls,
            FinishClass::Unknown,
            FinishClass::ToolCallsPending,
        ),
        (
            Meaning::Unknown,
            FinishClass::Unknown,
            FinishClass::ToolCallsPending,
        ),
        (Limit, FinishClass::MaxTokens, FinishClass::MaxTokens),
        (
            ContextWindow,
            FinishClass::ContextWindow,
            FinishClass::ContextWindow,
        ),
        (Filter, FinishClass::Refused, FinishClass::Refused),
        (
            Failed(ErrorKind::Server),
            FinishClass::Error,
            FinishClass::Error,
        ),
    ] {
        assert_eq!((meaning.class(false), meaning.class(true)), (without, with));
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
