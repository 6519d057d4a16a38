use serde_json::{Value, json};

use super::{accepts, call, input, named, output, reasoning, refuses, said, user, with};

#[allow(clippy::needless_pass_by_value, reason = "is given literals")]
fn message(role: &str, content: Value) -> Value {
    json!({"role": role, "content": content})
}

#[test]
fn items_are_objects_of_known_types() {
    refuses(
        &input(json!(["Hi"])),
        "Invalid type for 'input[0]': expected an object",
        "input[0]",
        "invalid_type",
    );
    refuses(
        &input(json!([{"content": "Hi"}])),
        "Missing required parameter: 'input[0].type'.",
        "input[0].type",
        "missing_required_parameter",
    );
    refuses(
        &input(json!([{"type": "tool_calls"}])),
        "Invalid value: 'tool_calls'. Supported values are: 'message', 'reasoning'",
        "input[0]",
        "invalid_value",
    );
    let search = json!({"type": "web_search_call", "id": "ws_1", "status": "searching"});
    accepts(&input(json!([user(), search])));
}

#[test]
fn roles_are_known() {
    for role in ["system", "developer", "user", "assistant"] {
        accepts(&input(json!([message(role, json!("Hi"))])));
    }
    refuses(
        &input(json!([message("tool", json!("Hi"))])),
        "Invalid value: 'tool'. Supported values are: 'assistant'",
        "input[0].role",
        "invalid_value",
    );
}

#[test]
fn each_role_writes_parts_of_its_own_types() {
    let part = |kind: &str| json!([{"type": kind, "text": "Hi"}]);
    accepts(&input(json!([message("user", part("input_text"))])));
    accepts(&input(json!([message("assistant", part("output_text"))])));
    refuses(
        &input(json!([message("assistant", part("input_text"))])),
        "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.",
        "input[0].content[0]",
        "invalid_value",
    );
    for (role, kind) in [
        ("user", "output_text"),
        ("user", "text"),
        ("user", "refusal"),
        ("system", "output_text"),
        ("developer", "input_image"),
    ] {
        refuses(
            &input(json!([message(role, part(kind))])),
            &format!("Invalid value: '{kind}'."),
            "input[0].content[0]",
            "invalid_value",
        );
    }
    let refusal = json!([{"type": "refusal", "refusal": "No"}]);
    accepts(&input(json!([message("assistant", refusal)])));
}

#[test]
fn content_is_required() {
    refuses(
        &input(json!([message("user", Value::Null)])),
        "Missing required parameter: 'input[0].content'.",
        "input[0].content",
        "missing_required_parameter",
    );
    refuses(
        &input(json!([message("user", json!([]))])),
        "Invalid 'input[0].content': empty array.",
        "input[0].content",
        "empty_array",
    );
    refuses(
        &input(json!([message("user", json!([{"type": "input_text"}]))])),
        "Missing required parameter: 'input[0].content[0].text'.",
        "input[0].content[0].text",
        "missing_required_parameter",
    );
}

#[test]
fn images_have_a_source() {
    let image = |field: &str, value: &str| {
        input(json!([message(
            "user",
            json!([{"type": "input_image", "detail": "auto", field: value}]),
        )]))
    };
    accepts(&image("image_url", "https://host.test/a.png"));
    accepts(&image("image_url", "data:image/png;base64,AAAA"));
    accepts(&image("file_id", "file-1"));
    refuses(
        &image("image_url", "a.png"),
        "Invalid image URL.",
        "input[0].content[0].image_url",
        "invalid_image_url",
    );
    refuses(
        &image("alt", "a cat"),
        "Missing required parameter: 'input[0].content[0].image_url'.",
        "input[0].content[0].image_url",
        "missing_required_parameter",
    );
    let mut huge = image("file_id", "file-1");
    huge["input"][0]["content"][0]["detail"] = json!("huge");
    refuses(
        &huge,
        "Invalid value: 'huge'.",
        "input[0].content[0].detail",
        "invalid_value",
    );
}

