use super::*;

fn said(content: &[Value]) -> Vec<String> {
    let folded = reply("end_turn", content);
    folded.outcome.unwrap();
    blocks(&folded.turn)
}

#[test]
fn a_message_may_be_complete_at_its_start() {
    let message = json!({"id": "m", "model": "claude-x", "stop_reason": "tool_use", "content":
        [{"type": "tool_use", "id": "a", "name": "look", "input": {"a": 1}}]});
    let events = [
        json!({"type": "message_start", "message": message}),
        json!({"type": "message_stop"}),
    ];
    let folded = stream(&events);
    assert_eq!(
        folded.outcome.unwrap().finish_class,
        FinishClass::ToolCallsPending
    );
    assert_eq!(blocks(&folded.turn), ["a=look({\"a\":1})"]);
    // Or the whole message is one event.
    let folded = stream(&[json!({"type": "message", "id": "m", "content":
        [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn"})]);
    assert_eq!(blocks(&folded.turn), ["Hi"]);
}

#[test]
fn starts_and_ends_of_blocks_may_be_missing() {
    assert_eq!(said(&[text(0, "He"), text(0, "llo")]), ["Hello"]);
    let thought = delta(0, json!({"type": "thinking_delta", "thinking": "Hm"}));
    assert_eq!(said(&[thought, text(0, "Hello")]), ["<Hm|-|->", "Hello"]);
    let call = json!({"type": "tool_use", "id": "a", "name": "look", "input": {}});
    let glued = [text(0, "Hm"), start(0, call), input(0, "{\"a\": 1}")];
    assert_eq!(said(&glued), ["Hm", "a=look({\"a\": 1})"]);
}

#[test]
fn an_index_may_be_used_again() {
    let block = |id: &str| json!({"type": "tool_use", "id": id, "name": "look", "input": {}});
    let content = [
        start(0, json!({"type": "text", "text": "Hm"})),
        stop(0),
        start(0, block("a")),
        input(0, "{\"a\": 1}"),
        stop(0),
        start(0, block("b")),
        stop(0),
    ];
    assert_eq!(said(&content), ["Hm", "a=look({\"a\": 1})", "b=look()"]);
}

#[test]
fn unknown_types_go_through() {
    let content = [
        json!({"type": "content_block_peek", "index": 0, "note": 1}),
        delta(7, json!({"type": "text_style", "bold": true})),
        json!({"type": "ping"}),
        text(0, "Hi"),
    ];
    let folded = reply("end_turn", &content);
    assert_eq!(blocks(&folded.turn), ["Hi"]);
    let is_custom = |kind: &EventKind| matches!(kind, EventKind::Custom(own) if own.event_type == "anthropic.content_block_peek");
    assert!(folded.events.iter().any(is_custom));
}

#[test]
fn counts_that_are_unknown_at_the_end_are_those_of_the_start() {
    let mut events = vec![begin(), text(0, "Hi")];
    events.push(
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"},
        "usage": {"input_tokens": 0, "cache_read_input_tokens": null, "output_tokens": "30",
            "output_tokens_details": {"thinking_tokens": 20}}}),
    );
    let usage = stream(&events).outcome.unwrap().usage.unwrap();
    assert_eq!(
        (
            usage.input_tokens,
            usage.output_tokens,
            usage.reasoning_tokens
        ),
        (14, 30, 20)
    );
}

#[test]
fn the_end_marker_of_a_gateway_is_an_end() {
    let frames = [
        ("content_block_delta", text(0, "Hi").to_string()),
        ("data", "[DONE]".to_owned()),
    ];
    let folded = folded(|ctx, turn| {
        let frames = frames.iter().map(|(name, data)| (*name, data.as_str()));
        offline::fold_frames(ctx, turn, MessagesFold::default(), frames)
    });
    folded.outcome.unwrap();
    assert_eq!(blocks(&folded.turn), ["Hi"]);
}

#[test]
fn glued_arguments_and_broken_characters_are_read() {
    let call = json!({"type": "tool_use", "id": "a", "name": "look", "input": {}});
    let content = [start(0, call), input(0, "{\"a\": 1}{\"a\": 1}"), stop(0)];
    assert_eq!(said(&content), ["a=look({\"a\": 1})"]);
    let half = |text: &str| {
        format!(
            "{{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"{text}\"}}}}"
        )
    };
    let frames = [
        half("One \\ud83d"),
        half("\\ude00"),
        end("end_turn")[0].to_string(),
    ];
    let folded = folded(|ctx, turn| {
        let frames = frames.iter().map(|data| ("", data.as_str()));
        offline::fold_frames(ctx, turn, MessagesFold::default(), frames)
    });
    assert_eq!(blocks(&folded.turn), ["One 😀"]);
}
