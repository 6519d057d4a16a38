//! Arguments of several calls in one item.

use super::*;

fn calls(seen: &Seen) -> Vec<&str> {
    seen.turn
        .tool_calls()
        .map(|call| call.args.as_str())
        .collect()
}

#[test]
fn glued_objects_are_calls_of_their_own() {
    let both = "{\"x\":1}{\"x\":2}";
    let empty = function("a", "");
    for events in [
        vec![added(0, &empty), done(0, &function("a", both))],
        vec![
            added(0, &empty),
            delta("function_call_arguments", 0, "{\"x\":1}{\"x\""),
            delta("function_call_arguments", 0, ":2}"),
            done(0, &function("a", both)),
        ],
    ] {
        let events = [events, vec![completed(&json!([function("a", both)]))]].concat();
        let seen = fold(&events);
        assert_eq!(calls(&seen), ["{\"x\":1}", "{\"x\":2}"], "{events:?}");
        assert_eq!(seen.result().finish_class, FinishClass::ToolCallsPending);
        let calls: Vec<_> = seen.turn.tool_calls().collect();
        assert!(calls[0].name == "f" && calls[1].name == "f");
        assert_ne!(calls[0].id, calls[1].id);
        // One item of the server has one block.
        assert_eq!(calls[1].item_id, None);
    }
}

#[test]
fn a_cut_item_is_not_split() {
    let mut item = function("a", "{\"x\":1}{\"x\":2}");
    item["status"] = json!("incomplete");
    let seen = fold(&[
        added(0, &function("a", "")),
        done(0, &item),
        completed(&json!([item])),
    ]);
    assert_eq!(seen.turn.tool_calls().count(), 1);
}

#[test]
fn a_filtered_response_takes_back_each_of_the_calls() {
    let item = function("a", "{\"x\":1}{\"x\":2}");
    let response = json!({"status": "incomplete", "output": [item],
        "incomplete_details": {"reason": "content_filter"}});
    let end = json!({"type": "response.incomplete", "response": response});
    let seen = fold(&[done(0, &item), end]);
    assert_eq!(seen.result().finish_class, FinishClass::Refused);
    assert!(
        seen.turn
            .blocks
            .iter()
            .all(|block| block.incomplete().is_some())
    );
}
