use super::*;

#[track_caller]
fn check(schema: &Value, expect: &Value) {
    assert_eq!(narrowed(schema), *expect);
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
    assert!(narrowed(&circle).to_string().len() < 1_000_000);
    let itself = json!({"$defs": {"N": {"$ref": "#/$defs/N"}}, "$ref": "#/$defs/N"});
    assert_eq!(narrowed(&itself), json!({"type": "string"}));
}
