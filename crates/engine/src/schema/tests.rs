#![allow(
    clippy::needless_pass_by_value,
    reason = "schemas are written in place"
)]

use serde_json::json;

use super::*;

#[cfg(feature = "schemars")]
mod types;

/// Returns the strict form of the schema of a required property `x`.
fn strict_property(schema: Value) -> Result<Value, String> {
    let whole = json!({"type": "object", "properties": {"x": schema}, "required": ["x"]});
    strict(&whole)
        .map(|made| made["properties"]["x"].clone())
        .map_err(|error| error.to_string())
}

#[track_caller]
fn check_strict(schema: Value, expect: Value) {
    assert_eq!(
        strict_property(schema.clone()),
        Ok(expect.clone()),
        "{schema}"
    );
    // A strict schema stays unchanged.
    assert_eq!(strict_property(expect.clone()), Ok(expect), "{schema}");
}

#[track_caller]
fn check_refused(schema: Value, path: &str, what: &str) {
    let error = strict_property(schema.clone()).unwrap_err();
    assert!(
        error.starts_with(&format!("at `{path}`: ")),
        "{schema}: {error}"
    );
    assert!(error.contains(what), "{schema}: {error}");
}

#[test]
fn strict_objects_are_closed_and_require_all_of_their_properties() {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "a": {"type": "string", "description": "A."},
            "b": {"type": "integer"},
            "c": {"type": "object", "properties": {"d": {"enum": ["x", "y"]}}},
        },
        "required": ["a"],
    });
    let expect = json!({
        "type": "object",
        "properties": {
            "a": {"type": "string", "description": "A."},
            "b": {"type": ["integer", "null"]},
            "c": {
                "type": ["object", "null"],
                "properties": {"d": {"type": ["string", "null"], "enum": ["x", "y", null]}},
                "required": ["d"],
                "additionalProperties": false,
            },
        },
        "required": ["a", "b", "c"],
        "additionalProperties": false,
    });
    assert_eq!(strict(&schema), Ok(expect));
}

#[test]
fn a_tool_without_arguments_can_be_strict() {
    let expect = json!({
        "type": "object", "properties": {}, "required": [], "additionalProperties": false,
    });
    for schema in [json!({}), Value::Null, json!({"type": "object"})] {
        assert_eq!(strict(&schema), Ok(expect.clone()), "{schema}");
    }
}

#[test]
fn what_strict_mode_does_not_enforce_is_told_in_words() {
    check_strict(
        json!({"type": "string", "format": "uri", "minLength": 1, "default": "x", "title": "T"}),
        json!({"type": "string", "title": "T",
            "description": "(default: \"x\", format: \"uri\", minLength: 1)"}),
    );
    check_strict(
        json!({"type": "string", "format": "date-time", "pattern": "^2"}),
        json!({"type": "string", "format": "date-time", "pattern": "^2"}),
    );
    check_strict(
        json!({"type": "integer", "format": "uint32", "minimum": 0, "description": "N."}),
        json!({"type": "integer", "minimum": 0, "description": "N."}),
    );
    check_strict(
        json!({"type": "array", "items": {"type": "string"}, "uniqueItems": true, "maxItems": 3}),
        json!({"type": "array", "items": {"type": "string"}, "maxItems": 3,
            "description": "(uniqueItems: true)"}),
    );
    check_strict(
        json!({"type": "number", "minimum": 0, "exclusiveMinimum": true, "x-unit": "m"}),
        json!({"type": "number", "exclusiveMinimum": 0}),
    );
}

#[test]
fn alternatives_and_types_are_written_as_strict_mode_takes_them() {
    check_strict(
        json!({"oneOf": [{"type": "string"}, {"const": 1}]}),
        json!({"anyOf": [{"type": "string"}, {"type": "integer", "const": 1}]}),
    );
    check_strict(
        json!({"enum": ["a", 1]}),
        json!({"type": ["string", "integer"], "enum": ["a", 1]}),
    );
    check_strict(
        json!({"type": "string", "nullable": true, "enum": ["a"]}),
        json!({"type": ["string", "null"], "enum": ["a", null]}),
    );
    check_strict(
        json!({"type": "array", "prefixItems": [{"type": "number"}, {"type": "number"}]}),
        json!({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}),
    );
    // Sibling keywords of alternatives apply to each of them.
    check_strict(
        json!({
            "type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"],
            "description": "Either.",
            "oneOf": [
                {"properties": {"b": {"type": "string"}}, "required": ["b"]},
                {"properties": {"c": {"type": "string"}}, "required": ["c"]},
            ],
        }),
        json!({"description": "Either.", "anyOf": [
            {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
                "required": ["a", "b"], "additionalProperties": false},
            {"type": "object", "properties": {"a": {"type": "string"}, "c": {"type": "string"}},
                "required": ["a", "c"], "additionalProperties": false},
        ]}),
    );
    check_strict(
        json!({"allOf": [
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
            {"properties": {"a": {"maxLength": 3}, "b": {"type": "null"}}, "required": ["b"]},
        ]}),
        json!({"type": "object", "additionalProperties": false, "required": ["a", "b"],
        "properties": {
            "a": {"type": "string", "description": "(maxLength: 3)"}, "b": {"type": "null"},
        }}),
    );
}

