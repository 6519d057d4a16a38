use std::thread;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::{
    Block, Turn,
    serial::{json_value, yaml_string},
};

fn nested(depth: usize) -> String {
    let (mut open, mut close) = (String::new(), String::new());
    for n in 0..depth {
        open.push_str(if n % 2 == 0 { "[" } else { r#"{"a":"# });
        close.insert(0, if n % 2 == 0 { ']' } else { '}' });
    }
    format!("{open}1{close}")
}

/// Runs on a thread whose stack is smaller than that of any thread of a runtime.
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(1_400 * 1024);
    thread.spawn(test).unwrap().join().unwrap();
}

#[test]
fn the_deepest_document_needs_little_stack() {
    on_a_small_stack(|| {
        let text = nested(MAX_JSON_DEPTH);
        let value: Value = from_json_str(&text).unwrap();
        assert_eq!(json_value(&text).unwrap(), value);
        let copy = value.clone();
        assert_eq!(copy, value);
        assert_eq!(copy.to_string(), text);
        assert!(!format!("{copy:?}").is_empty());
        drop(copy);
        let mut turn = Turn::new();
        let mut block = Block::user("Hello");
        block.extra.set("deep", value);
        turn.push(block);
        let json = limit_json_depth(turn.to_json().unwrap(), MAX_JSON_DEPTH);
        Turn::from_json(&json).unwrap();
        let read: Turn = from_json_str(&json).unwrap();
        Turn::from_yaml(&yaml_string(&read).unwrap()).unwrap();
    });
}

#[test]
fn a_deeper_document_is_refused_at_its_position() {
    on_a_small_stack(|| {
        for text in [
            nested(MAX_JSON_DEPTH + 1),
            "[".repeat(1_000_000),
            format!("\n{}", r#"{"a":["#.repeat(500_000)),
        ] {
            let error = from_json_str::<Value>(&text).unwrap_err();
            assert!(error.to_string().contains("512 levels"), "{error}");
            assert_eq!(json_value(&text), Err(error));
        }
        let error = from_json_str::<Value>(&format!("\n{}", "[".repeat(600))).unwrap_err();
        assert_eq!((error.line(), error.column()), (Some(2), Some(513)));
    });
}

#[test]
fn what_is_too_deep_becomes_text() {
    for (text, levels, expected) in [
        (r#"[[[1]]]"#, 3, r#"[[[1]]]"#),
        (r#"[[[1]],2]"#, 2, r#"[["[1]"],2]"#),
        (
            r#"[[[1],{"a":"\"]"}]]"#,
            2,
            r#"[["[1]","{\"a\":\"\\\"]\"}"]]"#,
        ),
        (
            r#"{"[[[[":"}}}}","b\\":{"c":{}}}"#,
            2,
            r#"{"[[[[":"}}}}","b\\":{"c":"{}"}}"#,
        ),
        ("[[]]", 0, r#""[[]]""#),
    ] {
        assert_eq!(limit_json_depth(text.to_owned(), levels), expected);
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(Value::from),
        r#"[\[\]{}"\\a,: é]{0,8}"#.prop_map(Value::from),
    ];
    leaf.prop_recursive(8, 64, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((r#"[\[{"\\]{0,3}"#, inner), 0..4)
                .prop_map(|fields| fields.into_iter().collect::<Map<_, _>>().into()),
        ]
    })
}

fn limited(value: &Value, levels: usize) -> Value {
    match value {
        Value::Array(_) | Value::Object(_) if levels == 0 => value.to_string().into(),
        Value::Array(items) => items.iter().map(|item| limited(item, levels - 1)).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, item)| (key.clone(), limited(item, levels - 1)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn any_document_is_limited_as_its_value(value in any_value(), levels in 0_usize..6) {
        let json = limit_json_depth(value.to_string(), levels);
        prop_assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), limited(&value, levels));
    }

    #[test]
    fn any_text_is_limited_without_a_panic(text in r#"[\[\]{}"\\é]{0,40}"#, levels in 0_usize..6) {
        let _ = limit_json_depth(text, levels);
    }
}

#[test]
fn yaml_of_any_depth_can_be_read() {
    for depth in [
        1, 100, 121, 122, 123, 124, 125, 126, 127, 128, 129, 200, 500,
    ] {
        let mut block = Block::user("Hello");
        block.extra.set("deep", json_value(&nested(depth)).unwrap());
        let mut turn = Turn::new();
        turn.push(block);
        let read = Turn::from_yaml(&turn.to_yaml().unwrap());
        let read = read.unwrap_or_else(|error| panic!("{depth}: {error}"));
        if depth < 125 {
            assert_eq!(read, turn, "{depth}");
        }
        let outer = |turn: &Turn| {
            turn.blocks
                .iter()
                .next()
                .unwrap()
                .extra
                .get("deep")
                .cloned()
        };
        let wrapped = outer(&read).unwrap();
        assert_eq!(wrapped.is_array(), outer(&turn).unwrap() != json!(1));
    }
}
