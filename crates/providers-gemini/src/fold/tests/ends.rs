//! Ends of replies.

use super::*;

#[test]
fn finish_reasons_have_classes() {
    for (reason, class) in [
        ("STOP", FinishClass::Completed),
        ("MAX_TOKENS", FinishClass::MaxTokens),
        ("SAFETY", FinishClass::Refused),
        ("RECITATION", FinishClass::Refused),
        ("LANGUAGE", FinishClass::Refused),
        ("BLOCKLIST", FinishClass::Refused),
        ("PROHIBITED_CONTENT", FinishClass::Refused),
        ("SPII", FinishClass::Refused),
        ("MODEL_ARMOR", FinishClass::Refused),
        ("IMAGE_SAFETY", FinishClass::Refused),
        ("OTHER", FinishClass::Unknown),
        ("A_NEW_ONE", FinishClass::Unknown),
        ("1", FinishClass::Completed),
        ("2", FinishClass::MaxTokens),
    ] {
        let folded = fold(&[chunk(&json!([{"text": "Hi"}])), stop(reason)]);
        assert_eq!(folded.result().finish_class, class, "{reason}");
    }
}

#[test]
fn failures_of_the_model_are_errors_that_say_why() {
    for (reason, kind) in [
        ("MALFORMED_FUNCTION_CALL", ErrorKind::Server),
        ("MALFORMED_RESPONSE", ErrorKind::Server),
        ("TOO_MANY_TOOL_CALLS", ErrorKind::Server),
        ("MISSING_THOUGHT_SIGNATURE", ErrorKind::InvalidRequest),
        ("OTHER", ErrorKind::Server),
    ] {
        let mut last = stop(reason);
        last["candidates"][0]["finishMessage"] = "print(default_api.f(".into();
        let folded = fold(&[last]);
        let error = folded.error();
        assert_eq!((error.kind(), error.provider_code()), (kind, Some(reason)));
        assert_eq!(error.provider_message(), Some("print(default_api.f("));
    }
}

#[test]
fn a_stream_without_a_reason_is_cut_off() {
    for reason in [
        json!(null),
        json!(""),
        json!("FINISH_REASON_UNSPECIFIED"),
        json!(0),
    ] {
        let last = json!({"candidates": [{"finishReason": reason}]});
        let folded = fold(&[chunk(&json!([{"text": "Hel"}])), last]);
        assert_eq!(folded.error().kind(), ErrorKind::Truncated);
        assert_eq!(
            folded.turn.blocks.get(0).unwrap().incomplete(),
            Some(Incomplete::Truncated)
        );
    }
    let empty = fold(&[json!({"usageMetadata": {"promptTokenCount": 1}})]);
    assert_eq!(empty.error().kind(), ErrorKind::Truncated);
}

#[test]
fn of_several_reasons_the_last_one_counts() {
    let with = |text: &str, reason: &str| {
        json!({"candidates": [
        {"content": {"parts": [{"text": text}]}, "finishReason": reason}]})
    };
    let folded = fold(&[
        with("a", "STOP"),
        with("b", "STOP"),
        with("c", "MAX_TOKENS"),
    ]);
    assert_eq!(folded.result().finish_class, FinishClass::MaxTokens);
    let open = fold(&[with("a", "STOP"), chunk(&json!([{"text": "b"}]))]);
    assert_eq!(open.error().kind(), ErrorKind::Truncated);
}

#[test]
fn a_blocked_prompt_is_an_error_with_its_reason() {
    let blocked = json!({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT",
        "blockReasonMessage": "Not this."}, "usageMetadata": {"promptTokenCount": 9}});
    for folded in [fold(std::slice::from_ref(&blocked)), fold_body(&blocked)] {
        let error = folded.error();
        assert_eq!(error.kind(), ErrorKind::ContentFiltered);
        assert_eq!(error.provider_code(), Some("PROHIBITED_CONTENT"));
        assert_eq!(error.provider_message(), Some("Not this."));
        assert!(!error.is_retryable());
    }
    // Ratings alone block nothing.
    let rated = json!({"promptFeedback": {"safetyRatings": []},
        "candidates": [{"content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]});
    assert!(fold(&[rated]).outcome.is_ok());
}

#[test]
fn errors_in_a_stream_are_errors() {
    let error = json!({"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}});
    let folded = fold(&[chunk(&json!([{"text": "Hel"}])), error]);
    assert_eq!(folded.error().kind(), ErrorKind::Overloaded);
    assert_eq!(folded.turn.assistant_text(), "Hel");
    let list = fold_body(
        &json!([{"error": {"code": 429, "message": "Quota", "status": "RESOURCE_EXHAUSTED"}}]),
    );
    assert_eq!(list.error().kind(), ErrorKind::RateLimited);
}

#[test]
fn a_body_of_another_api_is_no_reply() {
    let folded = fold_body(&json!({"predictions": []}));
    assert_eq!(folded.error().kind(), ErrorKind::MalformedResponse);
}