#[test]
fn references_stay_where_nothing_stands_beside_them() {
    let schema = json!({
        "$ref": "#/definitions/Node",
        "definitions": {
            "Node": {
                "type": "object",
                "properties": {
                    "next": {"$ref": "#/definitions/Node", "description": "The next one."},
                    "kind": {"$ref": "#/definitions/Kind"},
                    "short": {"$ref": "#/definitions/Kind", "maxLength": 3},
                },
                "required": ["kind", "short"],
            },
            "Kind": {"type": "string"},
            "Unused": {},
        },
    });
    let node = json!({
        "type": "object",
        "properties": {
            "next": {
                "description": "The next one.",
                "anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}],
            },
            "kind": {"$ref": "#/$defs/Kind"},
            "short": {"type": "string", "description": "(maxLength: 3)"},
        },
        "required": ["kind", "next", "short"],
        "additionalProperties": false,
    });
    let mut expect = node.clone();
    expect["$defs"] = json!({"Node": node, "Kind": {"type": "string"}});
    assert_eq!(strict(&schema), Ok(expect));
}

#[test]
fn what_cannot_be_strict_is_named_with_its_place() {
    let x = "$.properties.x";
    check_refused(json!({}), x, "accepts any value");
    check_refused(json!(true), x, "accepts any value");
    check_refused(json!({"description": "Anything."}), x, "give it a `type`");
    check_refused(json!({"type": "object"}), x, "an object of any content");
    check_refused(
        json!({"type": "object", "additionalProperties": {"type": "string"}}),
        x,
        "properties of any name (`additionalProperties`)",
    );
    check_refused(
        json!({"type": "object", "properties": {}, "patternProperties": {"^a": {}}}),
        x,
        "`patternProperties`",
    );
    check_refused(json!({"type": "array"}), x, "describe its `items`");
    check_refused(
        json!({"type": "array", "items": {}}),
        &format!("{x}.items"),
        "any value",
    );
    check_refused(
        json!({"type": "array", "prefixItems": [{"type": "number"}, {"type": "string"}]}),
        x,
        "differ by position",
    );
    check_refused(json!({"type": "string", "not": {"const": "a"}}), x, "`not`");
    check_refused(json!({"type": "strnig"}), x, "the type `strnig`");
    check_refused(json!({"$ref": "#/$defs/None"}), x, "points to no schema");
    check_refused(
        json!({"$ref": "https://example.com/a.json"}),
        x,
        "points to no schema",
    );
    check_refused(
        json!({"anyOf": [{"type": "string"}, {"type": "object"}]}),
        "$.properties.x.anyOf.1",
        "any content",
    );
    check_refused(
        json!({"allOf": [{"type": "string"}, {"type": "integer"}]}),
        x,
        "contradict each other on `type`",
    );
    let required = json!({"type": "object", "properties": {}, "required": ["y"]});
    check_refused(required, x, "requires `y`");
    let list = strict(&json!({"type": "array", "items": {"type": "string"}})).unwrap_err();
    assert!(
        list.to_string()
            .starts_with("at `$`: the root must be an object"),
        "{list}"
    );
}

