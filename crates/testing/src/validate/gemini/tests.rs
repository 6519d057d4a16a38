use serde_json::{Value, json};

use crate::validate::generate_content;

const OLDER: &str = "gemini-2.0-flash";
const NEWER: &str = "gemini-3-pro-preview";

fn user(text: &str) -> Value {
    json!({"role": "user", "parts": [{"text": text}]})
}

fn call() -> Value {
    json!({"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]})
}

fn answer() -> Value {
    json!({"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {"output": 1}}}]})
}

/// Why a request with these contents is refused.
fn refusal(model: &str, request: &Value) -> Option<String> {
    let refusal = generate_content(model, request).err()?;
    assert_eq!(refusal.status, 400);
    Some(refusal.message)
}

#[test]
fn calls_and_answers_alternate() {
    let answered = json!({"contents": [user("Hi"), call(), answer()]});
    assert_eq!(refusal(OLDER, &answered), None);
    for contents in [
        json!([call(), answer()]),
        json!([user("Hi"), call(), user("And?")]),
        json!([user("Hi"), answer()]),
        json!([user("Hi"), call(), call(), answer()]),
        json!([user("Hi"), call()]),
        json!([{"role": "user", "parts": []}]),
        json!([]),
    ] {
        let request = json!({ "contents": contents });
        assert!(refusal(OLDER, &request).is_some(), "{request}");
    }
}

#[test]
fn newer_models_want_signatures_of_the_current_turn() {
    let request = json!({"contents": [user("Hi"), call(), answer()]});
    let said = refusal(NEWER, &request).unwrap();
    assert!(said.contains("missing a thought_signature"), "{said}");
    let mut signed = call();
    signed["parts"][0]["thoughtSignature"] = json!("QUJD");
    let request = json!({"contents": [user("Hi"), signed, answer()]});
    assert_eq!(refusal(NEWER, &request), None);
}

#[test]
fn schemas_have_the_keywords_of_openapi() {
    let request = |schema: Value| {
        let function = json!({"name": "f", "description": "", "parameters": schema});
        json!({"contents": [user("Hi")], "tools": [{"functionDeclarations": [function]}]})
    };
    let good =
        json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]});
    assert_eq!(refusal(OLDER, &request(good)), None);
    for schema in [
        json!({"type": "object", "properties": {}}),
        json!({"type": "object", "properties": {"a": {"type": ["string", "null"]}}}),
        json!({"type": "object", "properties": {"a": {"type": "integer", "enum": [1, 2]}}}),
        json!({"type": "object", "properties": {"a": {"type": "array"}}}),
        json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["b"]}),
        json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}}),
        json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false}),
    ] {
        let request = request(schema);
        assert!(refusal(OLDER, &request).is_some(), "{request}");
    }
}

#[test]
fn unknown_fields_are_named_where_they_are() {
    let request = json!({"contents": [user("Hi")], "generationConfig": {"topKK": 1}});
    let said = refusal(OLDER, &request).unwrap();
    assert!(
        said.contains("topKK") && said.contains("Cannot find field"),
        "{said}"
    );
}
