//! A reply ends only when the server indicates it.

use super::*;

fn event(text: &str, reason: &Value) -> Value {
    json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}]})
}

#[test]
fn a_reason_in_every_event_is_none() {
    let events = [event("a", &json!("stop")), event("b", &json!("stop"))];
    let folded = fold(ChatFold::stream(), &events, false);
    assert_eq!(folded.outcome.unwrap_err().kind(), ErrorKind::Truncated);
    let folded = fold(ChatFold::stream(), &events, true);
    assert_eq!(said(&folded.turn), ["llm_text:ab"]);
    assert_eq!(folded.outcome.unwrap().finish_class, FinishClass::Completed);
    // An event with a reason and nothing else is the end.
    let mut events = events.to_vec();
    events.push(json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]}));
    let folded = fold(ChatFold::stream(), &events, false);
    assert_eq!(folded.outcome.unwrap().finish_class, FinishClass::MaxTokens);
}

#[test]
fn what_follows_a_reason_without_words_changes_nothing() {
    let events = [
        event("a", &json!(null)),
        event("", &json!("length")),
        json!({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}),
        json!({"choices": [{"index": 0, "delta": null}]}),
        json!({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}),
        json!({"choices": null}),
    ];
    let folded = fold(ChatFold::stream(), &events, false);
    assert_eq!(folded.outcome.unwrap().finish_class, FinishClass::MaxTokens);
}

#[test]
fn a_reason_that_says_that_the_server_failed_is_an_error() {
    for (reason, kind, is_retryable) in [
        ("network_error", ErrorKind::Server, true),
        ("error", ErrorKind::Server, true),
        ("abort", ErrorKind::Server, true),
        ("insufficient_system_resource", ErrorKind::Overloaded, true),
        ("TIMEOUT", ErrorKind::Timeout, true),
        (
            "function_call_filter: MALFORMED_FUNCTION_CALL",
            ErrorKind::Server,
            true,
        ),
        (
            "missing_thought_signature",
            ErrorKind::InvalidRequest,
            false,
        ),
    ] {
        for text in ["", "half of a sent"] {
            let folded = fold(ChatFold::stream(), &[event(text, &json!(reason))], true);
            let error = folded.outcome.unwrap_err();
            assert_eq!((error.kind(), error.is_retryable()), (kind, is_retryable));
            assert!(error.to_string().contains(reason), "{error}");
            let marks = folded.turn.blocks.iter().map(|block| block.incomplete());
            let expect = (!text.is_empty()).then_some(Some(Incomplete::Failed));
            assert_eq!(marks.collect::<Vec<_>>(), Vec::from_iter(expect));
        }
    }
}

#[test]
fn the_reason_of_the_provider_behind_a_gateway_counts_where_it_says_more() {
    let with = |reason: &str, native: &str| {
        let event = json!({"choices": [{"index": 0, "delta": {"content": "x"},
            "finish_reason": reason, "native_finish_reason": native}]});
        fold(ChatFold::stream(), &[event], true).outcome
    };
    let error = with("stop", "MALFORMED_FUNCTION_CALL").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    let result = with("stop", "SAFETY").unwrap();
    assert_eq!(result.finish_class, FinishClass::Refused);
    let details = &result.details;
    assert_eq!(details.get("native_finish_reason"), Some(&json!("SAFETY")));
    for native in ["STOP", "end_turn", "completed", "whatever"] {
        let class = with("stop", native).unwrap().finish_class;
        assert_eq!(class, FinishClass::Completed, "{native}");
    }
}

#[test]
fn no_call_of_a_filtered_reply_is_requested() {
    let call = json!({"index": 0, "id": "a", "function": {"name": "f", "arguments": "{\"x\":1}"}});
    let custom = json!({"index": 1, "id": "b", "custom": {"name": "g", "input": "ls"}});
    for reason in ["content_filter", "sensitive", "SAFETY"] {
        let folded = stream(&[json!({"tool_calls": [call, custom]})], &json!(reason));
        let marks = folded.turn.blocks.iter().map(|block| block.incomplete());
        assert_eq!(
            marks.collect::<Vec<_>>(),
            [Some(Incomplete::Truncated); 2],
            "{reason}"
        );
        let requested = |kind: &EventKind| matches!(kind, EventKind::ToolCallRequested(_));
        assert!(!folded.kinds.iter().any(requested));
        assert_eq!(folded.outcome.unwrap().finish_class, FinishClass::Refused);
    }
}

#[test]
fn a_full_context_window_has_a_class_of_its_own() {
    for reason in ["model_context_window_exceeded", "model_length"] {
        let result = stream(&[json!({"content": "x"})], &json!(reason)).outcome;
        let result = result.unwrap();
        assert_eq!(result.finish_class, FinishClass::ContextWindow);
        assert!(result.truncated);
    }
}

#[test]
fn a_reason_that_nobody_knows_is_said_and_never_completed() {
    let folded = stream(&[json!({"content": "x"})], &json!("made_up"));
    let data = json!({"reason": "made_up"});
    assert_eq!(infos(&folded), [("unknown finish reason".to_owned(), data)]);
    let result = folded.outcome.unwrap();
    assert_eq!(result.finish_class, FinishClass::Unknown);
    assert_eq!(result.stop_reason.as_deref(), Some("made_up"));
}

#[test]
fn calls_that_never_came_are_no_answer() {
    let folded = stream(&[json!({})], &json!("tool_calls"));
    assert_eq!(folded.outcome.unwrap().finish_class, FinishClass::Unknown);
}
