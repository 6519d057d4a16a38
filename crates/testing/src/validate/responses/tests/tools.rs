use serde_json::{Value, json};

use super::{accepts, refuses, with};

#[allow(clippy::needless_pass_by_value, reason = "is given literals")]
fn tool(tool: Value) -> Value {
    with("tools", json!([tool]))
}

#[allow(clippy::needless_pass_by_value, reason = "is given literals")]
fn strict(parameters: Value) -> Value {
    tool(json!({"type": "function", "name": "f", "strict": true, "parameters": parameters}))
}

#[test]
fn functions_are_flat() {
    let parameters = json!({"type": "object", "properties": {}});
    accepts(&tool(
        json!({"type": "function", "name": "f", "parameters": parameters}),
    ));
    refuses(
        &tool(json!({"type": "function", "function": {"name": "f"}})),
        "Missing required parameter: 'tools[0].name'.",
        "tools[0].name",
        "missing_required_parameter",
    );
    refuses(
        &tool(json!({"type": "function", "name": "f", "parameters": {"type": "string"}})),
        "Invalid schema for function 'f': schema must be a JSON Schema of 'type: \"object\"', got \
         'type: \"string\"'.",
        "tools[0].parameters",
        "invalid_function_parameters",
    );
    let twice = json!([{"type": "function", "name": "f"}, {"type": "custom", "name": "f"}]);
    refuses(
        &with("tools", twice),
        "Invalid 'tools': tool names must be unique, but 'f' is not.",
        "tools",
        "invalid_value",
    );
}

#[test]
fn tools_of_the_provider_have_what_they_need() {
    accepts(&tool(json!({"type": "web_search"})));
    accepts(&tool(
        json!({"type": "code_interpreter", "container": {"type": "auto"}}),
    ));
    refuses(
        &tool(json!({"type": "file_search"})),
        "Missing required parameter: 'tools[0].vector_store_ids'.",
        "tools[0].vector_store_ids",
        "missing_required_parameter",
    );
    refuses(
        &tool(json!({"type": "telepathy"})),
        "Invalid value: 'telepathy'.",
        "tools[0].type",
        "invalid_value",
    );
}

#[test]
fn strict_schemas_are_closed_at_every_depth() {
    let closed = |properties: Value, required: &[&str]| json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false});
    let inner = closed(json!({"x": {"type": "string"}}), &["x"]);
    accepts(&strict(closed(json!({"a": inner}), &["a"])));
    refuses(
        &strict(json!({"type": "object", "properties": {}})),
        "Invalid schema for function 'f': In context=(), 'additionalProperties' is required to be \
         supplied and to be false.",
        "tools[0].parameters",
        "invalid_function_parameters",
    );
    refuses(
        &strict(closed(json!({"a": {"type": "string"}}), &[])),
        "Invalid schema for function 'f': In context=(), 'required' is required to be supplied \
         and to be an array including every key in properties. Missing 'a'.",
        "tools[0].parameters",
        "invalid_function_parameters",
    );
    let open = closed(
        json!({"a": {"type": "array", "items": {"type": "object"}}}),
        &["a"],
    );
    refuses(
        &strict(open),
        "Invalid schema for function 'f': In context=('properties', 'a', 'items'), \
         'additionalProperties'",
        "tools[0].parameters",
        "invalid_function_parameters",
    );
    let format = |schema: Value| {
        let format =
            json!({"type": "json_schema", "name": "answer", "strict": true, "schema": schema});
        with("text", json!({"format": format}))
    };
    accepts(&format(closed(json!({}), &[])));
    refuses(
        &format(json!({"type": "object"})),
        "Invalid schema for response_format 'answer': In context=()",
        "text.format.schema",
        "invalid_json_schema",
    );
}

#[test]
fn a_choice_names_a_tool_on_offer() {
    for choice in [
        json!("none"),
        json!("auto"),
        json!("required"),
        json!({"type": "function", "name": "lookup"}),
        json!({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "lookup"}]}),
    ] {
        accepts(&with("tool_choice", choice));
    }
    for (choice, param, code) in [
        (json!("always"), "tool_choice", "invalid_value"),
        (
            json!({"type": "function"}),
            "tool_choice.name",
            "missing_required_parameter",
        ),
        (
            json!({"type": "function", "function": {"name": "lookup"}}),
            "tool_choice.name",
            "missing_required_parameter",
        ),
    ] {
        let request = with("tool_choice", choice);
        refuses(&request, "", param, code);
    }
    for choice in [
        json!({"type": "function", "name": "other"}),
        json!({"type": "web_search"}),
    ] {
        refuses(
            &with("tool_choice", choice),
            "Tool choice '",
            "tool_choice",
            None,
        );
    }
    let mut search = with("tool_choice", json!({"type": "web_search_preview"}));
    search["tools"] = json!([{"type": "web_search"}]);
    accepts(&search);
    let mut without = with("tool_choice", json!("required"));
    without["tools"] = Value::Null;
    refuses(
        &without,
        "Tool choice 'required' must be specified with 'tools' parameter.",
        "tool_choice",
        None,
    );
}
