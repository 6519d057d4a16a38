use serde_json::{Value, json};

use super::{ProviderRefusal, chat_request};

/// Returns a valid request with this field set.
fn with(field: &str, value: Value) -> Value {
    let mut request = json!({
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
        "tools": [{"type": "function", "function": {"name": "lookup"}}],
    });
    request[field] = value;
    request
}

fn without(field: &str) -> Value {
    let mut request = with("stream", json!(true));
    request.as_object_mut().unwrap().remove(field);
    request
}

#[track_caller]
fn accepts(request: &Value) {
    assert_eq!(chat_request(request), Ok(()), "{request:#}");
}

/// Asserts a refusal with status 400, this message (or prefix of it), parameter and code.
#[track_caller]
fn refuses(request: &Value, message: &str, param: Option<&str>, code: Option<&str>) {
    let refusal = chat_request(request).expect_err(&format!("{request:#}"));
    let ProviderRefusal {
        status,
        message: found,
        kind,
        param: found_param,
        code: found_code,
    } = refusal;
    assert!(found.starts_with(message), "{found}");
    assert_eq!((status, kind.as_str()), (400, "invalid_request_error"));
    assert_eq!(
        (found_param.as_deref(), found_code.as_deref()),
        (param, code)
    );
}

/// Returns a request of these messages.
fn messages(messages: Value) -> Value {
    with("messages", messages)
}

fn user() -> Value {
    json!({"role": "user", "content": "Hi"})
}

fn call(id: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": "lookup", "arguments": "{}"}})
}

fn calls(ids: &[&str]) -> Value {
    let calls: Vec<Value> = ids.iter().map(|id| call(id)).collect();
    json!({"role": "assistant", "content": null, "tool_calls": calls})
}

fn result(id: &str) -> Value {
    json!({"role": "tool", "tool_call_id": id, "content": "21 C"})
}

#[test]
fn the_model_is_required() {
    accepts(&with("model", json!("m")));
    for model in [json!(null), json!(""), json!(7)] {
        let message = "you must provide a model parameter";
        refuses(&with("model", model), message, None, None);
    }
}

#[test]
fn messages_are_required() {
    let param = Some("messages");
    let code = Some("missing_required_parameter");
    refuses(
        &without("messages"),
        "Missing required parameter: 'messages'.",
        param,
        code,
    );
    refuses(
        &messages(json!([])),
        "Invalid 'messages': empty array.",
        param,
        Some("empty_array"),
    );
    refuses(
        &messages(json!("Hi")),
        "Invalid type for 'messages': expected an array, but got a string instead.",
        param,
        Some("invalid_type"),
    );
    refuses(
        &messages(json!(["Hi"])),
        "Invalid type for 'messages[0]': expected an object, but got a string instead.",
        Some("messages[0]"),
        Some("invalid_type"),
    );
}

#[test]
fn roles_are_known() {
    for role in ["system", "developer", "user", "assistant"] {
        accepts(&messages(json!([{"role": role, "content": "Hi"}])));
    }
    accepts(&messages(
        json!([{"role": "function", "name": "f", "content": "Hi"}]),
    ));
    let role = Some("messages[0].role");
    refuses(
        &messages(json!([{"role": "wizard", "content": "Hi"}])),
        "Invalid value: 'wizard'. Supported values are: 'system'",
        role,
        Some("invalid_value"),
    );
    refuses(
        &messages(json!([{"content": "Hi"}])),
        "Missing required parameter",
        role,
        Some("missing_required_parameter"),
    );
}

#[test]
fn results_follow_the_message_that_called() {
    accepts(&messages(json!([user(), calls(&["a"]), result("a")])));
    let both = json!([user(), calls(&["a", "b"]), result("b"), result("a"), user()]);
    accepts(&messages(both));
    let message = "Invalid parameter: messages with role 'tool' must be a response to a \
                   preceeding message with 'tool_calls'.";
    for (stray, at) in [
        (json!([result("a")]), 0),
        (json!([user(), result("a")]), 1),
        (json!([calls(&["a"]), result("a"), user(), result("a")]), 3),
        (
            json!([{"role": "assistant", "content": "Hi"}, result("a")]),
            1,
        ),
    ] {
        let param = format!("messages.[{at}].role");
        refuses(&messages(stray), message, Some(&param), None);
    }
}

