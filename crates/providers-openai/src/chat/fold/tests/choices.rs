//! Several choices form one answer unless several were requested.

use super::*;

fn call(id: &str) -> Value {
    json!({"index": 0, "id": id, "type": "function",
        "function": {"name": "weather", "arguments": "{\"city\":\"Oslo\"}"}})
}

#[test]
fn the_text_of_one_choice_and_the_calls_of_another_are_one_answer() {
    let whole = json!({"choices": [
        {"finish_reason": "tool_calls", "message": {"content": "I look it up."}},
        {"finish_reason": "tool_calls", "message": {"tool_calls": [call("a")]}},
    ]});
    let events = [
        json!({"choices": [{"index": 0, "delta": {"content": "I look "}}]}),
        json!({"choices": [{"index": 1, "delta": {"tool_calls": [call("a")]}}]}),
        json!({"choices": [{"index": 1, "delta": {}, "finish_reason": "tool_calls"}]}),
        json!({"choices": [{"index": 0, "delta": {"content": "it up."}}]}),
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
    ];
    let whole = fold(ChatFold::whole(), &[whole], false);
    let streamed = fold(ChatFold::stream(), &events, false);
    assert_eq!(
        said(&whole.turn),
        ["llm_text:I look it up.", r#"weather:{"city":"Oslo"}"#]
    );
    assert_eq!(
        said(&streamed.turn),
        [
            "llm_text:I look ",
            r#"weather:{"city":"Oslo"}"#,
            "llm_text:it up."
        ]
    );
    for folded in [whole, streamed] {
        let result = folded.outcome.unwrap();
        assert_eq!(result.finish_class, FinishClass::ToolCallsPending);
        assert_eq!(result.details.get("other_choices"), None);
    }
}

#[test]
fn every_choice_has_to_end() {
    let events = [
        json!({"choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": "stop"}]}),
        json!({"choices": [{"index": 1, "delta": {"tool_calls": [call("a")]}}]}),
    ];
    let folded = fold(ChatFold::stream(), &events, false);
    assert_eq!(folded.outcome.unwrap_err().kind(), ErrorKind::Truncated);
}

#[test]
fn calls_of_two_choices_at_one_index_are_two_and_a_repeated_one_is_one() {
    let at = |choice: u64, id: &str| json!({"choices": [{"index": choice, "delta": {"tool_calls": [call(id)]}}]});
    let folded = fold(ChatFold::stream(), &[at(0, "a"), at(1, "b")], true);
    assert_eq!(said(&folded.turn).len(), 2);
    let twice = json!({"choices": [
        {"message": {"tool_calls": [call("a")]}},
        {"message": {"tool_calls": [call("a")]}, "finish_reason": "tool_calls"},
    ]});
    assert_eq!(
        said(&fold(ChatFold::whole(), &[twice], false).turn),
        [r#"weather:{"city":"Oslo"}"#]
    );
}

#[test]
fn a_second_text_is_kept_beside_the_answer() {
    let events = [
        json!({"choices": [{"index": 0, "delta": {"content": "fi"}}, {"index": 1, "delta": {"content": "sec"}}]}),
        json!({"choices": [{"index": 0, "delta": {"content": "rst"}}, {"index": 1, "delta": {"content": "ond"}}]}),
    ];
    let folded = fold(ChatFold::stream(), &events, true);
    assert_eq!(said(&folded.turn), ["llm_text:first"]);
    let result = folded.outcome.unwrap();
    assert_eq!(
        result.details.get("other_choices"),
        Some(&json!([{"index": 1, "text": "second"}]))
    );
}

#[test]
fn of_several_that_were_asked_for_the_first_is_the_answer() {
    let whole = json!({"choices": [
        {"index": 0, "finish_reason": "stop", "message": {"content": "one"}},
        {"index": 1, "finish_reason": "tool_calls", "message": {"tool_calls": [call("a")]}},
    ]});
    let folded = fold(ChatFold::whole().with_alternatives(true), &[whole], false);
    assert_eq!(said(&folded.turn), ["llm_text:one"]);
    assert_eq!(folded.outcome.unwrap().finish_class, FinishClass::Completed);
}
