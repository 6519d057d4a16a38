use serde_json::{Value, json};

use super::{accepts, refuses, with};

#[test]
fn options_in_their_bounds_are_accepted() {
    for (field, value) in [
        ("temperature", json!(2)),
        ("top_p", json!(0.5)),
        ("max_output_tokens", json!(16)),
        ("max_tool_calls", json!(1)),
        ("truncation", json!("auto")),
        ("service_tier", json!("flex")),
        ("metadata", json!({"a": "b"})),
        ("include", json!(["reasoning.encrypted_content"])),
        ("reasoning", json!({"effort": "low", "summary": "auto"})),
        (
            "text",
            json!({"verbosity": "low", "format": {"type": "text"}}),
        ),
        ("parallel_tool_calls", json!(false)),
        ("store", Value::Null),
    ] {
        accepts(&with(field, value));
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn options_out_of_their_bounds_are_refused() {
    let many: Value = (0..17)
        .map(|number| (number.to_string(), json!("")))
        .collect::<serde_json::Map<_, _>>()
        .into();
    for (field, value, message, param, code) in [
        (
            "temperature",
            json!(-1),
            "Invalid 'temperature': decimal below minimum value. Expected a value >= 0, but got -1 \
             instead.",
            "temperature",
            "decimal_below_min_value",
        ),
        (
            "max_output_tokens",
            json!(1),
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but \
             got 1 instead.",
            "max_output_tokens",
            "integer_below_min_value",
        ),
        (
            "truncation",
            json!("left"),
            "Invalid value: 'left'.",
            "truncation",
            "invalid_value",
        ),
        (
            "metadata",
            many,
            "Invalid 'metadata': too many",
            "metadata",
            "object_above_max_properties",
        ),
        (
            "metadata",
            json!({"a": 1}),
            "Invalid type",
            "metadata.a",
            "invalid_type",
        ),
        (
            "include",
            json!(["usage"]),
            "Invalid value: 'usage'.",
            "include[0]",
            "invalid_value",
        ),
        (
            "include",
            json!("usage"),
            "Invalid type",
            "include",
            "invalid_type",
        ),
        (
            "reasoning",
            json!({"effort": "heroic"}),
            "Invalid value: 'heroic'.",
            "reasoning.effort",
            "invalid_value",
        ),
        (
            "reasoning",
            json!({"summary": "none"}),
            "Invalid value: 'none'.",
            "reasoning.summary",
            "invalid_value",
        ),
        (
            "text",
            json!({"verbosity": "mute"}),
            "Invalid value: 'mute'.",
            "text.verbosity",
            "invalid_value",
        ),
        (
            "text",
            json!({"format": {"type": "json_schema", "schema": {}}}),
            "Missing required parameter: 'text.format.name'.",
            "text.format.name",
            "missing_required_parameter",
        ),
        (
            "store",
            json!("no"),
            "Invalid type",
            "store",
            "invalid_type",
        ),
    ] {
        refuses(&with(field, value), message, param, code);
    }
    refuses(
        &with("stream_options", json!({"include_obfuscation": false})),
        "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        "stream_options",
        None,
    );
}