#[test]
fn ids_begin_as_their_type_says() {
    for (item, prefix) in [(said(), "msg"), (reasoning("rs_1"), "rs")] {
        accepts(&input(json!([
            named(item.clone(), &format!("{prefix}_1")),
            named(said(), "msg_2")
        ])));
        refuses(
            &input(json!([named(item, "item_1"), said()])),
            &format!(
                "Invalid 'input[0].id': 'item_1'. Expected an ID that begins with '{prefix}'."
            ),
            "input[0].id",
            "invalid_value",
        );
    }
    accepts(&input(json!([named(call("c"), "fc_1"), output("c")])));
    refuses(
        &input(json!([named(call("c"), "call_1"), output("c")])),
        "Invalid 'input[0].id': 'call_1'. Expected an ID that begins with 'fc'.",
        "input[0].id",
        "invalid_value",
    );
    for id in ["", "msg_1:2"] {
        refuses(
            &input(json!([named(said(), id)])),
            &format!("Invalid 'input[0].id': '{id}'. Expected an ID that contains letters"),
            "input[0].id",
            "invalid_value",
        );
    }
    refuses(
        &input(json!([named(said(), &format!("msg_{}", "1".repeat(61)))])),
        "Invalid 'input[0].id': string too long. Expected a string with maximum length 64, but \
         got a string with length 65 instead.",
        "input[0].id",
        "string_above_max_length",
    );
    refuses(
        &with("previous_response_id", json!("chatcmpl-1")),
        "Invalid 'previous_response_id': 'chatcmpl-1'. Expected an ID that begins with 'resp'.",
        "previous_response_id",
        "invalid_value",
    );
}

#[test]
fn calls_have_an_id_a_name_and_arguments() {
    let set = |field: &str, value: Value| {
        let mut call = call("c");
        call[field] = value;
        input(json!([call, output("c")]))
    };
    for (field, value, message, code) in [
        (
            "call_id",
            Value::Null,
            "Missing",
            "missing_required_parameter",
        ),
        ("call_id", json!(""), "Invalid", "empty_string"),
        (
            "call_id",
            json!("c".repeat(65)),
            "Invalid",
            "string_above_max_length",
        ),
        ("name", Value::Null, "Missing", "missing_required_parameter"),
        ("name", json!("look up"), "Invalid", "invalid_value"),
        ("arguments", json!({}), "Invalid type", "invalid_type"),
        ("status", json!("done"), "Invalid value", "invalid_value"),
    ] {
        refuses(
            &set(field, value),
            message,
            format!("input[0].{field}").as_str(),
            code,
        );
    }
    accepts(&set("status", json!("incomplete")));
}

#[test]
fn outputs_are_texts_or_parts() {
    let set = |value: Value| {
        let mut output = output("c");
        output["output"] = value;
        input(json!([call("c"), output]))
    };
    accepts(&set(json!("")));
    accepts(&set(json!([{"type": "input_text", "text": "21 C"}])));
    refuses(
        &set(Value::Null),
        "Missing required parameter: 'input[1].output'.",
        "input[1].output",
        "missing_required_parameter",
    );
    refuses(
        &set(json!({"degrees": 21})),
        "Invalid type for 'input[1].output'",
        "input[1].output",
        "invalid_type",
    );
}

#[test]
fn reasoning_has_a_summary_and_its_words_are_not_sent_beside_what_is_encrypted() {
    let set = |field: &str, value: Value| {
        let mut item = reasoning("rs_1");
        item[field] = value;
        input(json!([item, named(said(), "msg_1")]))
    };
    accepts(&set(
        "summary",
        json!([{"type": "summary_text", "text": "So"}]),
    ));
    accepts(&set("content", json!([])));
    refuses(
        &set("summary", Value::Null),
        "Missing required parameter: 'input[0].summary'.",
        "input[0].summary",
        "missing_required_parameter",
    );
    refuses(
        &set("summary", json!([{"type": "text", "text": "So"}])),
        "Invalid value: 'text'. Value must be 'summary_text'.",
        "input[0].summary[0]",
        "invalid_value",
    );
    refuses(
        &set("content", json!([{"type": "reasoning_text", "text": "hm"}])),
        "Invalid 'input[0].content': array too long. Expected an array with maximum length 0, but \
         got an array with length 1 instead.",
        "input[0].content",
        "array_above_max_length",
    );
}
