use std::panic::{AssertUnwindSafe, catch_unwind};

use geppetto_testing::{ProviderServer, ReceivedRequest, Reply};
use serde_json::{Value, json};

use crate::client::{Client, ask, post_to, whole};

async fn received(headers: &str, body: &Value) -> ReceivedRequest {
    let server = ProviderServer::start().await.unwrap();
    let mut client = Client::connect(&server).await;
    client
        .send(post_to("/v1/chat/completions?key=s3cret", headers, body))
        .await;
    client.reply().await.unwrap();
    server.next_request().await
}

/// Returns the message of a failed assertion.
fn failure<'a>(assertion: impl Fn() -> &'a ReceivedRequest) -> String {
    let panic = catch_unwind(AssertUnwindSafe(assertion)).unwrap_err();
    panic.downcast_ref::<String>().unwrap().clone()
}

fn conversation() -> Value {
    json!({
        "model": "m",
        "tools": [
            {"type": "function", "function": {"name": "lookup"}},
            {"type": "function", "function": {"name": "save"}},
        ],
        "messages": [
            {"role": "user", "content": [
                {"type": "text", "text": "Hel"},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                {"type": "text", "text": "lo"},
            ]},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "lookup", "arguments": "{}"}},
            ]},
            {"role": "tool", "tool_call_id": "c1", "content": "21 C"},
        ],
    })
}

#[tokio::test]
async fn all_of_a_request_can_be_read() {
    let request = received(
        "authorization: Bearer s3cret\r\nX-Trace: t1\r\n",
        &conversation(),
    )
    .await;
    assert_eq!(
        (request.method(), request.path()),
        ("POST", "/v1/chat/completions")
    );
    assert_eq!(request.query(), "key=s3cret");
    assert_eq!(request.header("Authorization"), Some("Bearer s3cret"));
    assert_eq!(request.header("x-trace"), Some("t1"));
    assert_eq!(request.headers().len(), 4);
    assert_eq!(request.json(), &conversation());
    assert_eq!(request.body(), &conversation().to_string());
    assert_eq!(request.model(), Some("m"));
    assert!(!request.wants_stream());
    assert_eq!(request.messages().len(), 3);
}

#[tokio::test]
async fn true_assertions_pass() {
    received("x-trace: t1\r\n", &conversation())
        .await
        .assert_model("m")
        .assert_path("/v1/chat/completions")
        .assert_header("x-trace", "t1")
        .assert_json("/messages/0/role", &json!("user"))
        .assert_json("/temperature", &Value::Null)
        .assert_roles(&["user", "assistant", "tool"])
        .assert_last_message_text("21 C")
        .assert_tool_names(&["lookup", "save"])
        .assert_tool_output("c1", "21 C");
}

#[tokio::test]
async fn false_assertions_print_the_request_without_its_secrets() {
    let request = received("authorization: Bearer s3cret\r\n", &conversation()).await;
    let failures = [
        failure(|| request.assert_model("other")),
        failure(|| request.assert_path("/other")),
        failure(|| request.assert_header("authorization", "other")),
        failure(|| request.assert_header("missing", "other")),
        failure(|| request.assert_json("/model", &json!("other"))),
        failure(|| request.assert_roles(&["user"])),
        failure(|| request.assert_last_message_text("other")),
        failure(|| request.assert_tool_names(&["lookup"])),
        failure(|| request.assert_tool_output("c1", "other")),
    ];
    for message in failures {
        assert!(
            message.contains("POST /v1/chat/completions?[masked]"),
            "{message}"
        );
        assert!(message.contains("\"content\": \"21 C\""), "{message}");
        assert!(!message.contains("s3cret"), "{message}");
    }
    assert!(!format!("{request:?} {request}").contains("s3cret"));
}

#[tokio::test]
async fn requests_are_returned_in_order_and_once() {
    let server = ProviderServer::start().await.unwrap();
    server.respond_always(Reply::chat().text("a"));
    for model in ["one", "two"] {
        ask(&server, &json!({"model": model, "messages": []})).await;
    }
    assert_eq!(server.next_request().await.model(), Some("one"));
    let waiting = async { (server.next_request().await, server.next_request().await) };
    let third = whole();
    let asking = ask(&server, &third);
    let ((second, third), _) = tokio::join!(waiting, asking);
    assert_eq!(
        (second.model(), third.model()),
        (Some("two"), Some("test-model"))
    );
    // Refused ones are recorded too.
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn a_body_that_is_not_json_reads_as_null() {
    let server = ProviderServer::start().await.unwrap();
    server.accept_anything();
    server.respond_always(Reply::plain(200, "ok"));
    let mut client = Client::connect(&server).await;
    client
        .send("PUT /any HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc")
        .await;
    assert_eq!(client.reply().await.unwrap().text(), "ok");
    let request = server.next_request().await;
    assert_eq!(request.json(), &Value::Null);
    assert_eq!(request.model(), None);
    assert!(request.messages().is_empty());
    assert!(format!("{request}").ends_with("abc"));
}
