use super::*;

fn call(args: &str) -> Vec<Value> {
    vec![
        start(0, json!({"type": "text", "text": ""})),
        text(0, "Hm"),
        stop(0),
        start(
            1,
            json!({"type": "tool_use", "id": "a", "name": "look", "input": {}}),
        ),
        input(1, args),
        stop(1),
    ]
}

#[test]
fn reasons_have_their_classes() {
    for (reason, args, class, is_kept) in [
        ("tool_use", "{}", FinishClass::ToolCallsPending, true),
        ("end_turn", "{}", FinishClass::ToolCallsPending, true),
        ("max_tokens", "{\"a\": ", FinishClass::MaxTokens, false),
        ("max_tokens", "{\"a\": 1}", FinishClass::MaxTokens, true),
        ("max_tokens", "", FinishClass::MaxTokens, false),
        (
            "model_context_window_exceeded",
            "{\"a\"",
            FinishClass::ContextWindow,
            false,
        ),
        ("refusal", "{}", FinishClass::Refused, false),
        ("made_up", "{}", FinishClass::ToolCallsPending, true),
    ] {
        let folded = reply(reason, &call(args));
        let result = folded.outcome.unwrap();
        assert_eq!(
            (&result.finish_class, result.stop_reason.as_deref()),
            (&class, Some(reason))
        );
        let call = folded.turn.blocks.get(1).unwrap();
        assert_eq!(call.incomplete().is_none(), is_kept, "{reason} {args}");
    }
    let said = [
        start(0, json!({"type": "text", "text": ""})),
        text(0, "Hm"),
        stop(0),
    ];
    for (reason, class) in [
        ("end_turn", FinishClass::Completed),
        ("stop_sequence", FinishClass::Completed),
        ("pause_turn", FinishClass::Paused),
        ("made_up", FinishClass::Unknown),
    ] {
        assert_eq!(reply(reason, &said).outcome.unwrap().finish_class, class);
    }
}

#[test]
fn a_stream_that_ends_anywhere_before_its_reason_is_truncated() {
    let whole: Vec<Value> = [begin()]
        .into_iter()
        .chain(content())
        .chain(end("tool_use"))
        .collect();
    let kept = blocks(&stream(&whole).turn);
    for length in 0..whole.len() {
        let folded = stream(&whole[..length]);
        let is_over = length == whole.len() - 1;
        match folded.outcome {
            Ok(_) => assert!(is_over, "{length}"),
            Err(error) => assert_eq!((error.kind(), is_over), (ErrorKind::Truncated, false)),
        }
        assert!(folded.turn.blocks.len() <= kept.len());
        for block in folded
            .turn
            .blocks
            .iter()
            .filter(|block| block.incomplete().is_none())
        {
            let mut turn = Turn::new();
            turn.push(Arc::unwrap_or_clone(Arc::clone(block)));
            let said = blocks(&turn).remove(0);
            assert!(kept.contains(&said), "{length}: {said}");
        }
    }
}

#[test]
fn errors_inside_a_reply_are_errors_of_their_kind() {
    for (kind, expected) in [
        ("overloaded_error", ErrorKind::Overloaded),
        ("api_error", ErrorKind::Server),
        ("rate_limit_error", ErrorKind::RateLimited),
        ("invalid_request_error", ErrorKind::InvalidRequest),
    ] {
        let error = json!({"type": "error", "error": {"type": kind, "message": "no"}});
        let folded = stream(&[
            begin(),
            start(0, json!({"type": "text", "text": ""})),
            error.clone(),
        ]);
        assert_eq!(folded.outcome.unwrap_err().kind(), expected, "{kind}");
        // Nothing was said: the attempt can be repeated.
        assert!(folded.turn.blocks.is_empty());
        assert_eq!(body(&error).outcome.unwrap_err().kind(), expected, "{kind}");
    }
    let other = body(&json!({"object": "list", "data": []}));
    let error = other.outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MalformedResponse);
    assert!(
        error.to_string().contains("check that the base URL"),
        "{error}"
    );
}

#[test]
fn calls_of_a_tool_that_is_over_do_not_run() {
    let caller = json!({"type": "code_execution_20250825", "tool_id": "s"});
    let server =
        json!({"type": "server_tool_use", "id": "s", "name": "code_execution", "input": {}});
    let made =
        json!({"type": "tool_use", "id": "a", "name": "look", "input": {}, "caller": caller});
    let result = json!({"type": "code_execution_tool_result", "tool_use_id": "s", "content": {}});
    let folded = |content: Value, reason: &str| {
        body(&json!({"id": "m", "content": content, "stop_reason": reason}))
    };
    let over = folded(
        json!([server, made, result, {"type": "text", "text": "Done"}]),
        "end_turn",
    );
    assert_eq!(over.outcome.unwrap().finish_class, FinishClass::Completed);
    assert!(over.turn.blocks.get(1).unwrap().incomplete().is_some());
    let running = folded(json!([server, made]), "tool_use");
    assert_eq!(
        running.outcome.unwrap().finish_class,
        FinishClass::ToolCallsPending
    );
    let call = running.turn.blocks.get(1).unwrap().as_tool_call().unwrap();
    assert_eq!(call.extra.get(keys::CALLER), Some(&caller));
}
