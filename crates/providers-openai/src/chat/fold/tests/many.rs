//! Replies that contain more than any model writes.

use super::*;
use geppetto_provider::read::MAX_ENTRIES;

fn call(at: usize) -> Value {
    json!({"index": at, "id": format!("c{at}"), "function": {"name": "f", "arguments": "{}"}})
}

fn delta(delta: &Value) -> Value {
    json!({"choices": [{"index": 0, "delta": delta}]})
}

#[test]
fn calls_are_limited_in_one_event_and_in_many() {
    let all: Vec<Value> = (0..=MAX_ENTRIES).map(call).collect();
    let one = [delta(&json!({"tool_calls": all}))];
    let folded = fold(ChatFold::stream(), &one, false);
    let error = folded.outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MalformedResponse);
    assert!(
        error.to_string().contains("more than 10000 tool calls"),
        "{error}"
    );
    let many: Vec<Value> = all
        .iter()
        .map(|call| delta(&json!({"tool_calls": [call]})))
        .collect();
    let folded = fold(ChatFold::stream(), &many, false);
    let error = folded.outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MalformedResponse);
}

#[test]
fn as_many_calls_as_are_allowed_are_all_there() {
    let all: Vec<Value> = (0..MAX_ENTRIES).map(call).collect();
    let folded = stream(&[json!({"tool_calls": all})], &json!("tool_calls"));
    assert_eq!(folded.turn.blocks.len(), MAX_ENTRIES);
    assert_eq!(
        folded.outcome.unwrap().finish_class,
        FinishClass::ToolCallsPending
    );
}

#[test]
fn lists_that_take_more_memory_than_they_say_are_refused() {
    let empty = format!("[{}{{}}]", "{},".repeat(MAX_ENTRIES + 1));
    for event in [
        format!(r#"{{"choices":{empty}}}"#),
        format!(r#"{{"choices":[{{"delta":{{"tool_calls":{empty}}}}}]}}"#),
        format!(r#"{{"choices":[{{"delta":{{"content":{empty}}}}}]}}"#),
    ] {
        let error = fold_data(&[&event]).outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MalformedResponse);
    }
}

#[test]
fn choices_and_pieces_of_reasoning_are_limited() {
    let choices: Vec<Value> = (0..2000)
        .map(|at| json!({"index": at, "delta": {"content": "x"}}))
        .collect();
    let details: Vec<Value> = (0..=MAX_ENTRIES)
        .map(|at| json!({"type": "reasoning.text", "index": at}))
        .collect();
    for (fold_of, event) in [
        (ChatFold::stream(), json!({"choices": choices})),
        (
            ChatFold::stream().with_alternatives(true),
            json!({"choices": choices}),
        ),
        (
            ChatFold::stream(),
            delta(&json!({"reasoning_details": details})),
        ),
    ] {
        let error = fold(fold_of, &[event], false).outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MalformedResponse);
    }
}
