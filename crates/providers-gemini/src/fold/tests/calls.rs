//! Function calls.

use super::*;

#[test]
fn calls_have_their_own_id_or_a_new_one() {
    let folded = parts(&[
        json!({"functionCall": {"id": "id1", "name": "f", "args": {"a": 1}}, "thoughtSignature": "c2ln"}),
        json!({"functionCall": {"name": "g"}}),
        json!({"functionCall": {"id": "id1", "name": "h", "args": null}}),
    ]);
    let calls: Vec<(bool, bool)> = folded
        .turn
        .blocks
        .iter()
        .map(|block| {
            let own = block
                .metadata
                .get(&keys::HAS_CALL_ID)
                .unwrap()
                .unwrap_or(false);
            (block.as_tool_call().unwrap().id == "id1", own)
        })
        .collect();
    assert_eq!(calls, [(true, true), (false, false), (false, false)]);
    let args: Vec<String> = folded
        .blocks()
        .into_iter()
        .map(|(_, text, _)| text)
        .collect();
    assert_eq!(args, ["f{\"a\":1}", "g", "h"]);
    assert_eq!(folded.result().finish_class, FinishClass::ToolCallsPending);
}

#[test]
fn arguments_keep_the_text_of_the_server() {
    let data = r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"b": 1.50, "a":"ä"}}}]},"finishReason":"STOP"}]}"#;
    let folded = run(|ctx, turn| {
        offline::fold_frames(ctx, turn, GeminiFold::default(), [("message", data)])
    });
    assert_eq!(folded.blocks()[0].1, "f{\"b\": 1.50, \"a\":\"ä\"}");
}

#[test]
fn streamed_arguments_are_put_together() {
    let piece = |path: &str, text: &str| {
        json!({"functionCall": {"willContinue": true,
        "partialArgs": [{"jsonPath": path, "stringValue": text, "willContinue": true}]}})
    };
    let folded = parts(&[
        json!({"functionCall": {"name": "f", "willContinue": true}, "thoughtSignature": "c2ln"}),
        piece("$.city", "Zü"),
        piece("$.city", "rich"),
        json!({"functionCall": {}}),
        json!({"functionCall": {"name": "g", "willContinue": true}}),
        piece("$.list[0].a", "x"),
    ]);
    assert_eq!(
        folded.blocks(),
        [
            (
                "tool_call",
                "f{\"city\":\"Zürich\"}".to_owned(),
                Some("c2ln".to_owned())
            ),
            // The end of the reply ends it too.
            ("tool_call", "g{\"list\":[{\"a\":\"x\"}]}".to_owned(), None),
        ]
    );
    assert!(
        folded
            .turn
            .blocks
            .iter()
            .all(|block| block.incomplete().is_none())
    );
}

#[test]
fn streamed_arguments_that_are_cut_off_are_no_call() {
    for chunks in [
        vec![chunk(
            &json!([{"functionCall": {"name": "f", "willContinue": true}}]),
        )],
        vec![
            chunk(&json!([{"functionCall": {"name": "f", "willContinue": true}}])),
            stop("MAX_TOKENS"),
        ],
    ] {
        let folded = fold(&chunks);
        let block = folded.turn.blocks.get(0).unwrap();
        assert_eq!(block.incomplete(), Some(Incomplete::Truncated));
    }
}

#[test]
fn calls_of_a_filtered_reply_are_not_run() {
    let folded = fold(&[
        chunk(&json!([{"functionCall": {"name": "f"}}])),
        stop("SAFETY"),
    ]);
    assert_eq!(folded.result().finish_class, FinishClass::Refused);
    assert_eq!(
        folded.turn.blocks.get(0).unwrap().incomplete(),
        Some(Incomplete::Truncated)
    );
}

#[test]
fn an_undeclared_tool_is_a_call_that_is_answered() {
    let reason = json!({"candidates": [{"content": {"parts": [{"functionCall": {"name": "f"}}]},
        "finishReason": "UNEXPECTED_TOOL_CALL", "finishMessage": "Model tried to call f"}]});
    let folded = fold(&[reason]);
    assert_eq!(folded.result().finish_class, FinishClass::ToolCallsPending);
    let message = folded.result().details.get("finish_message");
    assert_eq!(message, Some(&json!("Model tried to call f")));
    let error = fold(&[stop("UNEXPECTED_TOOL_CALL")]);
    assert_eq!(error.error().kind(), ErrorKind::Server);
}
