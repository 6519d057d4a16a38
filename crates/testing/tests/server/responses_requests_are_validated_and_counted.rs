use geppetto_testing::{ProviderServer, Reply};
use serde_json::{Value, json};

use crate::client::{Client, Received, ask, post_to, responses_whole};

async fn post(server: &ProviderServer, path: &str, body: &Value) -> Received {
    let mut client = Client::connect(server).await;
    client.send(post_to(path, "", body)).await;
    client.reply().await.unwrap()
}

fn with_lost_output() -> Value {
    json!({
        "model": "m",
        "input": [{"type": "function_call_output", "call_id": "call_1", "output": "21 C"}],
    })
}

#[tokio::test]
async fn an_invalid_request_is_answered_with_the_error_of_the_provider() {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::responses().text("a"));
    let refused = ask(&server, &with_lost_output()).await;
    assert_eq!(refused.status, 400);
    assert_eq!(
        refused.json(),
        json!({"error": {
            "message": "No tool call found for function call output with call_id call_1.",
            "type": "invalid_request_error",
            "param": "input",
            "code": null,
        }})
    );
    assert_eq!(server.replies_left(), 1);
    assert_eq!(ask(&server, &responses_whole()).await.status, 200);
}

#[tokio::test]
async fn tokens_are_counted_without_using_up_the_script() {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::responses().text("a"));
    let request = json!({
        "model": "m",
        "instructions": "Be brief.",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "one two"}]},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{\"a\": 1}"},
            {"type": "function_call_output", "call_id": "c", "output": "three"},
        ],
    });
    let path = "/v1/responses/input_tokens";
    let counted = post(&server, path, &request).await;
    assert_eq!(
        counted.json(),
        json!({"object": "response.input_tokens", "input_tokens": 7})
    );
    assert_eq!(post(&server, path, &with_lost_output()).await.status, 400);
    assert_eq!(server.replies_left(), 1);
}

#[tokio::test]
async fn what_was_received_can_be_asserted() {
    let server = ProviderServer::start().await.unwrap();
    server.respond_always(Reply::responses().text("a"));
    let request = json!({
        "model": "m",
        "tools": [{"type": "function", "name": "f"}],
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "Hi"}]},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "21 C"},
        ],
    });
    ask(&server, &request).await;
    let received = server.next_request().await;
    received
        .assert_path("/v1/responses")
        .assert_tool_names(&["f"])
        .assert_tool_output("c", "21 C")
        .assert_last_message_text("21 C");
    assert_eq!(received.messages().len(), 3);
}
