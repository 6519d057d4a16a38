use geppetto_engine::RunContext;
use geppetto_provider::{offline, read::parse};
use geppetto_turns::Turn;
use serde_json::{Value, json};

use super::*;
use crate::chat::wire::Chunk;

/// Returns id, name and arguments of the calls formed by the events.
fn calls(events: &[Value], whole: bool) -> Vec<(String, String, String)> {
    let (ctx, mut turn) = (RunContext::new(), Turn::new());
    let out = offline::output(&ctx, &mut turn);
    let mut calls = Calls::default();
    for event in events {
        let text = event.to_string();
        let text = format!(r#"{{"choices":[{{"delta":{{"tool_calls":{text}}}}}]}}"#);
        let chunk: Chunk<'_> = parse(&text).unwrap();
        let delta = chunk
            .choices
            .iter()
            .find_map(|choice| choice.delta.as_ref());
        let pieces = &delta.unwrap().tool_calls;
        calls.take(pieces, 0, whole, &out);
    }
    calls.settle();
    let parts = |c: &Call| call(&c.id, &c.name, c.args.as_str());
    calls.iter().map(parts).collect()
}

fn call(id: &str, name: &str, args: &str) -> (String, String, String) {
    (id.to_owned(), name.to_owned(), args.to_owned())
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn pieces_are_put_together_whatever_tells_them_apart() {
    let cases: &[(&str, Value)] = &[
        (
            "index",
            json!([
                [{"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}}],
                [{"index": 900_000_000, "id": "b", "function": {"name": "g", "arguments": "{\"y\""}}],
                [{"index": 0, "function": {"arguments": "{\"x\":1}"}}],
                [{"index": 900_000_000, "function": {"arguments": ":2}"}}],
            ]),
        ),
        (
            "no index, whole calls in one event",
            json!([[
                {"id": "a", "function": {"name": "f", "arguments": "{\"x\":1}"}},
                {"id": "b", "function": {"name": "g", "arguments": "{\"y\":2}"}},
            ]]),
        ),
        (
            "no index, pieces by id",
            json!([
                [{"id": "a", "function": {"name": "f", "arguments": "{\"x\""}}],
                [{"id": "b", "function": {"name": "g", "arguments": "{\"y\""}}],
                [{"id": "a", "function": {"arguments": ":1}"}}],
                [{"id": "b", "function": {"arguments": ":2}"}}],
            ]),
        ),
        (
            "no index, pieces by place",
            json!([
                [{"id": "a", "function": {"name": "f"}}],
                [{"function": {"arguments": "{\"x\":1}"}}],
                [{"id": "b", "function": {"name": "g", "arguments": null}}],
                [{"function": {"arguments": "{\"y\":2}"}}],
            ]),
        ),
        (
            "every call has the same index",
            json!([
                [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{\"x\":1}"}}],
                [{"index": 0, "id": "b", "function": {"name": "g", "arguments": "{\"y\":2}"}}],
            ]),
        ),
        (
            "empty ids and repeated names",
            json!([
                [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{\"x\""}}],
                [{"index": 0, "id": "", "function": {"name": "f", "arguments": ":1}"}}],
                [{"index": 1, "id": "b", "function": {"name": "g", "arguments": ""}}],
                [{"index": 1, "id": "b", "function": {"name": "g", "arguments": "{\"y\":2}"}}],
            ]),
        ),
        (
            "the id comes late",
            json!([
                [{"index": 0, "function": {"name": "f", "arguments": "{\"x\""}}],
                [{"index": 1, "function": {"name": "g", "arguments": "{\"y\":2}"}}],
                [{"index": 0, "id": "a", "function": {"arguments": ":1}"}}],
                [{"index": 1, "id": "b"}],
            ]),
        ),
        (
            "a new id for every event",
            json!([
                [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{\"x\""}}],
                [{"index": 0, "id": "other", "function": {"arguments": ":1}"}}],
                [{"index": 1, "id": "b", "function": {"name": "g", "arguments": "{\"y\":2}"}}],
            ]),
        ),
        (
            "arguments as objects, sent twice",
            json!([
                [{"index": 0, "id": "a", "function": {"name": "f", "arguments": {"x": 1}}}],
                [{"index": 0, "id": "a", "function": {"name": "f", "arguments": {"x": 1}}}],
                [{"index": 1, "id": "b", "function": {"name": "g", "arguments": {"y": 2}}}],
            ]),
        ),
        (
            "empty entries",
            json!([
                [{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{\"x\":1}"}}],
                [{"index": 0, "id": null, "function": {"name": null, "arguments": ""}}],
                [{}],
                [{"index": 1, "id": "b", "function": {"name": "g", "arguments": "{\"y\":2}"}}],
            ]),
        ),
    ];
    let expected = [call("a", "f", r#"{"x":1}"#), call("b", "g", r#"{"y":2}"#)];
    for (name, events) in cases {
        let events = events.as_array().unwrap();
        assert_eq!(calls(events, false), expected, "{name}");
    }
}

#[test]
fn calls_without_ids_are_told_apart_by_name_and_whole_arguments() {
    let events = [
        json!([{"function": {"name": "f", "arguments": "{\"x\""}}]),
        json!([{"function": {"name": "f", "arguments": ":1}"}}]),
        json!([{"function": {"name": "f", "arguments": "{}"}}]),
        json!([{"function": {"name": "g", "arguments": "{}"}}]),
    ];
    assert_eq!(
        calls(&events, false),
        [
            call("", "f", r#"{"x":1}"#),
            call("", "f", "{}"),
            call("", "g", "{}")
        ]
    );
    let at_once = [json!([{"function": {"name": "f"}}, {"function": {"name": "f"}}])];
    assert_eq!(
        calls(&at_once, false),
        [call("", "f", ""), call("", "f", "")]
    );
}

#[test]
fn pieces_without_any_name_go_by_their_place_in_the_event() {
    let events = [
        json!([{"function": {"name": "a"}}, {"function": {"name": "b"}}]),
        json!([{"function": {"arguments": "{\"x\":"}}, {"function": {"arguments": "{\"y\":"}}]),
        json!([{"function": {"arguments": "1}"}}, {"function": {"arguments": "2}"}}]),
    ];
    assert_eq!(
        calls(&events, false),
        [call("", "a", "{\"x\":1}"), call("", "b", "{\"y\":2}")]
    );
    let one =
        [json!([{"function": {"name": "a", "arguments": "{"}}, {"function": {"arguments": "}"}}])];
    assert_eq!(calls(&one, false), [call("", "a", "{}")]);
}

#[test]
fn in_a_whole_reply_each_entry_is_a_call() {
    let entries = [json!([
        {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}},
        {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}},
    ])];
    assert_eq!(
        calls(&entries, true),
        [call("a", "f", "{}"), call("a", "f", "{}")]
    );
}

#[test]
fn a_custom_call_keeps_its_input_and_an_empty_one_is_none() {
    let entries = [json!([
        {"id": "a", "type": "custom", "custom": {"name": "shell", "input": "ls -l"}},
        {"id": "b", "custom": {"name": "", "input": ""}, "function": {"name": "f", "arguments": ""}},
    ])];
    assert_eq!(
        calls(&entries, true),
        [call("a", "shell", "ls -l"), call("b", "f", "")]
    );
}

#[test]
fn the_call_of_the_format_before_tools_is_one_call() {
    let mut calls = Calls::default();
    for event in [
        r#"{"name":"f","arguments":""}"#,
        r#"{"arguments":"{\"x\""}"#,
        r#"{"arguments":":1}"}"#,
        r#"{"name":"","arguments":""}"#,
    ] {
        let text = format!(r#"{{"choices":[{{"delta":{{"function_call":{event}}}}}]}}"#);
        let chunk: Chunk<'_> = parse(&text).unwrap();
        let delta = chunk
            .choices
            .iter()
            .find_map(|choice| choice.delta.as_ref());
        calls.take_legacy(delta.unwrap().function_call.as_ref().unwrap(), 0);
    }
    let args: Vec<&str> = calls.iter().map(|call| call.args.as_str()).collect();
    assert_eq!(args, [r#"{"x":1}"#]);
}

#[test]
fn an_index_that_grows_with_every_piece_is_one_call() {
    let events = [
        json!([{"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}}]),
        json!([{"index": 1, "id": null, "function": {"name": "", "arguments": "{\"x\":"}}]),
        json!([{"index": 2, "function": {"arguments": "1}"}}]),
        json!([{"index": 3, "id": "b", "function": {"name": "g", "arguments": "{}"}}]),
    ];
    let expected = [call("a", "f", "{\"x\":1}"), call("b", "g", "{}")];
    assert_eq!(calls(&events, false), expected);
}

#[test]
fn a_name_may_follow_the_arguments() {
    let events = [
        json!([{"index": 0, "id": "a", "function": {"arguments": "{\"x\":"}}]),
        json!([{"index": 0, "function": {"name": "f"}}]),
        json!([{"index": 0, "function": {"arguments": "1}"}}]),
    ];
    assert_eq!(calls(&events, false), [call("a", "f", "{\"x\":1}")]);
}

/// Reports: <https://github.com/mudler/LocalAI/issues/9722>,
/// <https://github.com/QuantumNous/new-api/issues/6278>.
#[test]
fn a_call_that_is_sent_again_at_another_index_is_one_call() {
    let head = |index: u64, args: &str| json!([{"index": index, "id": "a", "function": {"name": "f", "arguments": args}}]);
    let rest = |index: u64, args: &str| json!([{"index": index, "function": {"arguments": args}}]);
    let (x, y) = (r#"{"x":1}"#, r#"{"x":2}"#);
    let one = vec![call("a", "f", x)];
    assert_eq!(calls(&[head(0, x), head(1, x)], false), one);
    assert_eq!(
        calls(&[head(0, ""), rest(0, x), head(1, ""), rest(1, x)], false),
        one
    );
    assert_eq!(calls(&[head(0, x), head(1, ""), head(2, x)], false), one);
    // The first entry is only the head of the call.
    assert_eq!(calls(&[head(0, ""), head(1, x)], false), one);
    // Other arguments are another call: Kimi numbers its calls in every turn, and may repeat a number.
    let two = vec![call("a", "f", x), call("a", "f", y)];
    assert_eq!(calls(&[head(0, x), head(1, y)], false), two);
    assert_eq!(
        calls(&[head(0, ""), rest(0, x), head(1, ""), rest(1, y)], false),
        two
    );
}
