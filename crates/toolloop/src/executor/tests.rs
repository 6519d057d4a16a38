use geppetto_engine::{RetryConfig, ToolDefinition};
use serde_json::{Value, json};

use super::*;
use crate::{ToolContext, ToolError, ToolOutput};

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
fn a_secret_is_found_in_every_form_that_is_promised() {
    let value = "a\"b\\c\nsword/fish é🔑 d\te";
    let args = Args::from(serde_json::json!({"api_key": value}).to_string());
    let json = serde_json::to_string(value).unwrap();
    let twice = serde_json::to_string(&json).unwrap();
    let forms = [
        value.to_owned(),
        json.clone(),
        json.replace('/', "\\/"),
        twice,
        format!("{value:?}"),
        format!("{json:?}"),
        r#"a\"b\\c\nsword/fish \u00e9\ud83d\udd11 d\te"#.to_owned(),
        r#"a\"b\\c\nsword/fish \u00E9\uD83D\uDD11 d\te"#.to_owned(),
        "a%22b%5Cc%0Asword%2Ffish%20%C3%A9%F0%9F%94%91%20d%09e".to_owned(),
        "a%22b%5cc%0asword%2ffish%20%c3%a9%f0%9f%94%91%20d%09e".to_owned(),
        "a%22b%5Cc%0Asword%2Ffish+%C3%A9%F0%9F%94%91+d%09e".to_owned(),
        "YSJiXGMKc3dvcmQvZmlzaCDDqfCflJEgZAll".to_owned(),
        // One line of the text.
        "sword/fish é🔑 d\te".to_owned(),
    ];
    for form in forms {
        let shown = hide(&format!("<{form}>"), &args, &secret());
        for part in ["sword", "fish", "YSJi"] {
            assert!(!shown.contains(part), "{form} is shown as {shown}");
        }
        assert!(shown.starts_with('<') && shown.ends_with('>'), "{shown}");
    }
}

#[test]
fn a_secret_number_is_found_however_it_is_written() {
    for (written, shown) in [
        ("1234567", "1234567.0"),
        ("1234567.0", "1234567"),
        ("1.234567e6", "1234567"),
        ("1e20", "100000000000000000000"),
    ] {
        let args = Args::from(format!(r#"{{"api_key":{written}}}"#));
        let text = hide(&format!("<{shown}>"), &args, &secret());
        assert!(text.starts_with("<***"), "{written} is shown as {text}");
    }
}

#[test]
fn arguments_that_are_no_object_are_all_secret() {
    for args in [
        r#"{"api_key":"swordfish""#,
        r#"["swordfish"]"#,
        r#""swordfish""#,
    ] {
        let text = hide(&format!("no: {args}"), &Args::from(args), &secret());
        assert!(!text.contains("swordfish"), "{text}");
    }
}

#[test]
fn base64_is_found_whatever_the_padding() {
    for (value, encoded) in [
        ("swordfish", "c3dvcmRmaXNo"),
        ("swordfish1", "c3dvcmRmaXNoMQ=="),
        ("swordfish?>", "c3dvcmRmaXNoPz4="),
        ("sword>>>fish", "c3dvcmQ+Pj5maXNo"),
        ("sword>>>fish", "c3dvcmQ-Pj5maXNo"),
    ] {
        let args = Args::from(serde_json::json!({"api_key": value}).to_string());
        let shown = hide(encoded, &args, &secret());
        assert!(!shown.contains("c3dv"), "{shown}");
    }
}

#[test]
fn where_there_are_too_many_secrets_all_is_masked() {
    let many: Vec<String> = (0..1000).map(|n| format!("secret-{n}")).collect();
    let args = Args::from(serde_json::json!({"api_key": many}).to_string());
    assert_eq!(hide("anything", &args, &secret()), "***");
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
        DefaultExecutor.should_retry(&FailedToolAttempt {
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

/// An executor that replaces the arguments.
struct Replaces;

#[async_trait]
impl ToolExecutor for Replaces {
    async fn pre_execute(&self, _: &RunContext, _: &ToolCall) -> Result<Args, Rejection> {
        Ok(Args::from(r#"{"replaced":true}"#))
    }
}

#[tokio::test]
async fn a_shared_executor_is_asked_itself() {
    let shared: Arc<dyn ToolExecutor> = Arc::new(Replaces);
    let call = ToolCall::new("c1", "send", "{}");
    let args = shared.pre_execute(&RunContext::new(), &call).await;
    assert_eq!(args.unwrap().as_str(), r#"{"replaced":true}"#);
}

/// A tool without options.
struct Plain(ToolDefinition);

#[async_trait]
impl Tool for Plain {
    fn definition(&self) -> &ToolDefinition {
        &self.0
    }

    async fn call(&self, _: ToolContext, _: Value) -> Result<ToolOutput, ToolError> {
        Ok(ToolOutput::text("done"))
    }
}

#[test]
fn a_tool_that_declares_no_secrets_has_none() {
    let plain = Plain(ToolDefinition::new(
        "plain",
        "Plain",
        json!({"type": "object"}),
    ));
    assert_eq!(plain.secret_args(), [""; 0]);
    let shared: Arc<dyn Tool> = Arc::new(plain);
    assert_eq!(shared.secret_args(), [""; 0]);
}

#[test]
fn short_lines_are_not_secrets_by_themselves() {
    let args = Args::from(json!({"api_key": "the\nswordfish is here"}).to_string());
    let shown = hide("the cat: swordfish is here", &args, &secret());
    assert_eq!(shown, "the cat: ***");
}

/// Base64 of it ends with two bytes; what depends on further bytes stays.
#[test]
fn a_secret_is_found_in_base64_whatever_its_length() {
    for (value, encoded, shown) in [
        ("swordfis", "c3dvcmRmaXM=", "***M="),
        ("swordfish", "c3dvcmRmaXNo", "***"),
        ("swordfish!", "c3dvcmRmaXNoIQ==", "***Q=="),
    ] {
        let args = Args::from(json!({"api_key": value}).to_string());
        assert_eq!(hide(encoded, &args, &secret()), shown);
    }
}

#[test]
fn up_to_64_values_are_searched_for() {
    for (count, expected) in [(64, "7: ***"), (65, "***")] {
        let values: Vec<String> = (0..count).map(|n| format!("swordfish-{n}-")).collect();
        let args = Args::from(json!({"api_key": values}).to_string());
        assert_eq!(hide("7: swordfish-7-", &args, &secret()), expected);
    }
}
