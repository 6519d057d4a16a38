use super::*;

#[track_caller]
fn check(schema: &Value, expect: &Value) {
    assert_eq!(open_api(schema), *expect);
}

#[test]
fn what_gemini_does_not_know_is_left_out_or_said_in_words() {
    check(
        &json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "n": {"type": "integer", "exclusiveMinimum": 0, "examples": [1]},
                "mode": {"const": "fast"},
                "minutes": {"type": "integer", "enum": [60, 1440], "description": "How long."},
                "url": {"type": "string", "format": "uri"},
                "list": {"type": "array"},
                "any": {}
            },
            "required": ["n", "gone"]
        }),
        &json!({
            "type": "object",
            "properties": {
                "n": {"type": "integer", "minimum": 0},
                "mode": {"type": "string", "enum": ["fast"]},
                "minutes": {"type": "integer", "description": "How long. One of: 60, 1440."},
                "url": {"type": "string", "description": "Format: uri."},
                "list": {"type": "array", "items": {"type": "string"}},
                "any": {"type": "string"}
            },
            "required": ["n"]
        }),
    );
}

/// <https://github.com/DEEIX-AI/DEEIX-Chat/issues/546>
#[test]
fn an_object_of_anything_has_no_empty_properties() {
    check(
        &json!({"type": "object", "properties": {
            "headers": {"type": "object", "properties": {}},
            "actions": {"type": "array", "items": {"$ref": "#/properties/headers"}}
        }}),
        &json!({"type": "object", "properties": {
            "headers": {"type": "object"},
            "actions": {"type": "array", "items": {"type": "object"}}
        }}),
    );
}

#[test]
fn types_are_single_and_alternatives_stand_alone() {
    check(
        &json!({"type": "object", "properties": {
            "a": {"type": ["string", "null"]},
            "b": {"type": ["number", "string"]},
            "c": {"anyOf": [{"type": "integer"}, {"type": "null"}], "description": "C."},
            "d": {"type": "object", "oneOf": [{"type": "string"}, {"type": "integer"}], "title": "D"},
            "e": {"enum": ["x", null, ""]}
        }}),
        &json!({"type": "object", "properties": {
            "a": {"type": "string", "nullable": true},
            "b": {"type": "string"},
            "c": {"type": "integer", "nullable": true, "description": "C."},
            "d": {"anyOf": [{"type": "string"}, {"type": "integer"}], "title": "D"},
            "e": {"type": "string", "nullable": true, "enum": ["x"]}
        }}),
    );
}

#[test]
fn references_are_resolved_and_those_in_circles_end() {
    check(
        &json!({
            "$defs": {"P": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}},
            "type": "object",
            "properties": {
                "p": {"$ref": "#/$defs/P", "description": "A point."},
                "q": {"allOf": [{"$ref": "#/$defs/P"}, {"properties": {"y": {"type": "number"}}}]}
            }
        }),
        &json!({"type": "object", "properties": {
            "p": {
                "type": "object",
                "properties": {"x": {"type": "integer"}},
                "required": ["x"],
                "description": "A point."
            },
            "q": {
                "type": "object",
                "properties": {"x": {"type": "integer"}, "y": {"type": "number"}},
                "required": ["x"]
            }
        }}),
    );
    let node = json!({"type": "object", "properties": {
        "a": {"$ref": "#/$defs/N"}, "b": {"$ref": "#/$defs/N"}, "c": {"$ref": "#/$defs/N"}
    }});
    let circle = json!({"$defs": {"N": node}, "$ref": "#/$defs/N"});
    assert!(open_api(&circle).to_string().len() < 1_000_000);
    let itself = json!({"$defs": {"N": {"$ref": "#/$defs/N"}}, "$ref": "#/$defs/N"});
    assert_eq!(open_api(&itself), json!({"type": "string"}));
}

#[test]
fn a_schema_that_refers_to_itself_is_repeated_a_few_times() {
    let node = json!({"type": "object", "properties": {
        "name": {"type": "string"},
        "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}}
    }});
    let tree = json!({"$defs": {"Node": node}, "$ref": "#/$defs/Node"});
    let sent = open_api(&tree);
    let inner = "/properties/children/items/properties/children/items";
    assert_eq!(
        sent.pointer(&format!("{inner}/type")),
        Some(&json!("object"))
    );
    assert!(sent.to_string().len() < 1_000, "{sent}");
}

#[test]
fn schemas_that_every_server_can_read_are_plain() {
    for plain in [
        json!({"type": "object", "properties": {"a": {"type": ["string", "null"], "description": "A."}},
            "required": ["a"], "additionalProperties": false}),
        json!({"type": "array", "items": {"anyOf": [{"type": "integer", "enum": [1, 2]}, {"type": "null"}]}}),
        json!({"type": "object", "additionalProperties": {"type": "number", "minimum": 0}}),
    ] {
        assert!(is_plain(&plain), "{plain}");
    }
    for other in [
        json!({"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {}}}),
        json!({"type": "object", "properties": {"a": {"const": 1}}}),
        json!({"type": "object", "properties": {"a": {"type": "string", "format": "uri"}}}),
        json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "^a"}}}),
        json!({"type": "object", "properties": {"a": true}}),
        json!({"allOf": [{"type": "object"}]}),
    ] {
        assert!(!is_plain(&other), "{other}");
    }
}

#[test]
fn names_of_properties_that_claude_refuses_are_told_in_words() {
    let long = "a".repeat(65);
    let schema = json!({
        "type": "object",
        "description": "A list.",
        "additionalProperties": false,
        "properties": {
            "filter[name]": {"type": "string"},
            "limit": {"type": "integer"},
            "a b": {"type": "object", "properties": {"c d": {}}},
            long.as_str(): {"type": "string"},
        },
        "required": ["filter[name]", "limit"],
    });
    let sent = claude_properties(&schema).unwrap();
    assert_eq!(sent["properties"], json!({"limit": {"type": "integer"}}));
    assert_eq!(sent["required"], json!(["limit"]));
    assert_eq!(sent["additionalProperties"], Value::Null);
    let words = sent["description"].as_str().unwrap();
    for part in [
        "A list. The object also has these properties:",
        r#""filter[name]" (required): {"type":"string"}"#,
        r#""a b": {"#,
        long.as_str(),
    ] {
        assert!(words.contains(part), "{part} in {words}");
    }
    let plain = json!({"type": "object", "properties": {"a.b-c_1": {"properties": {"d e": {}}}}});
    for schema in [plain, json!({"type": "object"}), json!(true)] {
        assert_eq!(claude_properties(&schema), None);
    }
}
