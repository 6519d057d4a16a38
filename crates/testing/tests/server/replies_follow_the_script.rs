use geppetto_testing::{ProviderServer, ReceivedRequest, Reply};
use serde_json::json;

use crate::client::{ask, streamed, whole};

#[tokio::test]
async fn enqueued_replies_are_used_in_order_and_then_the_fallback() {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::chat().text("first"));
    server.enqueue(Reply::json(200, &json!("second")));
    server.respond_with(|request: &ReceivedRequest| {
        Reply::plain(
            200,
            format!("fallback for {}", request.model().unwrap_or_default()),
        )
    });
    assert_eq!(server.replies_left(), 2);
    assert!(ask(&server, &whole()).await.text().contains("first"));
    assert_eq!(ask(&server, &whole()).await.text(), "\"second\"");
    assert_eq!(server.replies_left(), 0);
    assert_eq!(
        ask(&server, &whole()).await.text(),
        "fallback for test-model"
    );
}

#[tokio::test]
async fn an_exhausted_script_says_so_in_a_way_that_is_not_retried() {
    let server = ProviderServer::start().await.unwrap();
    let reply = ask(&server, &whole()).await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.json()["error"]["code"], "script_exhausted");
}

#[tokio::test]
async fn refused_requests_use_no_reply() {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::chat().text("for the valid one"));
    assert_eq!(ask(&server, &json!({"model": "m"})).await.status, 400);
    assert_eq!(server.replies_left(), 1);
    assert_eq!(ask(&server, &whole()).await.status, 200);
}

#[tokio::test]
async fn errors_have_the_shape_of_the_provider() {
    let server = ProviderServer::start().await.unwrap();
    let reply = Reply::error(429, "rate_limit_exceeded", "slow down")
        .header("retry-after", "2")
        .header("X-Request-Id", "req_7");
    server.enqueue(reply);
    let reply = ask(&server, &streamed()).await;
    assert_eq!(reply.status, 429);
    assert_eq!(reply.header("retry-after"), Some("2"));
    assert_eq!(reply.header("X-Request-Id"), Some("req_7"));
    assert_eq!(reply.head.to_lowercase().matches("x-request-id").count(), 1);
    assert_eq!(
        reply.json(),
        json!({"error": {
            "message": "slow down", "type": "requests", "param": null,
            "code": "rate_limit_exceeded",
        }})
    );
}

#[tokio::test]
async fn raw_bodies_are_sent_as_they_are() {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::html(502, "<h1>Bad gateway</h1>"));
    server.enqueue(Reply::raw(200, "application/octet-stream", vec![0u8, 255]));
    server.enqueue(Reply::sse_raw("data: 1\r\n\r\ndata: 2").content_type("text/plain"));
    server.enqueue(Reply::chat().text("a").status(201));

    let html = ask(&server, &streamed()).await;
    assert_eq!(
        (html.status, html.text().as_str()),
        (502, "<h1>Bad gateway</h1>")
    );
    assert_eq!(
        html.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(ask(&server, &streamed()).await.body, [0, 255]);
    let raw = ask(&server, &streamed()).await;
    assert_eq!(raw.text(), "data: 1\r\n\r\ndata: 2");
    assert_eq!(raw.header("content-type"), Some("text/plain"));
    assert_eq!(ask(&server, &streamed()).await.status, 201);
}
