use geppetto_engine::{EngineError, ErrorKind};

use super::{is_about_blocks, is_signature, remedy};

fn error(message: &str) -> EngineError {
    EngineError::new(ErrorKind::InvalidRequest, "refused").with_provider_message(message)
}

#[test]
fn the_refused_setting_is_found() {
    for (message, setting) in [
        (
            "\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\" and \
             \"output_config.effort\" to control thinking behavior.",
            "thinking_budget",
        ),
        (
            "adaptive thinking is not supported on this model",
            "thinking_type",
        ),
        ("`temperature` is deprecated for this model.", "temperature"),
        (
            "`temperature` and `top_p` cannot both be specified for this model.",
            "temperature",
        ),
        (
            "This model does not support the effort parameter.",
            "reasoning_effort",
        ),
        (
            "output_config.effort: Input should be 'low', 'medium' or 'high'",
            "reasoning_effort",
        ),
        (
            "output_config: Extra inputs are not permitted",
            "output_format",
        ),
        (
            "This model does not support assistant message prefill.",
            "prefill",
        ),
        (
            "thinking.enabled.display: Extra inputs are not permitted",
            "thinking_type",
        ),
        (
            "Unexpected value(s) `a` for the `anthropic-beta` header.",
            "betas",
        ),
        ("container: Container has expired", "container"),
        (
            "system.0.cache_control: Extra inputs are not permitted",
            "cache",
        ),
    ] {
        let found = remedy(&error(message), |_| true).unwrap();
        assert!(
            format!("{found:?}").contains(&format!("left_out: Some((\"{setting}\"")),
            "{found:?}"
        );
        assert_eq!(remedy(&error(message), |_| false), None);
    }
    for message in [
        "max_tokens: 999999 > 64000",
        "messages: at least one message is required",
    ] {
        assert_eq!(remedy(&error(message), |_| true), None, "{message}");
    }
}

#[test]
fn a_refused_signature_is_recognized() {
    for message in [
        "messages.1.content.0: Invalid `signature` in `thinking` block",
        "messages.3.content.0: `thinking` or `redacted_thinking` blocks in the latest assistant message \
         cannot be modified.",
        "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`.",
    ] {
        assert!(is_signature(&error(message)), "{message}");
    }
    assert!(!is_signature(&error(
        "thinking: budget_tokens must be lower"
    )));
}

#[test]
fn an_effort_is_refused_with_its_object() {
    let error = error("output_config: Extra inputs are not permitted");
    let found = remedy(&error, |setting| setting == "reasoning_effort").unwrap();
    assert!(format!("{found:?}").contains("left_out: Some((\"reasoning_effort\""));
}

#[test]
fn what_other_vendors_want_is_found() {
    for (message, setting) in [
        (
            "invalid params, invalid thinking.type: \"enabled\" (allowed: adaptive, disabled) (2013)",
            "thinking_budget",
        ),
        (
            "Missing thinking block in the assistant message at message index 11.",
            "thinking_after_replies",
        ),
        (
            "The `content[].thinking` in the thinking mode must be passed back to the API.",
            "thinking_after_replies",
        ),
    ] {
        let found = remedy(&error(message), |_| true).unwrap();
        assert!(
            format!("{found:?}").contains(&format!("left_out: Some((\"{setting}\"")),
            "{found:?}"
        );
        assert_eq!(remedy(&error(message), |_| false), None);
    }
}

#[test]
fn blocks_of_server_tools_are_told_from_calls_of_the_client() {
    for (message, expected) in [
        (
            "messages.1.content.0: Input tag 'server_tool_use' found using 'type' does not match any of the expected tags",
            true,
        ),
        (
            "unknown variant `web_search_tool_result`, expected one of `text`, `tool_use`",
            true,
        ),
        (
            "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1",
            false,
        ),
        ("tools.0: Input tag 'custom' found using 'type'", false),
    ] {
        assert_eq!(is_about_blocks(&error(message)), expected, "{message}");
    }
}
