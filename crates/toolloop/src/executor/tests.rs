use geppetto_engine::RetryConfig;

use super::*;
use crate::ToolError;

fn secret() -> Vec<String> {
    vec!["api_key".to_owned()]
}

#[test]
fn secrets_are_masked_at_any_depth() {
    let args = Args::from(r#"{"q":"x","auth":[{"api_key":"sk-123456"}],"api_key":{"a":1}}"#);
    assert_eq!(
        mask_arguments(&args, &secret()),
        r#"{"api_key":"***","auth":[{"api_key":"***"}],"q":"x"}"#
    );
    assert_eq!(mask_arguments(&args, &[]), args.as_str());
    assert_eq!(mask_arguments(&Args::from("{sk-123456"), &secret()), "***");
}

#[test]
fn texts_that_repeat_a_secret_are_masked() {
    let args = Args::from(r#"{"api_key":["sk-1234","sk-1234567","x"]}"#);
    assert_eq!(
        hide("sk-1234567 and sk-1234 are not x", &args, &secret()),
        "*** and *** are not x"
    );
}

#[test]
fn only_what_is_safe_is_tried_again() {
    let retry = |failure: ToolFailure, idempotent: bool, attempt: u32, handling| {
        let mut config = ToolConfig::default();
        config.tool_error_handling = handling;
        config.retry_config = RetryConfig::default();
        let traits = ToolTraits {
            idempotent,
            ..ToolTraits::default()
        };
        DefaultExecutor.should_retry(&FailedAttempt {
            call: &ToolCall::new("c", "t", ""),
            failure: &failure,
            attempt,
            traits,
            config: &config,
        })
    };
    use ToolErrorHandling::{Abort, Continue, Retry};
    let error = || ToolFailure::Error(ToolError::new("x"));
    let seconds = |n| Some(Duration::from_secs(n));
    assert_eq!(retry(error(), true, 1, Retry), seconds(1));
    assert_eq!(retry(error(), true, 2, Retry), seconds(2));
    assert_eq!(retry(error(), true, 3, Retry), None);
    assert_eq!(retry(error(), true, 1, Continue), None);
    assert_eq!(retry(error(), true, 1, Abort), None);
    assert_eq!(retry(error(), false, 1, Retry), None);
    let safe = ToolFailure::Error(ToolError::new("x").safe_to_repeat());
    assert_eq!(retry(safe, false, 1, Retry), seconds(1));
    let permanent = ToolFailure::Error(ToolError::new("x").permanent());
    assert_eq!(retry(permanent, true, 1, Retry), None);
    let late = || ToolFailure::TimedOut(Duration::from_secs(1));
    assert_eq!(retry(late(), true, 1, Retry), seconds(1));
    assert_eq!(retry(late(), false, 1, Retry), None);
    assert_eq!(
        retry(ToolFailure::Panicked("x".into()), false, 1, Retry),
        None
    );
}