#[test]
fn results_name_a_call_of_that_message() {
    let unknown = json!([calls(&["a"]), result("b"), result("a")]);
    let message = "Invalid parameter: 'tool_call_id' of 'b' not found";
    refuses(
        &messages(unknown),
        message,
        Some("messages.[1].tool_call_id"),
        None,
    );
    let nameless = json!([calls(&["a"]), {"role": "tool", "content": "21 C"}]);
    refuses(
        &messages(nameless),
        "Missing required parameter",
        Some("messages[1].tool_call_id"),
        Some("missing_required_parameter"),
    );
}

#[test]
fn every_call_is_answered_before_anything_else() {
    let message = |ids: &str| {
        format!(
            "An assistant message with 'tool_calls' must be followed by tool messages responding \
             to each 'tool_call_id'. The following tool_call_ids did not have response messages: \
             {ids}"
        )
    };
    for (history, ids, at) in [
        (json!([calls(&["a"])]), "a", 1),
        (json!([calls(&["a", "b"])]), "a, b", 1),
        (json!([calls(&["a"]), user()]), "a", 1),
        (
            json!([calls(&["a", "b"]), result("b"), user(), result("a")]),
            "a",
            2,
        ),
        (json!([calls(&["a"]), calls(&["b"]), result("b")]), "a", 1),
    ] {
        let param = format!("messages.[{at}].role");
        refuses(&messages(history), &message(ids), Some(&param), None);
    }
}

#[test]
fn a_call_is_answered_once() {
    let twice = json!([calls(&["a"]), result("a"), result("a")]);
    let message = "Duplicate value for 'tool_call_id' of 'a' in message[2].";
    refuses(
        &messages(twice),
        message,
        Some("messages.[2].tool_call_id"),
        None,
    );
    // The same id in two messages is two calls.
    accepts(&messages(json!([
        calls(&["a"]),
        result("a"),
        calls(&["a"]),
        result("a")
    ])));
}

#[test]
fn calls_are_well_formed() {
    let one =
        |call: Value| messages(json!([{"role": "assistant", "tool_calls": [call]}, result("a")]));
    let function =
        |function: Value| one(json!({"id": "a", "type": "function", "function": function}));
    accepts(&one(call("a")));
    accepts(&one(
        json!({"id": "a", "type": "custom", "custom": {"name": "c", "input": ""}}),
    ));
    let at = |field: &str| format!("messages[0].tool_calls[0].{field}");
    let invalid = Some("invalid_value");
    refuses(
        &function(json!({"name": "lookup", "arguments": {}})),
        "Invalid type for 'messages[0].tool_calls[0].function.arguments': expected a string, but \
         got an object instead.",
        Some(&at("function.arguments")),
        Some("invalid_type"),
    );
    refuses(
        &function(json!({"name": "no spaces", "arguments": "{}"})),
        "Invalid 'messages[0].tool_calls[0].function.name': string does not match pattern.",
        Some(&at("function.name")),
        invalid,
    );
    refuses(
        &one(json!({"id": "a", "type": "magic"})),
        "Invalid value: 'magic'.",
        Some(&at("type")),
        invalid,
    );
    refuses(
        &one(json!({"id": "", "type": "function"})),
        "Invalid 'messages[0].tool_calls[0].id': empty string.",
        Some(&at("id")),
        Some("empty_string"),
    );
    refuses(
        &one(json!({"id": "a", "type": "custom"})),
        "Missing required parameter",
        Some(&at("custom.name")),
        Some("missing_required_parameter"),
    );
}

#[test]
fn ids_are_unique_in_a_message() {
    accepts(&messages(json!([
        calls(&["a", "b"]),
        result("a"),
        result("b")
    ])));
    refuses(
        &messages(json!([calls(&["a", "a"]), result("a")])),
        "Invalid 'messages[0].tool_calls[1].id': duplicate",
        Some("messages[0].tool_calls[1].id"),
        Some("invalid_value"),
    );
}

#[test]
fn an_assistant_message_says_something() {
    for said in [
        json!({"role": "assistant", "content": "Hi"}),
        json!({"role": "assistant", "content": [{"type": "text", "text": "Hi"}]}),
        json!({"role": "assistant", "content": [{"type": "refusal", "refusal": "No"}]}),
        json!({"role": "assistant", "refusal": "No"}),
    ] {
        accepts(&messages(json!([said])));
    }
    let content = Some("messages[0].content");
    refuses(
        &messages(json!([{"role": "assistant"}])),
        "Invalid value for 'content': expected a string, got null.",
        content,
        None,
    );
    refuses(
        &messages(json!([{"role": "assistant", "content": null, "tool_calls": []}])),
        "Invalid 'messages[0].tool_calls': empty array.",
        Some("messages[0].tool_calls"),
        Some("empty_array"),
    );
}

