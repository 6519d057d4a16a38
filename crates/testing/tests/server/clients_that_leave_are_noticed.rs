use geppetto_testing::{At, Gate, ProviderServer, Reply};
use serde_json::json;

use crate::client::{Client, ask, streamed, streamed_with};

#[tokio::test]
async fn a_client_that_leaves_a_stalled_reply_is_reported_with_its_request() {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::sse_raw("data: one\n\ndata: two\n\n").stall_at(At::Byte(15)));
    let mut client = Client::connect(&server).await;
    client.post(&streamed_with("user", json!("u1"))).await;
    client.read_until("data").await;
    server.wait_for_connections(1).await;
    drop(client);
    let gone = server.wait_for_disconnect().await;
    assert_eq!(gone.body_bytes_sent, 15);
    gone.request.assert_json("/user", &json!("u1"));
    server.wait_for_connections(0).await;
}

#[tokio::test]
async fn a_client_that_leaves_before_the_headers_is_reported() {
    let server = ProviderServer::start().await.unwrap();
    let gate = Gate::new();
    server.enqueue(Reply::chat().text("a").hold_at(At::Headers, &gate));
    let mut client = Client::connect(&server).await;
    client.post(&streamed()).await;
    gate.reached().await;
    drop(client);
    assert_eq!(server.wait_for_disconnect().await.body_bytes_sent, 0);
}

#[tokio::test]
async fn a_client_that_had_its_whole_reply_is_not_reported() {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::chat().text("a"));
    server.enqueue(Reply::chat().text("b").stall_at(At::Event(1)));
    ask(&server, &streamed()).await;
    server.wait_for_connections(0).await;
    let mut second = Client::connect(&server).await;
    second.post(&streamed_with("user", json!("second"))).await;
    second.read_until("assistant").await;
    drop(second);
    // The first event reported is that of the second client.
    let gone = server.wait_for_disconnect().await;
    gone.request.assert_json("/user", &json!("second"));
}
