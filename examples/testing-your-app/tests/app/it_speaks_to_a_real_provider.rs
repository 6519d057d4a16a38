//! The whole path, over a socket: a real engine against a provider on this machine, which rejects
//! what real providers reject, and fails how and where the test says.

use geppetto_providers_openai::ChatEngine;
use geppetto_testing::{At, ProviderServer, Reply};
use testing_your_app::HelpDesk;

async fn desk() -> (ProviderServer, HelpDesk) {
    let server = ProviderServer::start().await.unwrap();
    let engine = ChatEngine::builder("gpt-test")
        .base_url(server.base_url())
        .build()
        .unwrap();
    (server, HelpDesk::new(engine).unwrap())
}

#[tokio::test]
async fn prompt_and_tools_go_out_and_the_result_comes_back() {
    let (server, desk) = desk().await;
    server.enqueue(Reply::chat().tool_call("call_1", "order_status", r#"{"order":8}"#));
    server.enqueue(Reply::chat().words("It waits for payment."));

    assert_eq!(desk.ask("Where is order 8?").await, "It waits for payment.");

    let requests = server.requests();
    requests[0]
        .assert_model("gpt-test")
        .assert_roles(&["system", "user"])
        .assert_tool_names(&["order_status"])
        .assert_last_message_text("Where is order 8?");
    requests[1].assert_tool_output("call_1", "waits for payment");
}

#[tokio::test]
async fn a_reply_that_breaks_off_is_asked_for_again() {
    let (server, desk) = desk().await;
    let reply = || Reply::chat().text("It was ").text("shipped.");
    server.enqueue(reply().cut_at(At::Event(2)));
    server.enqueue(reply());

    assert_eq!(desk.ask("Where is order 7?").await, "It was shipped.");
    assert_eq!(server.request_count(), 2);
}
