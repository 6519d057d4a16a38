//! Servers with deviations from the Responses format.

use super::*;

/// An event that ends a stream, whose response has the status.
fn ended(name: &str, response: &Value) -> Value {
    json!({"type": name, "response": response})
}

fn calls(seen: &Seen) -> Vec<String> {
    let call = |call: &geppetto_turns::ToolCall| format!("{}:{}", call.name, call.args.as_str());
    seen.turn.tool_calls().map(call).collect()
}

#[test]
fn an_end_that_is_called_completed_is_what_its_response_says() {
    let said = delta("output_text", 0, "Hel");
    // vLLM streams `response.completed` for any status of the response.
    let limit =
        json!({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}});
    for name in ["response.completed", "response.done"] {
        let seen = fold(&[said.clone(), ended(name, &limit)]);
        assert_eq!(seen.result().finish_class, FinishClass::MaxTokens, "{name}");
        let failed = json!({"status": "failed", "error": null});
        let seen = fold(&[said.clone(), ended(name, &failed)]);
        assert_eq!(seen.error(), ErrorKind::Server, "{name}");
        let completed = json!({"status": "completed"});
        let seen = fold(&[said.clone(), ended(name, &completed)]);
        assert_eq!(seen.result().finish_class, FinishClass::Completed, "{name}");
    }
    // A response repeated from the beginning of the stream does not indicate its end.
    let seen = fold(&[
        said,
        ended("response.completed", &json!({"status": "in_progress"})),
    ]);
    assert_eq!(seen.result().finish_class, FinishClass::Completed);
}

#[test]
fn an_end_needs_no_response() {
    let said = delta("output_text", 0, "Hel");
    let seen = fold(&[said.clone(), json!({"type": "response.completed"})]);
    assert_eq!(seen.result().finish_class, FinishClass::Completed);
    assert_eq!(texts(&seen.turn), ["llm_text Hel"]);
    let error = json!({"code": "rate_limit_exceeded", "message": "slow down"});
    let seen = fold(&[
        said.clone(),
        json!({"type": "response.failed", "error": error}),
    ]);
    assert_eq!(seen.error(), ErrorKind::RateLimited);
    let word = json!({"status": "incomplete", "incomplete_details": "length"});
    let seen = fold(&[said, ended("response.incomplete", &word)]);
    assert_eq!(seen.result().stop_reason.as_deref(), Some("incomplete"));
}

#[test]
fn the_name_of_an_event_counts_where_its_data_have_no_type() {
    let text = r#"{"output_index": 0, "delta": "Hi"}"#;
    let end = r#"{"response": {"status": "completed"}}"#;
    let seen = fold_named([
        ("response.output_text.delta", text),
        ("response.completed", end),
    ]);
    assert_eq!(texts(&seen.turn), ["llm_text Hi"]);
    let seen = fold_named([("error", "out of memory")]);
    let error = seen.outcome.unwrap_err();
    assert_eq!(error.provider_message(), Some("out of memory"));
}

#[test]
fn calls_that_share_an_index_are_told_apart_by_their_ids() {
    let piece = |id: &str, text: &str| {
        json!({"type": "response.function_call_arguments.delta", "output_index": 0,
            "item_id": id, "delta": text})
    };
    let call = |id: &str, name: &str| json!({"type": "function_call", "id": id, "call_id": id, "name": name, "arguments": ""});
    let seen = fold(&[
        added(0, &call("a", "f")),
        added(0, &call("b", "g")),
        piece("a", "{\"a\":"),
        piece("b", "{\"b\":"),
        piece("a", "1}"),
        piece("b", "2}"),
        completed(&json!([])),
    ]);
    assert_eq!(calls(&seen), ["f:{\"a\":1}", "g:{\"b\":2}"]);
}