#[test]
fn references_in_circles_end() {
    let circle = json!({
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/A", "maxLength": 1}},
        "$defs": {"A": {"$ref": "#/$defs/B", "maxLength": 2}, "B": {"$ref": "#/$defs/A", "maxLength": 3}},
    });
    assert!(strict(&circle).is_err());
    let root = json!({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}});
    assert!(strict(&root).is_err());
    assert!(lenient(&root).is_err());
    // Each level has two of the next one: 2 to the power of 40 without a limit.
    let mut defs = Map::new();
    for n in 0..40 {
        let next = json!({"$ref": format!("#/$defs/D{}", n + 1), "minLength": 1});
        let level = json!({"type": "object", "properties": {"a": next, "b": next}});
        defs.insert(format!("D{n}"), level);
    }
    defs.insert("D40".to_owned(), json!({"type": "string"}));
    let schema = json!({"type": "object", "properties": {"d": {"$ref": "#/$defs/D0", "minLength": 1}}, "$defs": defs});
    let error = strict(&schema).unwrap_err().to_string();
    assert!(error.contains("too large"), "{error}");
}

#[track_caller]
fn check_lenient(schema: Value, expect: Value) {
    assert_eq!(lenient(&schema), Ok(expect.clone()), "{schema}");
    assert_eq!(lenient(&expect), Ok(expect), "{schema}");
}

#[test]
fn every_schema_of_arguments_is_one_of_an_object() {
    let nothing = json!({"type": "object", "properties": {}});
    for schema in [
        json!({}),
        json!({"type": "object"}),
        Value::Null,
        json!(true),
        json!({"type": "object", "properties": null, "required": null}),
        json!({"$schema": "http://json-schema.org/draft-07/schema#", "type": ["object", "null"]}),
    ] {
        check_lenient(schema, nothing.clone());
    }
    check_lenient(
        json!({"properties": {"a": {"type": "array"}, "b": true, "c": {"type": "object"}}}),
        json!({"type": "object", "properties": {
            "a": {"type": "array", "items": {}}, "b": {}, "c": {"type": "object", "properties": {}},
        }}),
    );
    for schema in [
        json!({"type": "string"}),
        json!("string"),
        json!({"anyOf": [{"type": "array"}]}),
    ] {
        assert!(lenient(&schema).is_err(), "{schema}");
    }
}

#[test]
fn combinations_at_the_root_become_one_object() {
    check_lenient(
        json!({
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
        }),
        json!({"type": "object", "required": [],
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}),
    );
    check_lenient(
        json!({"oneOf": [
            {"type": "object", "properties": {"op": {"const": "get"}, "id": {"type": "string"}},
                "required": ["op", "id"], "additionalProperties": false},
            {"type": "object", "properties": {"op": {"const": "list"}}, "required": ["op"],
                "additionalProperties": false},
        ]}),
        json!({"type": "object", "required": ["op"], "additionalProperties": false, "properties": {
            "op": {"anyOf": [{"const": "get"}, {"const": "list"}]}, "id": {"type": "string"},
        }}),
    );
    let definitions = json!({"A": {"type": "object", "properties": {"n": {"type": "integer"}}}});
    check_lenient(
        json!({"$ref": "#/$defs/A", "$defs": definitions}),
        json!({"type": "object", "properties": {"n": {"type": "integer"}}, "$defs": definitions}),
    );
}

#[test]
fn what_servers_refuse_at_the_root_is_left_out_there() {
    let schema = json!({"allOf": [
        {"enum": ["a", 1]},
        {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
    ]});
    let expected = json!({
        "type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"],
        "additionalProperties": false,
    });
    assert_eq!(strict(&schema).unwrap(), expected);
}

#[test]
fn an_object_with_several_conditions_keeps_one() {
    let condition =
        |name: &str| json!({"if": {"required": [name]}, "then": {"required": ["task"]}});
    let schema = json!({"type": "object", "properties": {"task": {"type": "string"}},
        "allOf": [condition("expand"), condition("collect")]});
    let sent = lenient(&schema).unwrap();
    assert_eq!(sent["if"], json!({"required": ["expand"]}));
    assert_eq!(sent.get("allOf"), None);
}

/// Alternatives that refer to the whole schema multiply at each level.
#[test]
fn the_work_for_a_value_is_bounded_whatever_the_schema() {
    let parts: Vec<Value> = (0..6).map(|_| json!({"$ref": "#"})).collect();
    let schema =
        json!({"allOf": parts, "properties": {"a": {"type": "array", "items": {"$ref": "#"}}}});
    let value = json!({"a": ["[1]", {"a": null}], "b": null});
    assert!(fit(&schema, value.clone()).is_err());
    assert_eq!(unquote(&schema, &value), None);
    let list = format!("[{}1]", "1,".repeat(2_000));
    assert_eq!(unquote(&schema, &json!({"a": [list]})), None);
}
