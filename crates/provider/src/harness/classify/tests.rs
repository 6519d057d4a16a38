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

fn kind_and_code(raw: &str) -> (ErrorKind, bool, Option<String>) {
    let error = reported(raw, &Redactor::new());
    let code = error.provider_code().map(str::to_owned);
    (error.kind(), error.is_retryable(), code)
}

#[test]
fn the_code_says_what_kind_of_error_it_is() {
    let cases = [
        ("rate_limit_exceeded", ErrorKind::RateLimited, true),
        ("insufficient_quota", ErrorKind::RateLimited, false),
        ("usage_limit_reached", ErrorKind::RateLimited, false),
        ("server_error", ErrorKind::Server, true),
        ("server_is_overloaded", ErrorKind::Overloaded, true),
        ("invalid_prompt", ErrorKind::InvalidRequest, false),
        ("context_length_exceeded", ErrorKind::ContextTooLong, false),
        ("vector_store_timeout", ErrorKind::Server, true),
        ("invalid_image", ErrorKind::InvalidRequest, false),
        (
            "image_content_policy_violation",
            ErrorKind::ContentFiltered,
            false,
        ),
        ("something_new", ErrorKind::Server, true),
    ];
    for (code, expected, retryable) in cases {
        let raw = format!(r#"{{"code":"{code}","message":"m"}}"#);
        assert_eq!(
            kind_and_code(&raw),
            (expected, retryable, Some(code.to_owned()))
        );
    }
}

#[test]
fn both_shapes_of_the_error_event_are_read() {
    let flat = r#"{"type":"error","code":"rate_limit_exceeded","message":"slow","param":null}"#;
    let nested =
        r#"{"type":"error","error":{"type":"x","code":"rate_limit_exceeded","message":"slow"}}"#;
    for raw in [flat, nested] {
        let error = reported(raw, &Redactor::new());
        assert_eq!(error.kind(), ErrorKind::RateLimited);
        assert_eq!(error.provider_message(), Some("slow"));
    }
    let bare = r#"{"type":"error","code":null,"message":"gone"}"#;
    assert_eq!(kind_and_code(bare), (ErrorKind::Server, true, None));
    assert_eq!(kind_and_code("null"), (ErrorKind::Server, true, None));
}

#[test]
fn secrets_in_what_the_server_says_are_masked() {
    let redactor = Redactor::new().with_secret("sk-very-secret-0123456789");
    let raw = r#"{"message":"bad key sk-very-secret-0123456789"}"#;
    assert!(!format!("{:?}", reported(raw, &redactor)).contains("very-secret"));
}

#[test]
fn a_page_in_place_of_a_reply_points_at_the_base_url() {
    let said = |body: &str| {
        let error = serde_json::from_str::<u8>(body).unwrap_err();
        let error = malformed_body(body, "a chat completion", &error, &Redactor::new());
        assert_eq!(error.kind(), ErrorKind::MalformedResponse);
        error.to_string()
    };
    assert_eq!(
        said("\n<html><title>Open WebUI</title></html>"),
        "the server sent a body that is not a chat completion, check the base URL: Open WebUI (an \
         HTML page)"
    );
    let other = said("nonsense");
    assert!(
        other.contains("expected ident") && !other.contains("base URL"),
        "{other}"
    );
}

#[test]
fn the_words_of_the_parser_show_no_secret() {
    let key = "plainlookingsecret42";
    let redactor = Redactor::new().with_secret(key);
    let body = format!("\"{key}\"");
    let parsed = || serde_json::from_str::<Vec<u8>>(&body).unwrap_err();
    assert!(
        parsed().to_string().contains(key),
        "the parser quotes values"
    );
    for error in [
        malformed("an event", "a chat completion", &parsed(), &redactor),
        malformed_body(&body, "a chat completion", &parsed(), &redactor),
    ] {
        let mut shown = format!("{error} {error:?}");
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            shown.push_str(&format!(" {error} {error:?}"));
            cause = error.source();
        }
        assert!(shown.contains("***") && !shown.contains(key), "{shown}");
    }
}
