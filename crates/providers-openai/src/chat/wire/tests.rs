use std::borrow::Cow;

use geppetto_provider::read::parse;
use serde_json::json;

use super::*;

fn chunk(text: &str) -> Chunk<'_> {
    parse(text).unwrap()
}

fn delta(text: &str) -> Delta<'_> {
    parse(text).unwrap()
}

#[test]
fn a_content_delta_is_borrowed() {
    let text = r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"Hel"}}]}"#;
    let chunk = chunk(text);
    let mut choices = chunk.choices.iter();
    let delta = choices.next().unwrap().delta.as_ref().unwrap();
    assert!(matches!(delta.content, Content::Text(Cow::Borrowed("Hel"))));
    assert!(choices.next().is_none());
}

#[test]
fn null_stands_for_absent_everywhere() {
    let nulls = chunk(
        r#"{"id":null,"model":null,"object":null,"choices":[{"index":null,"delta":null,
            "message":null,"finish_reason":null,"logprobs":null}],"usage":null,"error":null,
            "x_groq":null,"service_tier":null}"#,
    );
    let choice = nulls.choices.iter().next().unwrap();
    assert_eq!((&*nulls.id, &*choice.finish_reason), ("", ""));
    assert!(choice.delta.is_none() && nulls.usage.is_none() && nulls.error.is_none());
    let none = delta(
        r#"{"content":null,"reasoning":null,"reasoning_content":null,"refusal":null,
            "tool_calls":null,"function_call":null,"audio":null,"annotations":null}"#,
    );
    assert_eq!(none.content, Content::default());
    assert!(none.tool_calls.is_empty());
    assert!(chunk(r#"{"choices":null}"#).choices.is_empty());
    assert!(chunk(r#"{"choices":[]}"#).choices.is_empty());
}

#[test]
fn scalars_of_other_types_are_no_errors() {
    let odd = chunk(r#"{"id":17,"model":false,"service_tier":["a"],"provider":{"name":"x"}}"#);
    assert_eq!((&*odd.id, &*odd.model), ("17", "false"));
    assert_eq!((&*odd.service_tier, &*odd.provider), ("", ""));
    let index = |text| serde_json::from_str::<Number>(text).unwrap().0;
    assert_eq!(index("4000000000"), Some(4_000_000_000));
    assert_eq!(index("\"3\""), Some(3));
    assert_eq!(
        (index("-1"), index("null"), index("{}")),
        (None, None, None)
    );
}

#[test]
fn content_comes_as_text_parts_or_object() {
    let pieces = |text: &str| {
        let delta = delta(text);
        let mut pieces = Vec::new();
        delta.content.each(&mut |piece| {
            pieces.push(match piece {
                Piece::Text(text) => format!("text:{text}"),
                Piece::Reasoning(text) => format!("reasoning:{text}"),
                Piece::Refusal(text) => format!("refusal:{text}"),
            });
        });
        pieces
    };
    assert_eq!(pieces(r#"{"content":"a\nb"}"#), ["text:a\nb"]);
    assert_eq!(pieces(r#"{"content":""}"#), [""; 0]);
    let parts = r#"{"content":[
        {"type":"thinking","thinking":[{"type":"text","text":"h"},{"type":"text","text":"m"}]},
        {"type":"reference","reference_ids":[1]},
        "bare",
        {"type":"refusal","refusal":"no"},
        {"type":"thinking","thinking":"plain"},
        {"type":"text","text":"yes"}]}"#;
    assert_eq!(
        pieces(parts),
        [
            "reasoning:hm",
            "text:bare",
            "refusal:no",
            "reasoning:plain",
            "text:yes"
        ]
    );
    assert_eq!(
        pieces(r#"{"content":{"b":1}}"#),
        [format!("text:{}", json!({"b": 1}))]
    );
}

#[test]
fn an_empty_error_reports_nothing() {
    let reports = |text| is_reported(chunk(text).error.unwrap().get());
    assert!(reports(r#"{"error":{"message":"x"}}"#));
    assert!(reports(r#"{"error":"x"}"#));
    assert!(!reports(r#"{"error":{}}"#));
    assert!(!reports(r#"{"error":""}"#));
}

#[test]
fn a_field_that_is_repeated_counts_with_its_last_value() {
    let twice = chunk(r#"{"model":"a","model":"b","cho\u0069ces":17,"unknown":{"x":[1]}}"#);
    assert_eq!(&*twice.model, "b");
}

#[test]
fn only_an_object_is_read() {
    for text in [
        "[1]",
        "17",
        "\"text\"",
        "{\"choices\":17}",
        "{\"choices\":[{}]",
        "{} x",
    ] {
        assert!(parse::<Chunk<'_>>(text).is_err(), "{text}");
    }
}
