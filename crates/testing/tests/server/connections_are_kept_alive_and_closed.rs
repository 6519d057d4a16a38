use geppetto_testing::{At, ProviderServer, Reply};
use tokio::task::JoinSet;

use crate::client::{Client, End, post_to, streamed, whole};

#[tokio::test]
async fn one_connection_serves_many_requests() {
    let server = ProviderServer::start().await.unwrap();
    server.respond_always(Reply::chat().text("a"));
    let mut client = Client::connect(&server).await;
    for request in [streamed(), whole(), streamed()] {
        client.post(&request).await;
        let reply = client.reply().await.unwrap();
        assert_eq!((reply.status, reply.end), (200, End::Complete));
    }
    assert_eq!(
        (server.request_count(), server.accepted_connections()),
        (3, 1)
    );
}

#[tokio::test]
async fn requests_sent_ahead_are_answered_in_order() {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::plain(200, "first"));
    server.enqueue(Reply::plain(200, "second"));
    let mut client = Client::connect(&server).await;
    let request = post_to("/v1/chat/completions", "", &whole());
    client.send(request.repeat(2)).await;
    assert_eq!(client.reply().await.unwrap().text(), "first");
    assert_eq!(client.reply().await.unwrap().text(), "second");
}

#[tokio::test]
async fn a_client_can_ask_for_the_connection_to_close() {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::chat().text("a"));
    let mut client = Client::connect(&server).await;
    let header = "connection: close\r\n";
    client
        .send(post_to("/v1/chat/completions", header, &whole()))
        .await;
    let reply = client.reply().await.unwrap();
    assert_eq!(reply.header("connection"), Some("close"));
    assert_eq!(client.end().await, End::Closed);
}

#[tokio::test]
async fn a_client_that_asks_before_sending_its_body_is_told_to_go_on() {
    let server = ProviderServer::start().await.unwrap();
    server.respond_always(Reply::plain(200, "yes"));
    let mut client = Client::connect(&server).await;
    let request = post_to("/v1/chat/completions", "expect: 100-continue\r\n", &whole());
    let (head, body) = request.split_at(request.find("\r\n\r\n").unwrap() + 4);
    client.send(head).await;
    let interim = client.head().await;
    assert_eq!(interim.as_deref(), Some("HTTP/1.1 100 Continue"));
    client.send(body).await;
    assert_eq!(client.reply().await.unwrap().text(), "yes");
}

#[tokio::test]
async fn the_chunks_of_a_request_are_put_together() {
    let server = ProviderServer::start().await.unwrap();
    server.respond_always(Reply::plain(200, "yes"));
    let body = whole().to_string();
    let (one, two) = body.split_at(20);
    let mut client = Client::connect(&server).await;
    client
        .send("POST /v1/chat/completions HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
        .await;
    for part in [one, two] {
        client.send(format!("{:x}\r\n{part}\r\n", part.len())).await;
    }
    client.send("0\r\ntrailer: x\r\n\r\n").await;
    assert_eq!(client.reply().await.unwrap().text(), "yes");
    assert_eq!(server.next_request().await.json(), &whole());
    // No part of the body is read as the next request.
    client.post(&whole()).await;
    assert_eq!(client.reply().await.unwrap().text(), "yes");
}

#[tokio::test]
async fn bytes_that_are_no_request_are_refused() {
    let server = ProviderServer::start().await.unwrap();
    let long = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(200));
    for (bytes, status) in [
        ("nonsense\u{1}\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n", 400),
        (
            "POST / HTTP/1.1\r\ncontent-length: 999999999999\r\n\r\n",
            413,
        ),
        (
            "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
            400,
        ),
        (
            "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc",
            400,
        ),
        (long.as_str(), 431),
    ] {
        let mut client = Client::connect(&server).await;
        client.send(bytes).await;
        assert_eq!(client.reply().await.unwrap().status, status, "{bytes}");
    }
    assert_eq!(server.request_count(), 0);
}

#[tokio::test]
async fn stopping_the_server_closes_its_connections_and_its_port() {
    for shut_down in [true, false] {
        let server = ProviderServer::start().await.unwrap();
        server.respond_always(Reply::chat().text("a").stall_at(At::Event(1)));
        let address = server.address();
        let mut idle = Client::connect(&server).await;
        let mut busy = Client::connect(&server).await;
        busy.post(&streamed()).await;
        busy.read_until("assistant").await;
        server.wait_for_connections(2).await;
        if shut_down {
            server.shutdown().await;
        } else {
            drop(server);
        }
        assert_ne!(busy.end().await, End::Complete);
        assert_ne!(idle.end().await, End::Complete);
        assert!(tokio::net::TcpStream::connect(address).await.is_err());
    }
}

#[tokio::test]
async fn many_streams_are_served_at_once() {
    const STREAMS: usize = 300;
    let server = ProviderServer::start().await.unwrap();
    let gate = geppetto_testing::Gate::new();
    server.accept_anything();
    server.forget_requests();
    server.respond_always(
        Reply::sse_raw("data: one\n\n".repeat(100))
            .in_one_write()
            .hold_at(At::Byte(500), &gate),
    );
    let mut clients = JoinSet::new();
    for _ in 0..STREAMS {
        let mut client = Client::connect(&server).await;
        clients.spawn(async move {
            client.post(&streamed()).await;
            client.reply().await.unwrap().body.len()
        });
    }
    server.wait_for_connections(STREAMS).await;
    gate.open();
    let lengths = clients.join_all().await;
    assert_eq!(lengths, vec![1100; STREAMS]);
    assert!(server.requests().is_empty());
    assert_eq!(server.request_count(), 300);
}