#[test]
fn content_is_text_or_parts_that_the_role_allows() {
    let content = |role: &str, content: Value| {
        messages(json!([calls(&["a"]), result("a"), {"role": role, "content": content}]))
    };
    accepts(&content("user", json!("")));
    accepts(&content("user", json!([{"type": "text", "text": "Hi"}])));
    accepts(&content(
        "user",
        json!([{"type": "file", "file": {"file_id": "f"}}]),
    ));
    accepts(&messages(json!([
        calls(&["a"]),
        {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "Hi"}]},
    ])));
    let at = Some("messages[2].content");
    let type_at = Some("messages[2].content[0].type");
    let part = json!([{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]);
    refuses(
        &content("system", part.clone()),
        "Invalid value: 'image_url'. Value must be 'text'.",
        type_at,
        Some("invalid_value"),
    );
    refuses(
        &content("assistant", part),
        "Invalid value: 'image_url'. Supported values are: 'text' and 'refusal'.",
        type_at,
        Some("invalid_value"),
    );
    refuses(
        &content("user", json!(null)),
        "Invalid value for 'content'",
        at,
        None,
    );
    refuses(
        &content("user", json!([])),
        "Invalid",
        at,
        Some("empty_array"),
    );
    refuses(
        &content("user", json!(7)),
        "Invalid type",
        at,
        Some("invalid_type"),
    );
    refuses(
        &content("user", json!([{"type": "text"}])),
        "Missing required parameter",
        Some("messages[2].content[0].text"),
        Some("missing_required_parameter"),
    );
    refuses(
        &content("user", json!([{"type": "file"}])),
        "Missing required parameter",
        Some("messages[2].content[0].file"),
        Some("missing_required_parameter"),
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn images_are_urls_or_base64_of_a_known_format() {
    let image = |image: Value| {
        messages(json!([{"role": "user", "content": [{"type": "image_url", "image_url": image}]}]))
    };
    for url in [
        "https://example.com/a.png",
        "http://a/b",
        "data:image/png;base64,iVBORw0KGgo=",
    ] {
        accepts(&image(json!({"url": url})));
    }
    accepts(&image(
        json!({"url": "https://example.com/a.png", "detail": "low"}),
    ));
    let at = |field: &str| format!("messages[0].content[0].image_url{field}");
    for (url, message, code) in [
        ("a.png", "Invalid image URL.", "invalid_image_url"),
        (
            "data:image/png,xyz",
            "Invalid image URL.",
            "invalid_image_url",
        ),
        (
            "data:image/tiff;base64,AAAA",
            "You uploaded an unsupported image.",
            "invalid_image_format",
        ),
        (
            "data:text/plain;base64,AAAA",
            "You uploaded an unsupported image.",
            "invalid_image_format",
        ),
        ("data:image/png;base64,", "Invalid base64", "invalid_base64"),
        (
            "data:image/png;base64,AAA",
            "Invalid base64",
            "invalid_base64",
        ),
        (
            "data:image/png;base64,A===",
            "Invalid base64",
            "invalid_base64",
        ),
        (
            "data:image/png;base64,AA*A",
            "Invalid base64",
            "invalid_base64",
        ),
    ] {
        refuses(
            &image(json!({"url": url})),
            message,
            Some(&at(".url")),
            Some(code),
        );
    }
    refuses(
        &image(json!("https://a/b")),
        "Invalid type",
        Some(&at("")),
        Some("invalid_type"),
    );
    let missing = Some("missing_required_parameter");
    refuses(&image(json!(null)), "Missing", Some(&at("")), missing);
    refuses(&image(json!({})), "Missing", Some(&at(".url")), missing);
    refuses(
        &image(json!({"url": "https://a/b", "detail": "huge"})),
        "Invalid value: 'huge'.",
        Some(&at(".detail")),
        Some("invalid_value"),
    );
}

fn tool(function: &Value) -> Value {
    with("tools", json!([{"type": "function", "function": function}]))
}

#[test]
fn tool_names_are_short_and_plain() {
    for name in ["a", "Look_up-2", &"x".repeat(64)] {
        accepts(&tool(&json!({"name": name})));
    }
    let at = Some("tools[0].function.name");
    for name in ["", "a b", "a.b", "Zürich"] {
        let message = "Invalid 'tools[0].function.name': string does not match pattern.";
        refuses(
            &tool(&json!({"name": name})),
            message,
            at,
            Some("invalid_value"),
        );
    }
    refuses(
        &tool(&json!({"name": "x".repeat(65)})),
        "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length \
         64, but got a string with length 65 instead.",
        at,
        Some("string_above_max_length"),
    );
    refuses(
        &tool(&json!({})),
        "Missing",
        at,
        Some("missing_required_parameter"),
    );
}

#[test]
fn tool_names_are_unique() {
    let two = |a: &str, b: &str| {
        let tool = |name: &str| json!({"type": "function", "function": {"name": name}});
        with("tools", json!([tool(a), tool(b)]))
    };
    accepts(&two("a", "b"));
    let message = "Invalid 'tools': tool names must be unique, but 'a' is not.";
    refuses(
        &two("a", "a"),
        message,
        Some("tools"),
        Some("invalid_value"),
    );
}

#[test]
fn tools_are_functions_with_an_object_schema() {
    for parameters in [
        json!(null),
        json!({}),
        json!({"type": "object", "properties": {}}),
    ] {
        accepts(&tool(
            &json!({"name": "f", "description": "d", "parameters": parameters}),
        ));
    }
    let at = Some("tools[0].function.parameters");
    for (parameters, kind) in [
        (json!({"type": "string"}), "\"string\""),
        (json!({"properties": {}}), "\"None\""),
    ] {
        let message = format!(
            "Invalid schema for function 'f': schema must be a JSON Schema of 'type: \"object\"', \
             got 'type: {kind}'."
        );
        let request = tool(&json!({"name": "f", "parameters": parameters}));
        refuses(&request, &message, at, Some("invalid_function_parameters"));
    }
    let wrong = Some("invalid_type");
    refuses(
        &tool(&json!({"name": "f", "parameters": "x"})),
        "Invalid type",
        at,
        wrong,
    );
    let at = Some("tools[0].function.description");
    refuses(
        &tool(&json!({"name": "f", "description": 7})),
        "Invalid type",
        at,
        wrong,
    );
    let at = Some("tools[0].function");
    refuses(
        &tool(&json!(null)),
        "Missing",
        at,
        Some("missing_required_parameter"),
    );
    refuses(&tool(&json!([])), "Invalid type", at, wrong);
    refuses(
        &with("tools", json!([{"type": "magic"}])),
        "Invalid value: 'magic'.",
        Some("tools[0].type"),
        Some("invalid_value"),
    );
    accepts(&with(
        "tools",
        json!([{"type": "custom", "custom": {"name": "c"}}]),
    ));
    refuses(
        &with("tools", json!([])),
        "Invalid 'tools': empty array.",
        Some("tools"),
        Some("empty_array"),
    );
}

#[test]
fn the_tool_choice_names_a_tool_that_is_offered() {
    let named = |name: &str| json!({"type": "function", "function": {"name": name}});
    for choice in [
        json!(null),
        json!("auto"),
        json!("none"),
        json!("required"),
        named("lookup"),
    ] {
        accepts(&with("tool_choice", choice));
    }
    let subset = json!({"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}});
    accepts(&with("tool_choice", subset));
    let at = Some("tool_choice");
    let message = "Tool choice 'other' not found in 'tools' parameter.";
    refuses(&with("tool_choice", named("other")), message, at, None);
    let invalid = Some("invalid_value");
    refuses(
        &with("tool_choice", json!("always")),
        "Invalid value: 'always'.",
        at,
        invalid,
    );
    refuses(
        &with("tool_choice", json!(7)),
        "Invalid type",
        at,
        Some("invalid_type"),
    );
    refuses(
        &with("tool_choice", json!({"type": "function"})),
        "Missing",
        Some("tool_choice.function.name"),
        Some("missing_required_parameter"),
    );
}

#[test]
fn tool_options_need_tools() {
    for (field, value) in [
        ("tool_choice", json!("auto")),
        ("parallel_tool_calls", json!(true)),
    ] {
        accepts(&with(field, value.clone()));
        let mut request = with(field, value);
        request["tools"] = json!(null);
        let message = format!(
            "Invalid value for '{field}': '{field}' is only allowed when 'tools' are specified."
        );
        refuses(&request, &message, Some(field), None);
    }
}

#[test]
fn limits_are_positive_and_given_once() {
    for field in ["max_tokens", "max_completion_tokens", "n"] {
        accepts(&with(field, json!(1)));
        accepts(&with(field, json!(null)));
        for below in [0, -1] {
            let message = format!(
                "Invalid '{field}': integer below minimum value. Expected a value >= 1, but got \
                 {below} instead."
            );
            let code = Some("integer_below_min_value");
            refuses(&with(field, json!(below)), &message, Some(field), code);
        }
        for wrong in [json!("1"), json!(1.5)] {
            refuses(
                &with(field, wrong),
                "Invalid type",
                Some(field),
                Some("invalid_type"),
            );
        }
    }
    let mut both = with("max_tokens", json!(1));
    both["max_completion_tokens"] = json!(1);
    let message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time";
    refuses(&both, message, None, Some("invalid_parameter_combination"));
}

#[test]
fn sampling_options_are_in_their_range() {
    for (field, least, most) in [
        ("temperature", 0.0, 2.0),
        ("top_p", 0.0, 1.0),
        ("presence_penalty", -2.0, 2.0),
        ("frequency_penalty", -2.0, 2.0),
    ] {
        accepts(&with(field, json!(least)));
        accepts(&with(field, json!(most)));
        let below = Some("decimal_below_min_value");
        let message = format!("Invalid '{field}': decimal below minimum value.");
        refuses(
            &with(field, json!(least - 0.1)),
            &message,
            Some(field),
            below,
        );
        let above = Some("decimal_above_max_value");
        let message = format!("Invalid '{field}': decimal above maximum value.");
        refuses(
            &with(field, json!(most + 0.1)),
            &message,
            Some(field),
            above,
        );
        refuses(
            &with(field, json!("1")),
            "Invalid type",
            Some(field),
            Some("invalid_type"),
        );
    }
    // Message of a recorded refusal.
    refuses(
        &with("temperature", json!(99.0)),
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 99.0 \
         instead.",
        Some("temperature"),
        Some("decimal_above_max_value"),
    );
}

#[test]
fn options_that_need_another_option_have_it() {
    let mut request = with("stream_options", json!({"include_usage": true}));
    let message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
    refuses(&request, message, Some("stream_options"), None);
    request["stream"] = json!(true);
    accepts(&request);

    let mut request = with("top_logprobs", json!(2));
    let message = "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.";
    refuses(&request, message, Some("top_logprobs"), None);
    request["logprobs"] = json!(true);
    accepts(&request);
}

#[test]
fn switches_are_booleans() {
    for field in ["stream", "logprobs", "parallel_tool_calls"] {
        accepts(&with(field, json!(false)));
        refuses(
            &with(field, json!("true")),
            "Invalid type",
            Some(field),
            Some("invalid_type"),
        );
    }
}

#[test]
fn a_schema_format_has_a_name_and_a_schema() {
    let schema = json!({"type": "object"});
    for format in [
        json!({"type": "text"}),
        json!({"type": "json_object"}),
        json!({"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}),
    ] {
        accepts(&with("response_format", format));
    }
    let missing = Some("missing_required_parameter");
    for (described, param) in [
        (json!(null), "response_format.json_schema"),
        (
            json!({"schema": schema}),
            "response_format.json_schema.name",
        ),
        (json!({"name": "a"}), "response_format.json_schema.schema"),
    ] {
        let format = json!({"type": "json_schema", "json_schema": described});
        refuses(
            &with("response_format", format),
            "Missing",
            Some(param),
            missing,
        );
    }
    let format = json!({"type": "json_schema", "json_schema": {"name": "a", "schema": "x"}});
    let param = Some("response_format.json_schema.schema");
    refuses(
        &with("response_format", format),
        "Invalid type",
        param,
        Some("invalid_type"),
    );
    let param = Some("response_format.type");
    let invalid = Some("invalid_value");
    refuses(
        &with("response_format", json!({"type": "xml"})),
        "Invalid value",
        param,
        invalid,
    );
    refuses(
        &with("response_format", json!({})),
        "Missing",
        param,
        missing,
    );
    let param = Some("response_format");
    refuses(
        &with("response_format", json!("text")),
        "Invalid type",
        param,
        Some("invalid_type"),
    );
}

#[test]
fn unknown_fields_are_accepted() {
    accepts(&with("top_k", json!(40)));
}

#[test]
fn the_type_of_an_error_follows_from_its_status() {
    for (status, code, kind) in [
        (400, "x", "invalid_request_error"),
        (429, "rate_limit_exceeded", "requests"),
        (429, "insufficient_quota", "insufficient_quota"),
        (503, "overloaded", "server_error"),
    ] {
        let refusal = ProviderRefusal::new(status, code, "why");
        let expected = json!({"error": {
            "message": "why", "type": kind, "param": null, "code": code,
        }});
        assert_eq!(refusal.to_json(), expected);
        assert_eq!(refusal.to_string(), format!("{status} {kind}: why"));
    }
}
