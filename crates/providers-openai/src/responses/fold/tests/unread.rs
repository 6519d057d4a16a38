//! Unreadable data: halves of characters, numbers that cannot be represented, items.

use super::*;

/// Folds the data of events as received.
fn fold_data(events: &[&str]) -> Seen {
    fold_named(events.iter().map(|data| ("", *data)))
}

fn infos(seen: &Seen) -> Vec<Value> {
    let info = |event: &Published| match &event.kind {
        EventKind::Info(info) => Some(json!(info.data)),
        _ => None,
    };
    seen.events.iter().filter_map(info).collect()
}

const END: &str = r#"{"type":"response.completed","response":{"status":"completed","output":[]}}"#;

#[test]
fn a_lone_half_is_replaced_and_said() {
    let text = r#"{"type":"response.output_text.delta","output_index":0,"delta":"a\ud83d!"}"#;
    let seen = fold_data(&[text, END]);
    assert_eq!(texts(&seen.turn), ["llm_text a\u{fffd}!"]);
    assert_eq!(infos(&seen), [json!({"replaced_characters": 1})]);
    assert_eq!(
        seen.result().details.get("replaced_characters"),
        Some(&json!(1))
    );
}

#[test]
fn halves_in_two_deltas_are_one_character() {
    for kind in [
        "output_text",
        "refusal",
        "reasoning_text",
        "reasoning_summary_text",
    ] {
        let piece = |delta: &str| {
            format!(r#"{{"type":"response.{kind}.delta","output_index":0,"delta":"{delta}"}}"#)
        };
        let (first, second) = (piece(r"a\ud83d"), piece(r"\ude00b"));
        let seen = fold_data(&[&first, &second, END]);
        let said = texts(&seen.turn).concat();
        assert!(said.contains("a\u{1f600}b"), "{kind}: {said}");
        assert_eq!(infos(&seen), [] as [Value; 0], "{kind}");
    }
}

#[test]
fn a_half_at_the_end_of_a_delta_without_its_other_half_is_replaced() {
    let first = r#"{"type":"response.output_text.delta","output_index":0,"delta":"a\ud83d"}"#;
    let second = r#"{"type":"response.output_text.delta","output_index":0,"delta":"b"}"#;
    let seen = fold_data(&[first, second, END]);
    assert_eq!(texts(&seen.turn), ["llm_text a\u{fffd}b"]);
    assert_eq!(infos(&seen), [json!({"replaced_characters": 1})]);
}

#[test]
fn halves_in_arguments_are_joined_or_replaced() {
    let item = r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"a","call_id":"c","name":"f","arguments":""}}"#;
    let piece = |delta: &str| {
        let kind = "response.function_call_arguments.delta";
        format!(r#"{{"type":"{kind}","output_index":0,"delta":"{delta}"}}"#)
    };
    for (pieces, args) in [
        (
            [r#"{\"x\":\"\ud83d"#, r#"\ude00\"}"#],
            "{\"x\":\"\u{1f600}\"}",
        ),
        ([r#"{\"x\":\"\ud83d"#, r#"!\"}"#], "{\"x\":\"\u{fffd}!\"}"),
    ] {
        let [first, second] = pieces.map(piece);
        let seen = fold_data(&[item, &first, &second, END]);
        assert_eq!(texts(&seen.turn), [format!("tool_call {args}")]);
    }
}

#[test]
fn a_number_without_room_leaves_the_rest_as_it_is() {
    let text = r#"{"type":"response.output_text.delta","output_index":0,"delta":"a","x":1e999}"#;
    let end = r#"{"type":"response.completed","response":{"status":"completed","output":[],
        "usage":{"input_tokens":1e999,"output_tokens":2}}}"#;
    let seen = fold_data(&[text, &end.replace('\n', "")]);
    assert_eq!(texts(&seen.turn), ["llm_text a"]);
    assert_eq!(seen.result().finish_class, FinishClass::Completed);
}

#[test]
fn an_item_that_cannot_be_read_is_an_error_and_never_left_out() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let unknown = format!(r#"{{"type":"new_thing","id":"n","x":{deep}}}"#);
    for item in ["7", "\"x\"", "[]", &unknown] {
        let event =
            format!(r#"{{"type":"response.output_item.done","output_index":0,"item":{item}}}"#);
        let seen = fold_data(&[&event, END]);
        assert_eq!(seen.error(), ErrorKind::MalformedResponse, "{item}");
    }
}

#[test]
fn items_and_their_parts_are_limited() {
    let item = json!({"type": "function_call", "name": "f", "arguments": "{}"});
    let items: Vec<&Value> = (0..=MAX_ENTRIES).map(|_| &item).collect();
    let parts = json!({"type": "message", "content": vec![json!({}); MAX_ENTRIES + 1]});
    for output in [json!(items), json!([parts])] {
        let seen = fold(&[completed(&output)]);
        assert_eq!(seen.error(), ErrorKind::MalformedResponse);
    }
}
