use std::time::Duration;

use geppetto_engine::ErrorKind;
use geppetto_testing::{At, ProviderServer, Reply, reply::ResponsesBody};
use geppetto_turns::{Block, ImagePart, Turn};
use tokio::time::sleep;

use crate::support::{context, engine, run};

fn thought() -> Reply<ResponsesBody> {
    Reply::responses()
        .summary_words("Let me see.")
        .encrypted_content("sealed")
}

/// Calls the engine once more with this history; the server refuses what the real API refuses.
/// Returns the types of the received items.
async fn ask_again(server: &ProviderServer, turn: &mut Turn, store: bool) -> Vec<String> {
    turn.push(Block::user_with_images(
        "And now?",
        [ImagePart::url("https://a.test/a.png")],
    ));
    server.enqueue(thought().text("Now it is."));
    let options = geppetto_providers_openai::ResponsesOptions::new().with_store(store);
    let engine = engine(server).options(options).build().unwrap();
    assert!(engine.count_input_tokens(&context(), turn).await.unwrap() > 0);
    run(&engine, &context(), turn).await.unwrap();
    let request = server.requests().pop().unwrap();
    let items = request.messages().iter();
    items
        .map(|item| item["type"].as_str().unwrap().to_owned())
        .collect()
}

/// Returns the conversation after this reply, which may have failed.
async fn after(reply: impl Into<Reply>) -> (ProviderServer, Turn) {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(reply);
    let engine = engine(&server).build().unwrap();
    let mut turn = Turn::builder().system("Be terse.").user("Hi").build();
    let _ = run(&engine, &context(), &mut turn).await;
    (server, turn)
}

const BEGINNING: [&str; 2] = ["message", "message"];

async fn goes_on(reply: impl Into<Reply>, sent: &[&str]) {
    let (server, turn) = after(reply).await;
    for store in [false, true] {
        let items = ask_again(&server, &mut turn.clone(), store).await;
        let expected = [&BEGINNING[..], sent, &["message"]].concat();
        assert_eq!(items, expected, "store: {store}");
    }
}

#[tokio::test]
async fn after_a_whole_answer() {
    goes_on(thought().text("Hello."), &["reasoning", "message"]).await;
    let several = thought().text("a").refusal("b").message().text("c");
    goes_on(several, &["reasoning", "message", "message"]).await;
    let searched = thought().web_search("x").text("y");
    goes_on(searched, &["reasoning", "web_search_call", "message"]).await;
}

#[tokio::test]
async fn after_thinking_that_came_to_nothing() {
    goes_on(thought().incomplete("max_output_tokens"), &[]).await;
    goes_on(thought().failed("server_error", "Sorry"), &[]).await;
    let late = thought().text("Hel").incomplete("max_output_tokens");
    goes_on(late, &["reasoning", "message"]).await;
}

#[tokio::test]
async fn after_a_reply_that_broke() {
    let words = thought().words("one two three four");
    goes_on(words.clone().cut_at(At::Event(6)), &[]).await;
    goes_on(words.cut_at(At::Event(15)), &["message"]).await;
    let call = thought().tool_call_in_fragments("call_1", "f", ["{\"a\"", ":1}"]);
    goes_on(call.cut_at(At::Event(12)), &[]).await;
}

#[tokio::test]
async fn after_calls_that_were_answered_in_part_or_not_at_all() {
    let calls = || {
        thought()
            .tool_call("call_1", "f", "{}")
            .tool_call("call_2", "f", "{}")
    };
    let sent = [
        "reasoning",
        "function_call",
        "function_call",
        "function_call_output",
        "function_call_output",
    ];
    goes_on(calls(), &sent).await;
    for answer in [
        Block::tool_error("call_2", "it failed"),
        Block::tool_result("call_1", "ok"),
        Block::tool_result("call_9", "of nothing"),
    ] {
        let (server, mut turn) = after(calls()).await;
        turn.push(answer);
        let items = ask_again(&server, &mut turn, false).await;
        assert_eq!(items[2..7], sent);
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_cancel() {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(thought().words("one two three").stall_at(At::Event(13)));
    let engine = engine(&server).build().unwrap();
    let ctx = context();
    let mut turn = Turn::builder().user("Hi").build();
    let token = ctx.cancellation().clone();
    let cancel = async {
        sleep(Duration::from_secs(5)).await;
        token.cancel();
    };
    let (outcome, ()) = tokio::join!(run(&engine, &ctx, &mut turn), cancel);
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(turn.assistant_text(), "one ");
    for store in [false, true] {
        let items = ask_again(&server, &mut turn.clone(), store).await;
        assert_eq!(items, ["message", "message", "message"], "store: {store}");
    }
}
