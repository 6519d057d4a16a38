#![allow(
    clippy::string_slice,
    reason = "a cut inside a character is to fail the test"
)]

use proptest::{collection::vec, prelude::*};
use serde_json::json;

use super::*;

fn read<'t>(pieces: impl IntoIterator<Item = &'t str>) -> PartialJson {
    let mut json = PartialJson::new();
    for piece in pieces {
        json.push(piece);
    }
    json
}

fn check(text: &str, expect: &Value) {
    let chars = text
        .char_indices()
        .map(|(at, c)| &text[at..at + c.len_utf8()]);
    for json in [read([text]), read(chars)] {
        assert_eq!(json.error(), None, "{text}");
        assert_eq!(json.value().unwrap_or(&Value::Null), expect, "{text}");
    }
}

#[test]
fn what_is_open_is_closed() {
    check("[", &json!([]));
    check("{", &json!({}));
    check("\"", &json!(""));
    check("\"ab", &json!("ab"));
    check(r#"{"a":[1,{"b":"c"#, &json!({"a": [1, {"b": "c"}]}));
    check(r#"[[],[2,"#, &json!([[], [2]]));
}

#[test]
fn what_is_undecided_is_left_out() {
    check(" ", &Value::Null);
    check("12", &Value::Null);
    check("[1, 2", &json!([1]));
    check("[1, tru", &json!([1]));
    check(r#"{"a":1,"b"#, &json!({"a": 1}));
    check(r#"{"a":1,"b":"#, &json!({"a": 1}));
    check(r#"["a\"#, &json!(["a"]));
    check(r#"["a\u00"#, &json!(["a"]));
    check(r#"["a\ud83d\ude0"#, &json!(["a"]));
    check(r#"["a\ud83d\ude00"#, &json!(["a😀"]));
}

#[test]
fn a_code_fence_is_left_out() {
    check("\n```json\n{\"a\":1}\n```\nThat is it.", &json!({"a": 1}));
    check("```\n[1,", &json!([1]));
    check("```json {\"a\":\"```\"}```", &json!({"a": "```"}));
    let whole = read(["``", "`js", "on\n[1]", "\n`", "``"]);
    assert!(whole.is_complete());
    assert_eq!(whole.finish(), Ok(json!([1])));
}

#[test]
fn what_came_before_an_error_stays() {
    let mut json = read([r#"{"a": "x", "b": ["y"}"#]);
    assert_eq!(json.value(), Some(&json!({"a": "x", "b": ["y"]})));
    json.push("]");
    assert_eq!(json.value(), Some(&json!({"a": "x", "b": ["y"]})));
    assert!(!json.is_complete());
    let error = json.finish().unwrap_err();
    assert_eq!(error.at(), Some(20));
    assert_eq!(
        error.to_string(),
        "not valid JSON at byte 20: expected `,` or `]`, found `}`"
    );
}

#[test]
fn half_a_document_does_not_finish() {
    assert!(read(["[1"]).finish().is_err());
    assert!(read([""]).finish().is_err());
    assert!(read(["nul"]).finish().is_err());
    assert_eq!(read(["12"]).finish(), Ok(json!(12)));
}

#[test]
fn nesting_is_limited_as_in_serde_json() {
    for depth in [127, 128] {
        let text = "[".repeat(depth) + &"]".repeat(depth);
        let expect = serde_json::from_str::<Value>(&text).ok();
        assert_eq!(read([text.as_str()]).finish().ok(), expect);
    }
}

/// A megabyte of records in chunks of 100 bytes, with a read after each.
#[test]
fn a_megabyte_is_read_as_it_grows() {
    let record = json!({"id": 12345, "name": "a name with \"quotes\" and ä", "tags": ["x", "y"],
        "nested": {"ok": true, "none": null, "ratio": 0.25}});
    let count = (1 << 20) / record.to_string().len() + 1;
    let text = Value::Array(vec![record.clone(); count]).to_string();
    assert!(text.len() >= 1 << 20);

    let mut json = PartialJson::new();
    let mut most = 0;
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let at = (1..=rest.len().min(100))
            .rev()
            .find(|at| rest.is_char_boundary(*at))
            .unwrap();
        json.push(&rest[..at]);
        rest = &rest[at..];
        let len = json.value().and_then(Value::as_array).map_or(0, Vec::len);
        assert!(len >= most);
        most = len;
    }
    assert_eq!(most, count);
    assert_eq!(
        json.finish().unwrap(),
        serde_json::from_str::<Value>(&text).unwrap()
    );
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f32>().prop_map(|number| json!(f64::from(number))),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((any::<String>(), inner), 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// JSON with all non-ASCII characters escaped, so that pairs of escapes occur.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04X}"));
            }
        }
    }
    out
}

/// Returns `true` if `part` can be the value of a prefix of the document with the value `whole`.
fn is_part_of(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::String(part), Value::String(whole)) => whole.starts_with(part.as_str()),
        (Value::Array(part), Value::Array(whole)) => {
            part.len() <= whole.len()
                && part
                    .iter()
                    .zip(whole)
                    .all(|(part, whole)| is_part_of(part, whole))
        }
        (Value::Object(part), Value::Object(whole)) => part
            .iter()
            .all(|(key, part)| whole.get(key).is_some_and(|whole| is_part_of(part, whole))),
        _ => part == whole,
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => 1 + text.len(),
        Value::Array(list) => 1 + list.iter().map(size).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

proptest! {
    #[test]
    fn every_prefix_reads_as_a_part_and_the_whole_as_the_whole(
        value in any_value(),
        pretty in any::<bool>(),
        escape in any::<bool>(),
    ) {
        let mut text = if pretty {
            serde_json::to_string_pretty(&value).unwrap()
        } else {
            value.to_string()
        };
        if escape {
            text = escaped(&text);
        }
        // Numbers are compared as the parser of complete documents reads them.
        let whole: Value = serde_json::from_str(&text).unwrap();
        let mut growing = PartialJson::new();
        let mut last = 0;
        for (at, c) in text.char_indices() {
            let at_once = read([&text[..at]]);
            prop_assert_eq!(at_once.value(), growing.value(), "in one piece or many");
            if let Some(part) = growing.value() {
                prop_assert!(is_part_of(part, &whole), "{} of {}", part, whole);
                prop_assert!(size(part) >= last, "nothing is taken back");
                last = size(part);
            }
            growing.push(&text[at..at + c.len_utf8()]);
        }
        prop_assert_eq!(growing.error(), None);
        prop_assert_eq!(growing.finish().unwrap(), whole);
    }

    #[test]
    fn what_is_json_is_what_serde_json_reads(
        text in r#"([\[\]{},:"0-9a.eE+ -]|"[a-c]"|\\[u"nd]|true|null|\[|\{"a":|,|\\ud8[0-9a]{2}|\\udc00|é|[\n\x01]){0,12}"#,
        cut in any::<prop::sample::Index>(),
    ) {
        let expect = serde_json::from_str::<Value>(&text).ok();
        let mut at = cut.index(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let (one, two) = text.split_at(at);
        let json = read([one, two]);
        let at_once = read([text.as_str()]);
        prop_assert_eq!(at_once.value(), json.value());
        prop_assert_eq!(at_once.error(), json.error());
        prop_assert_eq!(json.finish().ok(), expect);
    }
}
