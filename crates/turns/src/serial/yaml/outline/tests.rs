use proptest::prelude::*;
use serde_json::Value;

use crate::serial::{YamlLines, yaml_value_with_lines};

/// Returns the line of a path, whose parts are separated by `/`.
fn line(lines: &YamlLines, path: &str) -> Option<usize> {
    let mut place = lines;
    for part in path.split('/') {
        place = place.get(part)?;
    }
    Some(place.line())
}

fn check(text: &str, expected: &[(&str, usize)]) {
    let (_, lines) = yaml_value_with_lines(text).unwrap();
    for (path, at) in expected {
        assert_eq!(line(&lines, path), Some(*at), "{path} in\n{text}");
    }
}

#[test]
fn keys_in_block_style_have_their_lines() {
    let text =
        "# first\n\na: 1\nb:\n  c: x\n  \"d d\":\n    - 1\n    - e: 2\n      f: 3\n'it''s': 4\n";
    check(
        text,
        &[
            ("a", 3),
            ("b", 4),
            ("b/c", 5),
            ("b/d d", 6),
            ("b/d d/0", 7),
            ("b/d d/1/e", 8),
            ("b/d d/1/f", 9),
            ("it's", 10),
        ],
    );
}

#[test]
fn lists_may_stand_below_their_key() {
    let text = "a:\n- x: 1\n- y: 2\n  z: 3\nb: 4\n";
    check(text, &[("a/0/x", 2), ("a/1/y", 3), ("a/1/z", 4), ("b", 5)]);
}

#[test]
fn keys_in_flow_style_have_their_lines() {
    let text = "a: {b: 1,\n  c: [x,\n {d: 2}]}\ne: 3\n";
    check(
        text,
        &[
            ("a/b", 1),
            ("a/c", 2),
            ("a/c/0", 2),
            ("a/c/1/d", 3),
            ("e", 4),
        ],
    );
}

#[test]
fn scalars_of_several_lines_and_anchors_do_not_shift_lines() {
    let text = "a: |\n  b: no key\n  c\nd: 'x\n  y: z'\n&anchor e: &x\n  f: 1\ng: *x\nh: 2\n";
    check(
        text,
        &[("a", 1), ("d", 4), ("e", 6), ("e/f", 7), ("g", 8), ("h", 9)],
    );
}

#[test]
fn other_line_ends_and_marks_do_not_shift_lines() {
    check(
        "\u{feff}---\r\na: 1\r\nb:\r\n  c: 2\r\n",
        &[("a", 2), ("b", 3), ("b/c", 4)],
    );
}

#[test]
fn keys_that_stand_twice_are_refused() {
    let error = yaml_value_with_lines("a: 1\nb: 2\na: 3\n").unwrap_err();
    assert!(error.to_string().contains("\"a\" stands twice"), "{error}");
    assert_eq!(error.line(), Some(3), "{error}");
}

/// Documents with their keys in the order of lines.
fn documents() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<u16>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z :#'\"-]{1,6}", inner, 1..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Checks that every key of `value` has a line in `lines` that contains its text and is not before
/// `from`.
fn has_lines(
    value: &Value,
    lines: &YamlLines,
    text: &[&str],
    from: usize,
) -> Result<(), TestCaseError> {
    let Value::Object(map) = value else {
        if let Value::Array(items) = value {
            for (index, item) in items.iter().enumerate() {
                let found = lines.get(&index.to_string());
                prop_assert!(found.is_some(), "item {} in\n{}", index, text.join("\n"));
                has_lines(item, found.unwrap(), text, from)?;
            }
        }
        return Ok(());
    };
    for (key, value) in map {
        let found = lines.get(key);
        prop_assert!(found.is_some(), "{} in\n{}", key, text.join("\n"));
        let line = found.unwrap().line();
        prop_assert!(
            line >= from && text[line - 1].contains(key.split(['"', '\'', '\\']).next().unwrap())
        );
        has_lines(value, found.unwrap(), text, line)?;
    }
    Ok(())
}

proptest! {
    #[test]
    fn every_key_has_the_line_that_it_stands_on(value in documents()) {
        let text = crate::serial::yaml_string(&value).unwrap();
        let (read, lines) = yaml_value_with_lines(&text).unwrap();
        prop_assert_eq!(&read, &value);
        has_lines(&value, &lines, &text.lines().collect::<Vec<_>>(), 1)?;
    }
}
