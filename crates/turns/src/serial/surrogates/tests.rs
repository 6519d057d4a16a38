use serde_json::json;

use crate::{
    Turn,
    serial::{json_value, yaml_value},
};

#[test]
fn half_a_pair_is_read_as_a_replacement_and_a_pair_as_what_it_means() {
    let cases = [
        (r#""a\ud83d""#, "a\u{fffd}"),
        (r#""\ude00b""#, "\u{fffd}b"),
        (r#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
        (r#""\uD83D\uDE00\uDE00""#, "\u{1f600}\u{fffd}"),
        (r#""\ud83d\n""#, "\u{fffd}\n"),
        (r#""\ud83d\\ude00""#, "\u{fffd}\\ude00"),
        (r#""\\ud83d""#, "\\ud83d"),
        (r#""\\\ud83d""#, "\\\u{fffd}"),
        (r#""\ud7ff\ue000""#, "\u{d7ff}\u{e000}"),
        (r#""\u0000""#, "\0"),
    ];
    for (text, expect) in cases {
        assert_eq!(json_value(text), Ok(json!(expect)), "{text}");
        assert_eq!(yaml_value(text), Ok(json!(expect)), "{text}");
        let key = format!("{{{text}: 1}}");
        assert_eq!(json_value(&key), Ok(json!({expect: 1})), "{text}");
        assert_eq!(yaml_value(&key), Ok(json!({expect: 1})), "{text}");
    }
}

#[test]
fn only_quotes_make_escapes_of_yaml() {
    let text =
        "a: \\ud83d\nb: '\\ud83d'\nc: |\n  \\ud83d\nd: \"\\ud83d\"\ne: \"\\\\ud83d\" # \"\\ud83d\n";
    let expect = json!({
        "a": "\\ud83d", "b": "\\ud83d", "c": "\\ud83d\n", "d": "\u{fffd}", "e": "\\ud83d",
    });
    assert_eq!(yaml_value(text), Ok(expect));
}

#[test]
fn a_conversation_with_half_a_pair_loads_and_is_saved_whole() {
    let json = r#"{"blocks": [{"kind": "user", "payload": {"text": "hi \ud83d"}}]}"#;
    for turn in [Turn::from_json(json), Turn::from_yaml(json)] {
        let turn = turn.unwrap();
        assert_eq!(
            turn.blocks.iter().next().and_then(|block| block.text()),
            Some("hi \u{fffd}")
        );
        assert_eq!(
            Turn::from_json(&turn.to_json().unwrap()).as_ref(),
            Ok(&turn)
        );
        assert_eq!(
            Turn::from_yaml(&turn.to_yaml().unwrap()).as_ref(),
            Ok(&turn)
        );
    }
}

#[test]
fn errors_behind_half_a_pair_keep_their_place() {
    let error = json_value("{\"a\": \"\\ud83d\",\n\"b\": }").unwrap_err();
    assert_eq!(
        (error.line(), error.column()),
        (Some(2), Some(6)),
        "{error}"
    );
    let error = json_value("{\"a\": \"\\ud83d\", \"b\": 18446744073709551616}").unwrap_err();
    assert_eq!(
        (error.line(), error.column()),
        (Some(1), Some(22)),
        "{error}"
    );
    for broken in [
        r#""\ud8""#,
        r#""\ud83""#,
        r#""\ud83dé"#,
        r#""\"#,
        r#"\ud83d"#,
    ] {
        assert!(json_value(broken).is_err(), "{broken}");
    }
}

#[test]
fn many_halves_take_linear_time() {
    let text = format!("\"{}\"", "\\ud83d".repeat(50_000));
    assert_eq!(json_value(&text), Ok(json!("\u{fffd}".repeat(50_000))));
    assert_eq!(yaml_value(&text), Ok(json!("\u{fffd}".repeat(50_000))));
}

#[test]
fn numbers_that_no_reader_has_room_for_are_errors_or_text() {
    for number in ["1e400", "-1e999"] {
        let text = format!("{{\"a\":\n {number}}}");
        let error = json_value(&text).unwrap_err();
        assert_eq!(error.line(), Some(2), "{error}");
        assert_eq!(yaml_value(&text), Ok(json!({"a": number})));
    }
}

#[test]
fn a_raw_nul_is_an_error_with_its_place_and_loses_nothing_in_silence() {
    let yaml = "blocks:\n  - kind: user\n    payload: {text: a}\n\0  - kind: user\n";
    let error = Turn::from_yaml(yaml).unwrap_err();
    assert_eq!((error.line(), error.column()), (Some(4), Some(1)));
    let said =
        "not valid YAML: U+0000 must be written as an escape in double quotes, at line 4 column 1";
    assert_eq!(error.to_string(), said);
    let json = "{\"blocks\": [],\n\0\"id\": \"x\"}";
    assert_eq!(
        Turn::from_json(json).map_err(|error| error.line()),
        Err(Some(2))
    );
}