#[test]
fn calls_with_the_same_id_are_two_calls() {
    let call = |id: &str, name: &str| json!({"type": "function_call", "id": id, "call_id": "x", "name": name, "arguments": "{}"});
    let seen = fold(&[
        done(0, &call("a", "f")),
        done(1, &call("b", "g")),
        completed(&json!([])),
    ]);
    assert_eq!(calls(&seen), ["f:{}", "g:{}"]);
    let ids: Vec<&str> = seen.turn.tool_calls().map(|call| &*call.id).collect();
    assert_eq!(ids[0], "x");
    assert!(ids[1].starts_with("call_"), "{ids:?}");
}

#[test]
fn a_call_that_is_named_late_or_never_is_not_lost() {
    let piece = json!({"type": "response.function_call_arguments.delta", "output_index": 0,
        "item_id": "a", "delta": "{}"});
    let call =
        json!({"type": "function_call", "id": "a", "call_id": "x", "name": "f", "arguments": ""});
    let seen = fold(&[piece.clone(), added(0, &call), completed(&json!([]))]);
    assert_eq!(calls(&seen), ["f:{}"]);
    assert_eq!(seen.result().finish_class, FinishClass::ToolCallsPending);
    let seen = fold(&[piece, completed(&json!([]))]);
    assert_eq!(calls(&seen), ["unnamed_tool:{}"]);
    assert!(seen.turn.blocks.get(0).unwrap().incomplete().is_some());
    assert!(!seen.names().contains(&"tool-call-requested"));
}

#[test]
fn a_number_that_does_not_count_drops_nothing() {
    let event = |text: &str| {
        json!({"type": "response.output_text.delta", "sequence_number": 7, "output_index": 0,
            "delta": text})
    };
    let end = json!({"type": "response.completed", "sequence_number": 7});
    let seen = fold(&[event("a"), event("b"), event("b"), event("c"), end]);
    assert_eq!(texts(&seen.turn), ["llm_text abc"]);
}

#[test]
fn an_item_with_an_unusual_field_keeps_its_type() {
    let image = json!({"type": "image_generation_call", "id": "ig_1", "status": "completed",
        "action": "generate", "result": "AAAA"});
    let seen = fold(&[done(0, &image), completed(&json!([null, 7, "x"]))]);
    assert!(
        seen.names().contains(&"image-generation-completed"),
        "{:?}",
        seen.names()
    );
    // Entries that are not items are omitted; they would invalidate the next request.
    assert_eq!(texts(&seen.turn).len(), 1);
}

#[test]
fn a_finished_response_may_leave_out_items_that_were_streamed() {
    let piece = |index: u64, id: &str, text: &str| {
        json!({"type": "response.function_call_arguments.delta", "output_index": index,
            "item_id": id, "delta": text})
    };
    let call = |id: &str, args: &str| json!({"type": "function_call", "id": id, "call_id": id, "name": id, "arguments": args});
    let seen = fold(&[
        added(0, &call("a", "")),
        added(1, &call("b", "")),
        piece(0, "a", "{\"a\""),
        piece(1, "b", "{\"b\""),
        completed(&json!([call("b", "{\"b\":2}"), call("a", "{\"a\":1}")])),
    ]);
    assert_eq!(calls(&seen), ["a:{\"a\":1}", "b:{\"b\":2}"]);
}

#[test]
fn an_item_that_was_whole_when_it_was_added_is_not_lost() {
    let call = json!({"type": "function_call", "id": "a", "call_id": "a", "name": "f",
        "arguments": "{\"a\":1}"});
    let seen = fold(&[
        added(0, &message("m", "Hello")),
        added(1, &call),
        completed(&json!([])),
    ]);
    assert_eq!(texts(&seen.turn), ["llm_text Hello", "tool_call {\"a\":1}"]);
    // Text repeated by deltas is written once.
    let piece = delta("function_call_arguments", 0, "{\"a\":1}");
    let seen = fold(&[added(0, &call), piece, completed(&json!([]))]);
    assert_eq!(calls(&seen), ["f:{\"a\":1}"]);
}
