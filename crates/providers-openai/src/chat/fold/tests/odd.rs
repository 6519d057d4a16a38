//! Servers with deviations from the Chat Completions format.

use super::*;

/// Returns the last event of a server.
fn stop() -> Value {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
}

fn text(said: &str) -> Value {
    json!({"choices": [{"index": 0, "delta": {"content": said}}]})
}

#[test]
fn an_end_marker_alone_ends_no_reply() {
    for events in [
        vec![],
        vec![json!({"choices": []})],
        vec![json!({"usage": {"prompt_tokens": 3}})],
    ] {
        let folded = fold(ChatFold::stream(), &events, true);
        assert_eq!(folded.outcome.unwrap_err().kind(), ErrorKind::Truncated);
    }
}

#[test]
fn a_null_that_is_written_out_is_no_reason() {
    for word in ["null", "None"] {
        let event = json!({"choices": [{"delta": {"content": "x"}, "finish_reason": word}]});
        let folded = fold(ChatFold::stream(), std::slice::from_ref(&event), false);
        assert_eq!(folded.outcome.unwrap_err().kind(), ErrorKind::Truncated);
        let folded = fold(ChatFold::stream(), &[event, stop()], false);
        let result = folded.outcome.unwrap();
        assert_eq!(result.stop_reason.as_deref(), Some("stop"));
    }
}

#[test]
fn an_error_field_that_says_nothing_is_none() {
    for error in [json!({"code": 0, "message": ""}), json!({}), json!([])] {
        let event = json!({"choices": [{"delta": {"content": "x"}}], "error": error});
        let folded = fold(ChatFold::stream(), &[event, stop()], false);
        assert!(folded.outcome.is_ok(), "{error}");
    }
}

#[test]
fn a_message_beside_an_empty_delta_is_said() {
    let event = json!({"choices": [{"delta": {"role": "assistant", "content": ""},
        "message": {"content": "Hello"}, "finish_reason": "stop"}]});
    assert_eq!(
        said(&fold(ChatFold::stream(), &[event], false).turn),
        ["llm_text:Hello"]
    );
}

#[test]
fn what_stands_beside_the_reply_may_be_anything() {
    let event = json!({"x_groq": "x", "choices": [{"logprobs": [], "delta": {"content": "x",
        "audio": "x", "tool_calls": "", "function_call": ""}}]});
    let folded = fold(ChatFold::stream(), &[event, stop()], false);
    assert!(folded.outcome.is_ok());
    assert_eq!(said(&folded.turn), ["llm_text:x"]);
}

#[test]
fn a_call_in_half_is_not_requested_after_a_reason_that_is_not_known() {
    let call = json!({"choices": [{"delta": {"tool_calls": [
        {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{\"a\":"}}]}}]});
    let end = json!({"choices": [{"delta": {}, "finish_reason": "made_up"}]});
    let folded = fold(ChatFold::stream(), &[text("x"), call, end], false);
    assert_eq!(folded.outcome.unwrap().finish_class, FinishClass::Unknown);
    let block = folded.turn.blocks.get(1).unwrap();
    assert_eq!(block.incomplete(), Some(Incomplete::Truncated));
}

#[test]
fn an_empty_object_before_the_arguments_is_none_of_them() {
    let piece = |args: Value| json!({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": args}}]});
    let folded = stream(
        &[
            piece(json!({})),
            piece(json!("{\"a\"")),
            piece(json!(":1}")),
        ],
        &json!("tool_calls"),
    );
    assert_eq!(said(&folded.turn), ["f:{\"a\":1}"]);
    let folded = stream(&[piece(json!("{}"))], &json!("tool_calls"));
    assert_eq!(said(&folded.turn), ["f:{}"]);
}

#[test]
fn messages_that_repeat_the_text_so_far_are_said_once() {
    let message = |said: &str, reason: Value| json!({"choices": [{"message": {"content": said}, "finish_reason": reason}]});
    let events = [
        message("Hel", json!(null)),
        message("Hello", json!(null)),
        message("Hello", json!("stop")),
    ];
    assert_eq!(
        said(&fold(ChatFold::stream(), &events, false).turn),
        ["llm_text:Hello"]
    );
}
