use serde_json::Value;

use super::*;
use crate::read::halves::Half;

const JOINED: &[&str] = &["choices.delta.content", "delta"];

fn mended(json: &str) -> Option<String> {
    mend(json, &[]).map(|mended| mended.text)
}

#[test]
fn what_a_strict_reader_takes_is_left_alone() {
    for json in [
        r#"{"a":"\ud83d\ude00 \u00e9 \\ud83d \n"}"#,
        r#"{"a":[1,-2.5e3,true,null,"NaN"],"b":{"Infinity":1e308}}"#,
        "",
        "not JSON",
        r#"{"a":"cut"#,
        r#""\"#,
        "\"\\\u{e9}\\",
    ] {
        assert!(!has_half(json), "{json}");
    }
    assert_eq!(mended(r#"{"a":"\ud83d\ude00 \u00e9 \\ud83d \n"}"#), None);
    assert_eq!(
        mended(r#"{"a":[1,-2.5e3,true,"NaN -Infinity 1e999"]}"#),
        None
    );
}

#[test]
fn what_it_refuses_is_replaced_and_counted() {
    for (json, expect, replaced) in [
        (r#"{"a":"x\ud83d"}"#, "{\"a\":\"x\u{fffd}\"}", 1),
        (r#"{"a":"\ude00x"}"#, "{\"a\":\"\u{fffd}x\"}", 1),
        (
            r#"["\ud83d\ud83d\ude00"]"#,
            "[\"\u{fffd}\\ud83d\\ude00\"]",
            1,
        ),
        (r#"{"\udfff":1}"#, "{\"\u{fffd}\":1}", 1),
        (
            r#"{"a":NaN,"b":[-Infinity,1e400,2]}"#,
            r#"{"a":null,"b":[null,null,2]}"#,
            3,
        ),
        ("{\"a\":\"x\ty\"}", r#"{"a":"x\u0009y"}"#, 0),
        (r#"{"a":"it\'s \d"}"#, r#"{"a":"it\\'s \\d"}"#, 0),
    ] {
        let mended = mend(json, JOINED).unwrap();
        assert_eq!((mended.text.as_str(), mended.replaced), (expect, replaced));
        serde_json::from_str::<Value>(&mended.text).unwrap();
    }
}

#[test]
fn halves_of_the_fields_that_grow_are_left_to_be_joined() {
    let first = r#"{"choices":[{"delta":{"content":"a\ud83d","role":"\ud83d"}}]}"#;
    let second = r#"{"choices":[{"delta":{"content":"\ude00b"}}]}"#;
    let mut half = Half::default();
    let mut text = String::new();
    for (json, replaced) in [(first, 1), (second, 0)] {
        let mended = halved(json, JOINED).unwrap();
        assert_eq!(mended.replaced, replaced);
        let value: Value = serde_json::from_str(&mended.text).unwrap();
        let delta = value.pointer("/choices/0/delta/content").unwrap();
        text.push_str(&half.join(delta.as_str().unwrap()));
    }
    assert_eq!((text.as_str(), half.lost()), ("a😀b", 0));
}

#[test]
fn any_text_is_read_in_full() {
    for length in 0..3000 {
        let json = format!("{{\"a\":\"{}\\ud83d\\", "é\\u00e9".repeat(length / 8));
        let cut: String = json.chars().take(length).collect();
        let _ = (has_half(&cut), mend(&cut, JOINED));
    }
}
