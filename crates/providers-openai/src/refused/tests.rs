use serde_json::json;

use super::*;

/// Messages of servers, and the setting that each refuses.
const MESSAGES: &[(&str, Option<&str>)] = &[
    (
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use \
         'max_completion_tokens' instead.",
        Some("max_tokens"),
    ),
    (
        "Unsupported parameter: 'max_completion_tokens' is not supported with this model. Use \
         'max_tokens' instead.",
        Some("max_completion_tokens"),
    ),
    (
        "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default \
         (1) value is supported.",
        Some("temperature"),
    ),
    (
        "Unrecognized request argument supplied: reasoning_effort",
        Some("reasoning_effort"),
    ),
    (
        "Unsupported parameter: 'reasoning.effort' is not supported with this model.",
        Some("reasoning_effort"),
    ),
    (
        "Your organization must be verified to generate reasoning summaries. Please go to: ..",
        Some("reasoning_summary"),
    ),
    (
        "Your organization must be verified to stream this model. Please go to: ..",
        Some("stream"),
    ),
    (
        "Encrypted content is not supported with this model.",
        Some("include"),
    ),
    (
        "Model grok-4-latest does not support parameter reasoningEffort.",
        Some("reasoning_effort"),
    ),
    (
        "Unsupported value: 'high' is not supported with the 'gpt-5.2-chat-2025-12-11' model. \
         Supported values are: 'medium'.",
        Some("reasoning_effort"),
    ),
    ("Argument not supported on this model: stop", Some("stop")),
    (
        "body -> seed\n  Extra inputs are not permitted (type=extra_forbidden)",
        Some("seed"),
    ),
    (
        "1 validation error for ChatCompletionServerRequest\nreasoning_effort\n Input should be 'low' or 'medium' \
         [type=enum, input_value='high', input_type=str]",
        Some("reasoning_effort"),
    ),
    (
        "body -> reasoning_effort\n  value is not a valid enumeration member; permitted: 'low', 'medium'",
        Some("reasoning_effort"),
    ),
    (
        "Input should be 'minimal', 'low' or 'high'",
        Some("reasoning_effort"),
    ),
    (
        "unknown variant `max`, expected one of `low`, `medium`, `high` at line 1 column 80",
        Some("reasoning_effort"),
    ),
    (
        "Invalid option: expected one of \"low\"|\"medium\" at reasoning_effort",
        Some("reasoning_effort"),
    ),
    ("verbosity: Input should be 'low', 'medium' or 'high'", None),
    (
        "body.stream_options: Extra inputs are not permitted",
        Some("stream_options"),
    ),
    (
        "Extra inputs are not permitted, field: 'parallel_tool_calls', value: False",
        Some("parallel_tool_calls"),
    ),
    (
        "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        Some("temperature"),
    ),
    (
        "`temperature` may only be set to 1 when thinking is enabled.",
        Some("temperature"),
    ),
    (
        "`temperature` is deprecated for this model.",
        Some("temperature"),
    ),
    (
        "invalid temperature: only 1 is allowed for this model",
        Some("temperature"),
    ),
    (
        "`reasoning_effort` must be one of `none` or `default`",
        Some("reasoning_effort"),
    ),
    (
        "property 'reasoning_effort' is unsupported, did you mean 'reasoning_format'?",
        Some("reasoning_effort"),
    ),
    (
        "Thinking mode does not support this tool_choice",
        Some("tool_choice"),
    ),
    (
        "<400> InternalError.Algo.InvalidParameter: The tool_choice parameter does not support \
         being set to required or object in thinking mode",
        Some("tool_choice"),
    ),
    (
        "create() got an unexpected keyword argument 'seed'",
        Some("seed"),
    ),
    (
        "JSON schema conversion failed:\nPattern must start with '^' and end with '$'",
        Some("pattern"),
    ),
    (
        "Failed to initialize samplers: failed to parse grammar",
        Some("pattern"),
    ),
    (
        "'messages.1' : for 'role:assistant' the following must be satisfied[('messages.1' : \
         property 'reasoning_content' is unsupported)]",
        Some(REASONING),
    ),
    (
        "Extra inputs are not permitted, field: 'messages[8].reasoning', value: 'Now I need to'",
        Some(REASONING),
    ),
    (
        "unknown field: parameter 'strict' is not a valid field. For proper usage, please refer to ..",
        Some(STRICT),
    ),
    (
        "Parallel tool calls are not supported.",
        Some("parallel_tool_calls"),
    ),
    ("Last message must have role `user`.", Some(PREFILL)),
    (
        "Function tools with reasoning_effort are not supported for gpt-5.4 in /v1/chat/completions.",
        Some(EFFORT_WITH_TOOLS),
    ),
    (
        "tool_choice 'specified' is incompatible with thinking enabled",
        Some(THINKING_WITH_CHOICE),
    ),
    (
        "cannot specify both 'thinking' and 'reasoning_effort'",
        Some("reasoning_effort"),
    ),
    (
        "\"llama3.1:8b\" does not support thinking",
        Some("reasoning_effort"),
    ),
    (
        "Invalid value: 'high'. Supported values are: 'low' and 'medium'.",
        Some("reasoning_effort"),
    ),
    (
        "Invalid tool_choice type: 'object'. Supported string values: none, auto, required",
        Some(NAMED_CHOICE),
    ),
    (
        "code=400, message=Only allowed string values for 'tool_choice' are [none, auto, required]",
        Some(NAMED_CHOICE),
    ),
    (
        "Unknown name \"$schema\" at 'tools[0].function_declarations[0].parameters': Cannot find field.",
        Some(KEYWORDS),
    ),
    (
        "messages.1.ChatCompletionMessageGenericParam.content.str\n  Input should be a valid string \
         [type=string_type, input_value=None, input_type=NoneType]",
        Some(NULL_CONTENT),
    ),
    (
        "Conversation roles must alternate user/assistant/user/assistant/...",
        Some(SYSTEM),
    ),
    // Values that are invalid for any model.
    (
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 200 \
         instead.",
        None,
    ),
    (
        "max_tokens is too large: 100000. This model supports at most 16384 completion tokens.",
        None,
    ),
    (
        "Invalid value: 'hihg'. Supported values are: 'low' and 'high'.",
        None,
    ),
    // Common words that are no fields.
    (
        "Images are not supported by this model, stop sending them",
        None,
    ),
    ("This model does not support thinking about images", None),
    ("Unsupported parameter: 'logit_bias' is not supported", None),
];

