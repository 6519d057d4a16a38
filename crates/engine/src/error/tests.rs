use super::*;

#[test]
fn error_is_one_pointer_wide() {
    assert_eq!(size_of::<EngineError>(), size_of::<usize>());
}

#[test]
fn display_appends_what_the_provider_said_once() {
    let error = EngineError::new(
        ErrorKind::InvalidRequest,
        "the provider refused the request",
    );
    assert_eq!(error.to_string(), "the provider refused the request");
    let error = error.with_provider_message("max_tokens is too large");
    assert_eq!(
        error.to_string(),
        "the provider refused the request: max_tokens is too large"
    );
}

#[test]
fn kind_decides_retryable_until_overridden() {
    let error = EngineError::new(ErrorKind::RateLimited, "slow down");
    assert!(error.is_retryable());
    assert!(!error.with_retryable(false).is_retryable());
    assert!(!EngineError::cancelled().is_retryable());
}

#[test]
fn source_is_kept() {
    let error = EngineError::new(ErrorKind::Other, "outer").with_source("inner");
    assert_eq!(
        StdError::source(&error).map(ToString::to_string).as_deref(),
        Some("inner")
    );
}

#[test]
fn a_used_up_quota_is_told_from_a_rate_limit() {
    let limited = EngineError::new(ErrorKind::RateLimited, "slow down");
    assert!(!limited.is_quota_exhausted());
    let used_up = limited.with_quota_exhausted();
    assert!(used_up.is_quota_exhausted());
    assert!(!used_up.is_retryable());
    assert!(!ErrorKind::ContextTooLong.is_transient());
}

#[test]
fn what_a_provider_said_does_not_control_a_terminal() {
    let said = "no\u{1b}]0;owned\u{7}\ryes\u{202e}";
    let error =
        EngineError::new(ErrorKind::InvalidRequest, "refused \u{9b}2J").with_provider_message(said);
    assert_eq!(
        error.to_string(),
        "refused \u{fffd}2J: no␛]0;owned␇\nyes\u{fffd}"
    );
    assert_eq!(error.provider_message(), Some(said));
}

#[test]
fn debug_shows_what_is_set() {
    let error = EngineError::new(ErrorKind::Configuration, "no key");
    assert_eq!(
        format!("{error:?}"),
        r#"EngineError { kind: Configuration, message: "no key", retryable: false }"#
    );
}
