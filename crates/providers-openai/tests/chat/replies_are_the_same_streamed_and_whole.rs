//! A scripted reply, requested in both ways, results in the same blocks and the same result.

use geppetto_testing::{ProviderServer, Reply};
use geppetto_turns::{FinishClass, Usage};

use crate::support::{Run, engine};

fn reply() -> Reply<geppetto_testing::reply::ChatBody> {
    Reply::chat()
        .reasoning("Two cities, ")
        .reasoning("two look-ups.")
        .text("Let me ")
        .text("look.")
        .tool_call("call_1", "lookup", r#"{"city":"Zurich"}"#)
        .tool_call_in_fragments("call_2", "lookup", ["{\"city\":", "\"Geneva\"}"])
        .usage(20, 12)
        .cached_tokens(8)
        .reasoning_tokens(5)
        .model("test-model-2026")
        .id("chatcmpl-1")
}

#[tokio::test]
async fn replies_are_the_same_streamed_and_whole() {
    let mut turns = Vec::new();
    for stream in [true, false] {
        let server = ProviderServer::start().await.unwrap();
        server.enqueue(reply().cut_into_random_chunks(7, 11));
        let mut run = Run::new("Weather?");
        let engine = engine(&server).stream(stream).build().unwrap();
        let result = run.with(&engine).await.unwrap();
        assert_eq!(result.finish_class, FinishClass::ToolCallsPending);
        assert_eq!(result.stop_reason.as_deref(), Some("tool_calls"));
        assert_eq!(result.model, "test-model-2026");
        assert_eq!(result.response_id.as_deref(), Some("chatcmpl-1"));
        assert!(result.request_id.is_some());
        let mut usage = result.usage.unwrap();
        assert!(usage.raw().is_some());
        usage.extra = geppetto_turns::Extra::default();
        assert_eq!(usage, Usage::new(20, 12).with_cached(8).with_reasoning(5));
        let request = server.next_request().await;
        request.assert_path("/v1/chat/completions");
        assert_eq!(request.wants_stream(), stream);
        assert_eq!(request.header("authorization"), None);
        assert_eq!(
            run.names(),
            [
                "provider-call-started",
                "reasoning-segment-started",
                "reasoning-delta",
                "reasoning-segment-finished",
                "text-segment-started",
                "text-delta",
                "text-segment-finished",
                "tool-call-started",
                "tool-call-arguments-delta",
                "tool-call-started",
                "tool-call-arguments-delta",
                "provider-call-metadata-updated",
                "tool-call-requested",
                "provider-call-finished",
            ]
        );
        let blocks = run
            .turn
            .blocks
            .iter()
            .map(|block| (block.content.clone(), block.id.clone()));
        turns.push(blocks.collect::<Vec<_>>());
    }
    assert_eq!(turns[0], turns[1]);
}

#[tokio::test]
async fn what_was_asked_for_does_not_decide_how_the_reply_is_read() {
    let whole = r#"{"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}"#;
    let stream =
        "data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"},\"finish_reason\":\"stop\"}]}\n\n";
    for asked in [true, false] {
        for (body, content_type) in [
            (whole, "application/json"),
            (whole, "text/event-stream"),
            (stream, "text/event-stream"),
            (stream, "application/json"),
            (stream, "application/octet-stream"),
            (&format!("\n \n{whole}\n"), "text/plain"),
            (&format!("\u{feff}{whole}"), "application/json"),
            (&format!(": hello\r\n\r\n{stream}"), "text/event-stream"),
        ] {
            let server = ProviderServer::start().await.unwrap();
            server.enqueue(Reply::raw(200, content_type, body.to_owned()));
            let mut run = Run::new("Hi");
            let engine = engine(&server).stream(asked).build().unwrap();
            run.with(&engine).await.unwrap();
            assert_eq!(
                run.turn.assistant_text(),
                "Hello",
                "{content_type} {body:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_connection_serves_one_reply_after_the_other() {
    let server = ProviderServer::start().await.unwrap();
    server.respond_always(Reply::chat().words("one two three").in_one_write());
    let engine = engine(&server).build().unwrap();
    for _ in 0..5 {
        Run::new("Hi").with(&engine).await.unwrap();
    }
    assert_eq!(server.accepted_connections(), 1);
}
