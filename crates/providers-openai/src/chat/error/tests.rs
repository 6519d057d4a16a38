use super::*;

fn kind(raw: &str) -> (ErrorKind, bool) {
    let error = reported(raw, &Redactor::new());
    (error.kind(), error.is_retryable())
}

#[test]
fn the_kind_follows_from_code_status_and_type() {
    for (raw, expected) in [
        (
            r#"{"message":"m","code":"content_filter","status":400}"#,
            (ErrorKind::ContentFiltered, false),
        ),
        (
            r#"{"message":"m","type":"overloaded_error"}"#,
            (ErrorKind::Overloaded, true),
        ),
        (
            r#"{"message":"m","code":"rate_limit_exceeded"}"#,
            (ErrorKind::RateLimited, true),
        ),
        (
            r#"{"message":"m","code":"insufficient_quota"}"#,
            (ErrorKind::RateLimited, false),
        ),
        (
            r#"{"message":"m","code":429,"type":"invalid_request_error"}"#,
            (ErrorKind::RateLimited, true),
        ),
        (r#"{"message":"m","code":"502"}"#, (ErrorKind::Server, true)),
        (
            r#"{"error":{"message":"m","status_code":400,"type":"invalid_request_error"}}"#,
            (ErrorKind::InvalidRequest, false),
        ),
        (
            r#"{"message":"m","code":"tool_use_failed"}"#,
            (ErrorKind::InvalidRequest, false),
        ),
        (
            r#"{"message":"m","code":"model_not_found"}"#,
            (ErrorKind::NotFound, false),
        ),
        (r#"{"message":"m"}"#, (ErrorKind::Server, true)),
        (r#""out of memory""#, (ErrorKind::Server, true)),
        ("not even JSON", (ErrorKind::Server, true)),
    ] {
        assert_eq!(kind(raw), expected, "{raw}");
    }
}

#[test]
fn the_providers_words_are_kept_and_redacted() {
    let redactor = Redactor::new().with_secret("topsecretkey");
    let error = reported(
        r#"{"error":{"message":"no topsecretkey here","code":"boom"}}"#,
        &redactor,
    );
    assert_eq!(error.provider_message(), Some("no *** here"));
    assert_eq!(error.provider_code(), Some("boom"));
    assert_eq!(
        error.to_string(),
        "the server reported an error inside its reply: no *** here"
    );
    let text = reported(r#""out of memory""#, &redactor);
    assert_eq!(text.provider_message(), Some("out of memory"));
}