#[test]
fn the_refused_setting_is_the_one_that_the_message_names() {
    for (message, setting) in MESSAGES {
        let error = EngineError::new(ErrorKind::InvalidRequest, "").with_provider_message(*message);
        let expected = setting.map(|setting| match setting {
            patterns::SETTING => Remedy::without(patterns::SETTING, patterns::WHY),
            PREFILL => Remedy::without(PREFILL, why(PREFILL)).of_contents(),
            setting => Remedy::without(setting, why(setting)),
        });
        assert_eq!(
            remedy(&error, Some("high"), |_| true),
            expected,
            "{message}"
        );
        assert_eq!(remedy(&error, Some("high"), |_| false), None, "{message}");
        let other = EngineError::new(ErrorKind::RateLimited, "").with_provider_message(*message);
        assert_eq!(remedy(&other, None, |_| true), None, "{message}");
    }
}

#[test]
fn a_setting_that_is_not_sent_is_not_the_refused_one() {
    let message = "`temperature` and `top_p` cannot both be specified for this model.";
    let error = EngineError::new(ErrorKind::InvalidRequest, "").with_provider_message(message);
    let without = remedy(&error, Some("high"), |setting| setting == "top_p");
    assert_eq!(without, Some(Remedy::without("top_p", why("top_p"))));
}

#[test]
fn patterns_become_words_and_properties_of_that_name_stay() {
    let schema = json!({
        "type": "object",
        "properties": {
            "pattern": {"type": "string", "description": "A glob.", "pattern": "\\S"},
            "list": {"type": "array", "items": {"type": "string", "pattern": "^a"}},
            "kind": {"enum": [{"pattern": "x"}]},
        },
        "patternProperties": {"^x": {"type": "string"}},
    });
    assert!(patterns::has_any(&schema));
    let sent = patterns::without(&schema);
    let expected = json!({
        "type": "object",
        "properties": {
            "pattern": {"type": "string", "description": "A glob. Pattern: \\S"},
            "list": {"type": "array", "items": {"type": "string", "description": "Pattern: ^a"}},
            "kind": {"enum": [{"pattern": "x"}]},
        },
    });
    assert_eq!(sent, expected);
    assert!(!patterns::has_any(&sent));
}

#[test]
fn a_refused_field_of_an_item_is_told_from_others() {
    let error = |message: &str| {
        EngineError::new(ErrorKind::InvalidRequest, "refused").with_provider_message(message)
    };
    for (message, expected) in [
        ("Unknown parameter: 'input[3].action'.", true),
        ("Missing required parameter: 'input[2].container_id'.", true),
        (
            "Failed to deserialize the JSON body into the target type: input: missing field `queries` at line 1",
            true,
        ),
        (
            "Upstream request failed: `input[1].action` missing required field `query`",
            true,
        ),
        (
            "Invalid value: 'web_search_call'. Supported values are: 'message'. input[1].type",
            true,
        ),
        ("Unknown parameter: 'reasoning.summary'.", false),
        ("Missing required parameter: 'model'.", false),
        ("input[1] is too long", false),
    ] {
        assert_eq!(is_about_fields(&error(message)), expected, "{message}");
    }
}
