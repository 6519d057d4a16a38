//! Items that end as incomplete and are no part of the finished response: the server has replaced
//! them, for example because it has asked its own model again.

use super::*;

fn cut(mut item: Value) -> Value {
    item["status"] = "incomplete".into();
    item
}

fn reasoning(id: &str, text: &str) -> Value {
    json!({"type": "reasoning", "id": id, "status": "completed",
        "summary": [{"type": "summary_text", "text": text}]})
}

/// Events of a reply that breaks off, and of the one in its place.
fn asked_again() -> Vec<Value> {
    vec![
        added(0, &cut(reasoning("r", ""))),
        delta("reasoning_summary_text", 0, "Hm"),
        done(0, &cut(reasoning("r", "Hm"))),
        added(1, &cut(message("a", ""))),
        delta("output_text", 1, "Once up"),
        done(1, &cut(message("a", "Once upon"))),
        added(2, &message("b", "")),
        delta("output_text", 2, "Once again"),
        done(2, &message("b", "Once again")),
    ]
}

fn with(mut events: Vec<Value>, last: Value) -> Seen {
    events.push(last);
    fold(&events)
}

fn ends(seen: &Seen) -> Vec<(&str, Option<&str>)> {
    let ends = seen.events.iter().filter_map(|event| match &event.kind {
        EventKind::TextSegmentFinished(end) => {
            Some((end.text.as_str(), end.finish_reason.as_deref()))
        }
        EventKind::ReasoningSegmentFinished(end) => {
            Some((end.text.as_str(), end.finish_reason.as_deref()))
        }
        _ => None,
    });
    ends.collect()
}

#[test]
fn they_are_shown_as_replaced_and_not_kept() {
    let seen = with(
        asked_again(),
        completed(&json!([message("b", "Once again")])),
    );
    assert_eq!(texts(&seen.turn), ["llm_text Once again"]);
    let mut ends = ends(&seen);
    ends.sort_unstable();
    assert_eq!(
        ends,
        [
            ("Hm", Some("replaced")),
            ("Once again", None),
            ("Once upon", Some("replaced")),
        ]
    );
    assert_eq!(seen.result().finish_class, FinishClass::Completed);
}

#[test]
fn an_output_without_items_withdraws_nothing() {
    let kept = ["reasoning Hm|", "llm_text Once upon", "llm_text Once again"];
    for output in [json!([]), json!(null), json!([null, 7])] {
        let seen = with(asked_again(), completed(&output));
        assert_eq!(texts(&seen.turn), kept, "{output}");
    }
}

#[test]
fn complete_items_that_a_server_leaves_out_stay() {
    let seen = fold(&[
        done(0, &reasoning("r", "Hm")),
        done(1, &message("a", "First")),
        done(2, &message("b", "Second")),
        completed(&json!([message("b", "Second")])),
    ]);
    let kept = ["reasoning Hm|", "llm_text First", "llm_text Second"];
    assert_eq!(texts(&seen.turn), kept);
}

#[test]
fn items_of_an_incomplete_response_stay() {
    let end = json!({"type": "response.incomplete", "response": {"status": "incomplete",
        "incomplete_details": {"reason": "max_output_tokens"}, "output": [message("b", "Once again")]}});
    let seen = with(asked_again(), end);
    assert_eq!(texts(&seen.turn).len(), 3);
}

#[test]
fn what_was_complete_before_them_is_part_of_the_same_reply() {
    let seen = fold(&[
        done(0, &reasoning("r", "Hm")),
        done(1, &function("x", "{}")),
        done(2, &cut(message("a", "Once upon"))),
        done(3, &reasoning("s", "Well")),
        done(4, &message("b", "Once again")),
        completed(&json!([message("b", "Once again")])),
    ]);
    assert_eq!(
        texts(&seen.turn),
        ["tool_call {}", "reasoning Well|", "llm_text Once again"]
    );
    assert!(seen.turn.blocks.get(0).unwrap().incomplete().is_some());
    assert_eq!(seen.result().finish_class, FinishClass::Completed);
}

#[test]
fn a_call_is_not_run_and_stays_marked() {
    let seen = fold(&[
        added(0, &cut(function("x", ""))),
        done(0, &cut(function("x", "{\"a\":1}"))),
        done(1, &message("b", "Done")),
        completed(&json!([message("b", "Done")])),
    ]);
    assert!(seen.turn.blocks.get(0).unwrap().incomplete().is_some());
    assert_eq!(seen.result().finish_class, FinishClass::Completed);
    assert!(!seen.names().contains(&"tool-call-requested"));
}
