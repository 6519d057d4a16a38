//! Formats of bodies, and the parts that are included in an error.

use serde_json::{Value, json};

use super::{ErrorDetails, Redactor, error, error_in_reply};
use crate::status::words::shorten;

#[track_caller]
fn says(body: &str, message: &str, code: Option<&str>) {
    let details = ErrorDetails::parse(body.as_bytes());
    let found = (details.message.as_deref(), details.best_code());
    assert_eq!(found, (Some(message), code), "{body}");
}

#[test]
fn an_error_inside_of_an_error_is_read() {
    says(
        r#"{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"m is temporarily rate-limited upstream.","provider_name":"B"}}}"#,
        "m is temporarily rate-limited upstream.",
        Some("429"),
    );
    says(
        r#"{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"error\":{\"message\":\"at most 1 image\",\"type\":\"invalid_request_error\"}}"}}}"#,
        "at most 1 image",
        Some("invalid_request_error"),
    );
    says(
        r#"{"error":{"message":"{\n  \"error\": {\"code\": 429, \"message\": \"exhausted\", \"status\": \"RESOURCE_EXHAUSTED\"}}\n","code":429}}"#,
        "exhausted",
        Some("RESOURCE_EXHAUSTED"),
    );
    says(
        r#"{"error":{"error":{"message":"inner","type":"t"}}}"#,
        "inner",
        Some("t"),
    );
    says(
        r#"{"error":{"message":"litellm.APIError: {\"error\":{\"message\":\"inner\",\"code\":\"c\"}}","code":"500"}}"#,
        r#"litellm.APIError: {"error":{"message":"inner","code":"c"}}"#,
        Some("c"),
    );
}

#[test]
fn further_shapes_are_understood() {
    says(
        r#"{"code":400,"details":"too many logprobs"}"#,
        "too many logprobs",
        Some("400"),
    );
    says(
        r#"{"status":404,"error":"Not Found","message":"No static resource","path":"/v1"}"#,
        "No static resource",
        Some("Not Found"),
    );
    says(
        r#"{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}"#,
        "insufficient balance",
        Some("1008"),
    );
    says("error: {\"code\":400,\"message\":\"m\"}", "m", Some("400"));
}

#[test]
fn errors_inside_each_other_without_end_are_read_in_bounds() {
    let mut body = r#"{"message":"m"}"#.to_owned();
    for _ in 0..60 {
        body = format!(r#"{{"error":{body}}}"#);
    }
    assert!(error(500, &[], &body).provider_message().is_some());
}

#[test]
fn what_the_model_wrote_in_a_refused_call_is_kept_and_redacted() {
    let body = r#"{"error":{"message":"Failed to call a function. See 'failed_generation' for more details.","type":"invalid_request_error","code":"tool_use_failed","failed_generation":"<function=weather{\"key\": \"topsecretkey\"}</function>","status_code":400}}"#;
    let redactor = Redactor::new().with_secret("topsecretkey");
    let expected = Some("<function=weather{\"key\": \"***\"}</function>");
    assert_eq!(error_in_reply(body, &redactor).rejected_output(), expected);
    let refused = super::error_for_status(
        http::StatusCode::BAD_REQUEST,
        &http::HeaderMap::new(),
        body.as_bytes(),
        &redactor,
    );
    assert_eq!(refused.rejected_output(), expected);
    let long = format!(
        r#"{{"error":{{"message":"m","failed_generation":"{}"}}}}"#,
        "x".repeat(100_000)
    );
    assert!(error(400, &[], &long).rejected_output().unwrap().len() < 17_000);
}

#[test]
fn nothing_that_controls_a_terminal_gets_into_an_error() {
    let body =
        r#"{"error":{"message":"a\u001b]0;t\u0007b\r\nc\u202ed\u009be\tf","code":"x\u001b[2J"}}"#;
    let error = error(400, &[], body);
    let said = format!("{error} {}", error.provider_code().unwrap());
    let is_control = |c: char| (c.is_control() && c != '\n' && c != '\t') || c == '\u{202e}';
    assert!(!said.contains(is_control), "{said:?}");
    assert!(said.contains("b\nc"), "{said:?}");
}

#[test]
fn a_cut_leaves_no_part_of_a_secret() {
    let secret = "plainlookingsecret42";
    let redactor = Redactor::new().with_secret(secret);
    for before in 1970..2010 {
        let body = format!("{}{secret}", "a".repeat(before));
        let details = ErrorDetails::parse(body.as_bytes()).redacted(&redactor);
        assert!(!details.message.unwrap().contains("plain"));
    }
}

#[test]
fn an_empty_code_is_none() {
    let body = br#"{"error":{"code":"","type":"server_error","message":"no"}}"#;
    let details = ErrorDetails::parse(body);
    assert_eq!(details.code, None);
    assert_eq!(details.best_code(), Some("server_error"));
}

#[test]
fn texts_are_messages_and_what_only_looks_like_a_page_is_a_text() {
    let details = ErrorDetails::from_json(&json!("the model is down"));
    assert_eq!(details.message.as_deref(), Some("the model is down"));
    says("<3 the model is busy", "<3 the model is busy", None);
    says(
        "the page <html> is missing",
        "the page <html> is missing",
        None,
    );
    let text = r#"litellm: {"error":{"message":"no","code":"model_not_found"}}"#;
    says(text, text, Some("model_not_found"));
}

#[test]
fn an_empty_title_is_no_type() {
    let details = ErrorDetails::from_json(&json!({"error": " ", "message": "busy"}));
    let found = (details.message.as_deref(), details.error_type.as_deref());
    assert_eq!(found, (Some("busy"), None));
}

#[test]
fn of_nested_errors_the_first_that_says_something_counts() {
    let code = |error: Value| {
        let details = ErrorDetails::from_json(&json!({ "error": error }));
        details.best_code().map(str::to_owned)
    };
    let only_type = json!({"metadata": {"raw": {"type": "overloaded_error"}}});
    assert_eq!(code(only_type).as_deref(), Some("overloaded_error"));
    let second = json!({"metadata": {"raw": {}}, "upstream_error": {"code": "overloaded"}});
    assert_eq!(code(second).as_deref(), Some("overloaded"));
}

#[test]
fn errors_are_read_to_a_bounded_depth_however_they_are_nested() {
    let wraps: [fn(Value) -> Value; 4] = [
        |inner| json!({"code": 500, "metadata": {"raw": inner}}),
        |inner| json!({"code": 500, "metadata": {"raw": inner.to_string()}}),
        |inner| json!({"message": inner.to_string()}),
        |inner| json!({"code": 500, "error": inner}),
    ];
    for (at, wrap) in wraps.into_iter().enumerate() {
        let nested = |levels: usize| {
            let innermost = json!({"code": "deep"});
            let value = (0..levels).fold(innermost, |inner, _| wrap(inner));
            ErrorDetails::from_json(&value)
                .best_code()
                .map(str::to_owned)
        };
        assert_eq!(nested(4).as_deref(), Some("deep"), "{at}");
        assert_ne!(nested(10).as_deref(), Some("deep"), "{at}");
    }
}

#[test]
fn a_text_is_cut_between_characters() {
    assert_eq!(shorten("aéé", 2).as_deref(), Some("a…"));
    assert_eq!(shorten("aéé", 3).as_deref(), Some("aé…"));
}

#[test]
fn the_status_that_an_error_names_is_its_status() {
    let error = error_in_reply(r#"{"error":{"code":429,"message":"no"}}"#, &Redactor::new());
    assert_eq!(error.status(), Some(429));
}
