use std::borrow::Cow;

use serde_json::json;

use super::*;

fn chunk(text: &str) -> Chunk<'_> {
    serde_json::from_str(text).unwrap()
}

fn delta(text: &str) -> Delta<'_> {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_content_delta_is_borrowed() {
    let text = r#"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"Hel"}}]}"#;
    let choices = chunk(text).choices.unwrap();
    let mut choices = choices.iter();
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
    let choices = nulls.choices.unwrap();
    let choice = choices.iter().next().unwrap();
    assert_eq!((&*nulls.id, &*choice.finish_reason), ("", ""));
    assert!(choice.delta.is_none() && nulls.usage.is_none() && nulls.error.is_none());
    let none = delta(
        r#"{"content":null,"reasoning":null,"reasoning_content":null,"refusal":null,
            "tool_calls":null,"function_call":null,"audio":null,"annotations":null}"#,
    );
    assert_eq!(none.content, Content::default());
    assert!(none.tool_calls.is_none());
    assert!(chunk(r#"{"choices":null}"#).choices.is_none());
    assert!(chunk(r#"{"choices":[]}"#).choices.unwrap().is_empty());
}

#[test]
fn scalars_of_other_types_are_no_errors() {
    let odd = chunk(r#"{"id":17,"model":false,"service_tier":["a"],"provider":{"name":"x"}}"#);
    assert_eq!((&*odd.id, &*odd.model), ("17", "false"));
    assert_eq!((&*odd.service_tier, &*odd.provider), ("", ""));
    let index = |text| serde_json::from_str::<Index>(text).unwrap().0;
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
    let reports = |text| reports_error(chunk(text).error.unwrap());
    assert!(reports(r#"{"error":{"message":"x"}}"#));
    assert!(reports(r#"{"error":"x"}"#));
    assert!(!reports(r#"{"error":{}}"#));
    assert!(!reports(r#"{"error":""}"#));
}
