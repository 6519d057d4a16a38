//! Inputs found by fuzzing: the same result in one piece and byte by byte.

use std::sync::Arc;

use geppetto_engine::{Engine, RunContext, SeededIds};
use geppetto_events::EventStream;
use geppetto_providers_openai::{ChatEngine, ResponsesEngine};
use geppetto_transport::{
    HttpClient, RetryPolicy,
    memory::{MemoryTransport, Reply},
};
use geppetto_turns::Turn;

const CHAT: &str = r#"{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}"#;
const RESPONSE: &str = r#"{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"x"}]}]}"#;

/// Returns the result of a body in these chunks: the outcome's kind and the text.
async fn seen(
    make: &impl Fn(HttpClient) -> Box<dyn Engine>,
    chunks: Vec<Vec<u8>>,
) -> (String, String) {
    let reply = chunks.into_iter().fold(Reply::ok(), Reply::chunk);
    let http = HttpClient::new(MemoryTransport::new([reply]));
    let engine = make(http.with_retry_policy(RetryPolicy::never()));
    let ctx = RunContext::for_stream(EventStream::fragment(), Arc::new(SeededIds::new(1)));
    let mut turn = Turn::builder().user("Hello.").build();
    let outcome = engine.run_inference(&ctx, &mut turn).await;
    let outcome = match outcome {
        Ok(result) => format!("{:?}", result.finish_class),
        Err(error) => format!("{error:?}"),
    };
    (outcome, turn.assistant_text())
}

async fn check(whole: &str, make: impl Fn(HttpClient) -> Box<dyn Engine>) {
    // A complete response is not an event of a stream; a complete chat completion is a chunk with
    // everything in it.
    let streamed = if whole == CHAT { "x" } else { "" };
    for (before, text) in [
        ("", "x"),
        ("\u{feff}", "x"),
        ("\u{feff} \n", "x"),
        (" \n", "x"),
        ("\n\u{feff}", "x"),
        (" data: ", streamed),
        ("  \u{feff}data: ", streamed),
        ("\n\ndata: ", streamed),
        // After the beginning, white space makes the name of a field another name.
        (":\n data: ", ""),
    ] {
        let body = format!("{before}{whole}\n\n").into_bytes();
        let at_once = seen(&make, vec![body.clone()]).await;
        assert_eq!(at_once.1, text, "{before:?}: {}", at_once.0);
        let bytes = body.iter().map(|byte| vec![*byte]).collect();
        assert_eq!(seen(&make, bytes).await, at_once, "{before:?}");
    }
}

/// Text in place of a reply is quoted by the error; chunk boundaries do not affect its detection.
async fn check_text(make: impl Fn(HttpClient) -> Box<dyn Engine>) {
    for text in [
        "d",
        "data",
        "dxyz",
        "dat a: 1",
        "hello\nworld",
        "&\n#",
        "errors: 1",
        "eventx",
    ] {
        let bytes = text.as_bytes();
        let at_once = seen(&make, vec![bytes.to_vec()]).await;
        if text != "data" {
            assert!(
                at_once.0.contains("neither a stream"),
                "{text:?}: {}",
                at_once.0
            );
        }
        for cut in 1..bytes.len() {
            let (first, second) = bytes.split_at(cut);
            let seen = seen(&make, vec![first.to_vec(), second.to_vec()]).await;
            assert_eq!(seen, at_once, "{text:?} at {cut}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn chunks_do_not_change_what_a_chat_reply_is() {
    let make = |http| -> Box<dyn Engine> {
        let builder = ChatEngine::builder("m").base_url("http://model.test/v1");
        Box::new(builder.http_client(http).build().unwrap())
    };
    check(CHAT, make).await;
    check_text(make).await;
}

#[tokio::test(start_paused = true)]
async fn chunks_do_not_change_what_a_response_is() {
    let make = |http| -> Box<dyn Engine> {
        let builder = ResponsesEngine::builder("m").base_url("http://model.test/v1");
        Box::new(builder.http_client(http).build().unwrap())
    };
    check(RESPONSE, make).await;
    check_text(make).await;
}
