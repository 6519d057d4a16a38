//! Tool calls in pieces as sent by servers.

use serde::Serialize;

use super::*;

fn calls(events: &[Value]) -> Folded {
    let deltas: Vec<Value> = events.iter().map(|e| json!({"tool_calls": e})).collect();
    stream(&deltas, &json!("tool_calls"))
}

/// Returns a piece of a call at index 0.
fn piece(id: impl Serialize, name: impl Serialize, args: impl Serialize) -> Value {
    json!([{"index": 0, "id": id, "type": "function",
        "function": {"name": name, "arguments": args}}])
}

fn of(id: &str, name: &str, args: &str) -> Value {
    piece(json!(id), json!(name), json!(args))
}

fn args(text: &str) -> Value {
    piece(json!(null), json!(null), json!(text))
}

#[test]
fn names_come_in_pieces_and_repeated() {
    for events in [
        vec![of("c", "wea", ""), of("", "ther", ""), args("{\"x\":1}")],
        vec![
            of("c", "wea", ""),
            of("c", "weather", ""),
            args("{\"x\":1}"),
        ],
        vec![
            of("c", "weather", ""),
            of("c", "weather", "{\"x\""),
            of("c", "weather", ":1}"),
        ],
        vec![of("c", "wea", ""), of("c", "ther", "{\"x\":1}")],
        vec![
            piece(json!("c"), json!("weather"), json!(null)),
            args("{\"x\":1}"),
        ],
    ] {
        let folded = calls(&events);
        assert_eq!(said(&folded.turn), ["weather:{\"x\":1}"], "{events:?}");
    }
}

#[test]
fn nothing_follows_a_whole_object() {
    let whole = "{\"x\":1}";
    for (events, is_said) in [
        (vec![of("c", "f", whole), args(whole)], false),
        (vec![of("c", "f", whole), of("c", "f", whole)], false),
        (vec![of("c", "f", whole), of("", "f", whole)], false),
        (vec![of("c", "f", whole), of("", "f", "")], false),
        (vec![of("c", "f", "{\"x\":1}{\"x\":1}")], false),
        (
            vec![
                of("c", "f", "{\"x\""),
                args(":1}"),
                args("\n"),
                args("{\"x\""),
                args(":1}"),
            ],
            false,
        ),
        (vec![of("c", "f", whole), args("}")], true),
        (vec![of("c", "f", whole), args("{\"x\":2")], true),
        (vec![of("c", "f", whole), args("{\"x\":2} [3]")], true),
        (
            vec![of("c", "f", whole), args("{}"), args("{ \"x\" : 1 }")],
            false,
        ),
        (
            vec![piece(json!("c"), json!("f"), json!({"x": 1})), args(whole)],
            false,
        ),
    ] {
        let folded = calls(&events);
        assert_eq!(said(&folded.turn), ["f:{\"x\":1}"], "{events:?}");
        assert_eq!(infos(&folded).len(), usize::from(is_said), "{events:?}");
    }
}

#[test]
fn glued_objects_are_calls_of_their_own() {
    let second = "{\"x\":2}";
    for events in [
        vec![of("c", "f", "{\"x\":1}{\"x\":2}")],
        vec![of("c", "f", "{\"x\":1}\n {\"x\":2} {\"x\":2}")],
        vec![of("c", "f", "{\"x\":1}"), args(second), args(second)],
        vec![of("c", "f", "{\"x\":1"), args("}{\"x\""), args(":2}")],
    ] {
        let folded = calls(&events);
        assert_eq!(
            said(&folded.turn),
            ["f:{\"x\":1}", "f:{\"x\":2}"],
            "{events:?}"
        );
        assert_eq!(infos(&folded).len(), 1, "{events:?}");
        let ids: Vec<_> = folded
            .turn
            .tool_calls()
            .map(|call| call.id.clone())
            .collect();
        assert!(!ids[1].is_empty() && ids[0] != ids[1], "{ids:?}");
    }
}

#[test]
fn a_second_name_or_id_after_a_whole_object_is_a_second_call() {
    for events in [
        vec![of("a", "f", "{\"x\":1}"), of("b", "f", "{\"x\":2}")],
        vec![
            of("a", "f", "{\"x\":1}"),
            of("b", "f", ""),
            args("{\"x\":2}"),
        ],
        vec![of("", "f", "{\"x\":1}"), of("", "f", "{\"x\":2}")],
        vec![
            of("", "f", ""),
            args("{\"x\":1}"),
            of("", "f", ""),
            args("{\"x\":2}"),
        ],
        vec![of("a", "f", "{\"x\":1}"), of("", "f", "{\"x\":2}")],
    ] {
        let folded = calls(&events);
        assert_eq!(
            said(&folded.turn),
            ["f:{\"x\":1}", "f:{\"x\":2}"],
            "{events:?}"
        );
    }
    for id in ["a", ""] {
        let events = [of("a", "f", "{\"x\":1}"), of(id, "g", "{\"x\":1}")];
        assert_eq!(said(&calls(&events).turn), ["f:{\"x\":1}", "g:{\"x\":1}"]);
    }
}

#[test]
fn arguments_that_stand_for_none_are_none() {
    for text in [
        json!("null"),
        json!(null),
        json!(""),
        json!(" "),
        json!([]),
        json!("[]"),
    ] {
        let folded = calls(&[piece(json!("c"), json!("clock"), text)]);
        assert_eq!(said(&folded.turn), ["clock:"]);
    }
    let folded = calls(&[of("c", "clock", "nu"), args("ll")]);
    assert_eq!(said(&folded.turn), ["clock:"]);
}

#[test]
fn an_object_in_a_string_is_the_object() {
    let folded = calls(&[of("c", "f", r#""{\"x\":"#), args(r#"1}""#)]);
    assert_eq!(said(&folded.turn), ["f:{\"x\":1}"]);
}

#[test]
fn an_index_that_counts_pieces_is_none() {
    let events = [
        json!([{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{\"x\""}}]),
        json!([{"index": 1, "id": "c", "function": {"arguments": ":1}"}}]),
        json!([{"index": "2", "id": "d", "function": {"name": "g", "arguments": "{}"}}]),
    ];
    assert_eq!(said(&calls(&events).turn), ["f:{\"x\":1}", "g:{}"]);
}

#[test]
fn a_call_in_both_formats_is_one() {
    let function = json!({"name": "f", "arguments": "{\"x\":1}"});
    let whole = json!({"choices": [{"finish_reason": "tool_calls", "message": {
        "tool_calls": [{"id": "c", "function": function}], "function_call": function}}]});
    let folded = fold(ChatFold::whole(), &[whole], false);
    assert_eq!(said(&folded.turn), ["f:{\"x\":1}"]);
    assert_eq!(infos(&folded), []);
}
