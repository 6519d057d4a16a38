use serde_json::{Value, json};

use super::Pattern;

/// Returns the differences between a value and a pattern.
fn check(pattern: &Value, seen: &Value) -> Vec<String> {
    let mut found = Vec::new();
    Pattern::parse(pattern)
        .unwrap()
        .check("", Some(seen), seen, &mut found);
    found
}

fn fits(pattern: &Value, seen: &Value) -> bool {
    check(pattern, seen).is_empty()
}

#[test]
fn values_stand_for_themselves_and_objects_are_open() {
    let seen = json!({"a": 1, "b": [true, null, "x"], "c": {"d": "e"}});
    assert!(fits(&json!({"a": 1, "b": [true, null, "x"]}), &seen));
    assert!(!fits(&json!({"a": 2}), &seen));
    assert!(!fits(&json!({"b": [true, null]}), &seen));
    assert!(!fits(&json!({"f": 1}), &seen));
    assert!(fits(&json!({"f": null}), &seen));
    assert!(!fits(&json!({"c": {"$is": {}}}), &seen));
    assert!(fits(&json!({"c": {}}), &seen));
}

#[test]
fn a_text_fits_what_is_called_so() {
    let seen = json!([{"type": "text-delta"}, {"kind": "user", "text": "Hi"}, {"name": "weather"}]);
    assert!(fits(&json!(["text-delta", "user", "weather"]), &seen));
    assert!(!fits(&json!(["text-delta", "user", "Hi"]), &seen));
}

#[test]
fn paths_lead_to_places() {
    let seen =
        json!({"m": [{"role": "user"}, {"role": "tool", "id": "1"}, {"role": "tool", "id": "2"}]});
    assert!(fits(&json!({"/m/0/role": "user"}), &seen));
    assert!(fits(&json!({"/m/-1/id": "2"}), &seen));
    assert!(fits(&json!({"/m/role=tool/id": "1"}), &seen));
    assert!(fits(
        &json!({"/m/*/role": {"$one_of": ["user", "tool"]}}),
        &seen
    ));
    assert!(!fits(&json!({"/m/*/role": "tool"}), &seen));
    assert!(fits(&json!({"/m/*/name": {"$present": false}}), &seen));
    assert!(!fits(&json!({"/m/*/id": {"$present": false}}), &seen));
    assert!(fits(
        &json!({"/m/1/id": {"$same": "/m/role=tool/id"}}),
        &seen
    ));
    assert!(!fits(
        &json!({"/m/2/id": {"$same": "/m/role=tool/id"}}),
        &seen
    ));
}

#[test]
fn operators_say_what_a_value_is_like() {
    for (pattern, seen) in [
        (json!({"$contains": "BIG"}), json!("a big one")),
        (json!({"$contains": ["a", "one"]}), json!("a big one")),
        (json!({"$matches": "^[a-z0-9]{3}$"}), json!("ab1")),
        (json!({"$json": {"a": 1}}), json!("{\"a\": 1}")),
        (json!({"$length": 2}), json!([1, 2])),
        (json!({"$length": {"$at_least": 2}}), json!("abc")),
        (json!({"$at_least": 2, "$at_most": 3}), json!(2.5)),
        (json!({"$has": ["a", "b"]}), json!(["b", "c", "a"])),
        (json!({"$lacks": ["a", "b"]}), json!(["c"])),
        (json!({"$each": {"$at_least": 1}}), json!([1, 2])),
        (json!({"$not": "a"}), json!("b")),
        (json!({"$not": {"$contains": "a"}}), json!("b")),
    ] {
        assert!(fits(&pattern, &seen), "{pattern} {seen}");
        // And each rejects something else.
        assert!(!fits(&json!({"$not": pattern}), &seen), "{pattern} {seen}");
    }
    for (pattern, seen) in [
        (json!({"$contains": "c"}), json!("ab")),
        (json!({"$matches": "^a$"}), json!("ab")),
        (json!({"$json": {"a": 1}}), json!("{\"a\": 2}")),
        (json!({"$json": {}}), json!("{")),
        (json!({"$length": 2}), json!([1])),
        (json!({"$at_least": 2, "$at_most": 3}), json!(4)),
        (json!({"$has": ["a", "b"]}), json!(["a"])),
        (json!({"$lacks": ["a", "b"]}), json!(["b"])),
        (json!({"$each": 1}), json!([1, 2])),
        (json!({"$each": 1}), json!([])),
        (json!({"$not": "a"}), json!("a")),
        (json!({"$present": true}), json!(null)),
    ] {
        assert!(!fits(&pattern, &seen), "{pattern} {seen}");
    }
}

#[test]
fn what_is_not_known_is_an_error() {
    for pattern in [
        json!({"$contain": "a"}),
        json!({"a": [{"$at_least": "1"}]}),
        json!({"$matches": "("}),
        json!({"$same": "a"}),
        json!({"$contains": "a", "b": 1}),
    ] {
        assert!(Pattern::parse(&pattern).is_err(), "{pattern}");
    }
}

#[test]
fn a_difference_names_its_place() {
    let seen = json!({"a": [{"b": "x"}]});
    let differences = check(&json!({"a": [{"b": "y"}], "c": 1}), &seen);
    let expected = [
        r#"/a/0/b: expected "y", got "x""#,
        "/c: expected 1, but there is nothing",
    ];
    assert_eq!(differences, expected);
}
