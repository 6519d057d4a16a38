use serde_json::json;

use super::*;

#[track_caller]
fn check(schema: &Value, args: &str, expect: &str) {
    let outcome = parse(schema, &Args::from(args)).map(|_| "ok".to_owned());
    assert_eq!(outcome.unwrap_or_else(|problem| problem), expect);
}

#[test]
fn text_that_is_no_object_is_told() {
    let any = json!({"type": "object"});
    check(&any, "", "ok");
    check(
        &any,
        "[1]",
        "the arguments must be a JSON object, not a list",
    );
    check(
        &any,
        r#"{"a":"#,
        "the arguments are not valid JSON: EOF while parsing a value at line 1 column 5",
    );
}

#[test]
fn fields_are_checked_and_all_problems_told() {
    let schema = json!({
        "type": "object",
        "properties": {
            "city": {"type": "string", "minLength": 2, "maxLength": 3},
            "days": {"type": "integer", "minimum": 1, "maximum": 7},
            "unit": {"enum": ["c", "f"]},
        },
        "required": ["city"],
        "additionalProperties": false,
    });
    check(
        &schema,
        r#"{"city": "Rom", "days": 7.0, "unit": "c"}"#,
        "ok",
    );
    check(
        &schema,
        r#"{"days": 0, "unit": "k", "place": "sk-secret"}"#,
        "arguments.city: missing; arguments.days: must be at least 1; \
         arguments.place: unknown; known are: city, days, unit; \
         arguments.unit: must be one of \"c\", \"f\"",
    );
    check(
        &schema,
        r#"{"city": 5, "days": 1.5}"#,
        "arguments.city: must be string, not number; arguments.days: must be integer, not number",
    );
    check(
        &schema,
        r#"{"city": "Zürich"}"#,
        "arguments.city: must have at most 3 characters, has 6",
    );
    check(&schema, r#"{"city": "Zü"}"#, "ok");
}

#[test]
fn only_the_first_problems_are_told() {
    let names: Vec<String> = (0..10).map(|i| format!("f{i}")).collect();
    let schema = json!({"type": "object", "required": names});
    let problem = parse(&schema, &Args::from("{}")).unwrap_err();
    assert!(
        problem.ends_with("arguments.f7: missing; and 2 more"),
        "{problem}"
    );
}

#[test]
fn lists_are_checked_item_by_item() {
    let schema = json!({
        "type": "object",
        "properties": {
            "ids": {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 2},
            "pair": {"prefixItems": [{"type": "string"}], "items": false},
        },
    });
    check(&schema, r#"{"ids": [1, 2], "pair": ["a"]}"#, "ok");
    check(
        &schema,
        r#"{"ids": []}"#,
        "arguments.ids: must have at least 1 items, has 0",
    );
    check(
        &schema,
        r#"{"ids": [1, "x"]}"#,
        "arguments.ids[1]: must be integer, not string",
    );
    check(
        &schema,
        r#"{"pair": ["a", 1]}"#,
        "arguments.pair[1]: not allowed",
    );
}

#[test]
fn alternatives_tell_the_nearest_problem() {
    let schema = json!({
        "type": "object",
        "properties": {
            "to": {"anyOf": [{"type": "string", "minLength": 3}, {"type": "null"}]},
            "n": {"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 5}]},
            "x": {"allOf": [{"type": "integer"}, {"maximum": 3}], "not": {"const": 2}},
        },
    });
    check(&schema, r#"{"to": null, "n": 4, "x": 1}"#, "ok");
    check(
        &schema,
        r#"{"to": "ab"}"#,
        "arguments.to: must have at least 3 characters, has 2",
    );
    check(
        &schema,
        r#"{"to": 1}"#,
        "arguments.to: fits none of the 2 forms that are allowed",
    );
    check(
        &schema,
        r#"{"n": 6}"#,
        "arguments.n: fits 2 forms, of which it must fit one",
    );
    check(&schema, r#"{"x": 4}"#, "arguments.x: must be at most 3");
    check(
        &schema,
        r#"{"x": 2.0}"#,
        "arguments.x: has a form that is not allowed",
    );
}

#[test]
fn references_and_null_are_followed() {
    let schema = json!({
        "type": "object",
        "$defs": {
            "Tree": {
                "type": "object",
                "properties": {"left": {"$ref": "#/$defs/Tree"}},
                "additionalProperties": false,
            },
            "Loop": {"$ref": "#/$defs/Loop"},
        },
        "properties": {
            "tree": {"$ref": "#/$defs/Tree"},
            "loop": {"$ref": "#/$defs/Loop"},
            "old": {"type": "string", "nullable": true},
            "new": {"type": ["string", "null"]},
        },
    });
    check(
        &schema,
        r#"{"tree": {"left": {}}, "loop": 1, "old": null, "new": null}"#,
        "ok",
    );
    check(
        &schema,
        r#"{"tree": {"left": {"right": 1}}, "new": 2}"#,
        "arguments.new: must be string or null, not number; \
         arguments.tree.left.right: unknown; known are: left",
    );
}

#[test]
fn alternatives_that_multiply_are_given_up() {
    let node = |extra: &str| {
        json!({
            "type": "object",
            "properties": {"next": {"$ref": "#/$defs/Node"}, extra: {"type": "string"}},
        })
    };
    let schema = json!({
        "type": "object",
        "$defs": {"Node": {"anyOf": [node("a"), node("b")]}},
        "properties": {"next": {"$ref": "#/$defs/Node"}},
    });
    let nested = |levels: usize| format!("{}1{}", r#"{"next":"#.repeat(levels), "}".repeat(levels));
    assert!(parse(&schema, &Args::from(nested(5))).is_err());
    check(
        &schema,
        &nested(60),
        "arguments: too large or too deeply nested to be checked; make it simpler",
    );
}

#[test]
fn null_in_place_of_an_optional_field_counts_as_absent() {
    let schema = json!({
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "integer"},
            "unit": {"type": ["string", "null"]},
            "near": {"anyOf": [{"$ref": "#/$defs/near"}, {"type": "null"}]},
        },
        "required": ["city"],
        "$defs": {"near": {"type": "object", "properties": {"km": {"type": "number"}}}},
    });
    let sent = json!({"city": "Oslo", "days": null, "unit": null, "near": {"km": null}});
    let kept = json!({"city": "Oslo", "unit": null, "near": {}});
    assert_eq!(parse(&schema, &Args::from(sent.to_string())), Ok(kept));
    let error = parse(&schema, &Args::from(r#"{"city": null}"#)).unwrap_err();
    assert_eq!(error, "arguments.city: must be string, not null");
}

#[test]
fn numbers_inside_of_objects_and_lists_are_equal_however_they_are_written() {
    let schema = json!({"type": "object", "properties": {"at": {"enum": [{"x": 1, "y": [2]}]}}});
    check(&schema, r#"{"at": {"y": [2.0], "x": 1.0}}"#, "ok");
    let expected = r#"arguments.at: must be one of {"x":1,"y":[2]}"#;
    check(&schema, r#"{"at": {"x": 1, "y": [3]}}"#, expected);
    check(&schema, r#"{"at": {"x": 1}}"#, expected);
}

#[test]
fn of_several_forms_the_nearest_one_is_told() {
    let form = |names: [&str; 2]| json!({"type": "object", "required": names});
    let far_first = json!({"type": "object", "properties": {"to": {"anyOf": [
        form(["a", "b"]), form(["b", "c"]),
    ]}}});
    check(&far_first, r#"{"to": {"c": 1}}"#, "arguments.to.b: missing");
    check(&far_first, r#"{"to": {"a": 1}}"#, "arguments.to.b: missing");
}
