use std::time::Duration;

use geppetto_testing::{At, Gate, ProviderServer, Reply};
use tokio::time::Instant;

use crate::client::{Client, ask, streamed};

const SECOND: Duration = Duration::from_secs(1);

async fn time_to_serve(reply: Reply) -> Duration {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(reply);
    let start = Instant::now();
    ask(&server, &streamed()).await;
    start.elapsed()
}

fn raw() -> Reply {
    Reply::sse_raw("data: one\n\ndata: two\n\n")
}

#[tokio::test(start_paused = true)]
async fn the_pace_is_waited_before_each_event() {
    for (reply, events) in [
        (raw(), 2),
        (raw().in_one_write(), 2),
        (raw().cut_into_random_chunks(1, 3), 2),
        (Reply::plain(200, "one"), 1),
    ] {
        assert_eq!(time_to_serve(reply.pace(SECOND)).await, SECOND * events);
    }
}

#[tokio::test(start_paused = true)]
async fn pauses_are_waited_and_add_up() {
    let reply = raw()
        .pause_at(At::Headers, SECOND)
        .pause_at(At::Byte(0), SECOND)
        .pause_at(At::Event(1), SECOND)
        .pause_at(At::Byte(999), SECOND);
    assert_eq!(time_to_serve(reply).await, SECOND * 4);
}

#[tokio::test]
async fn a_stall_holds_everything_after_it() {
    for (reply, expected) in [
        (raw().stall_at(At::Event(1)), "data: one\n\n\r\n"),
        (raw().stall_at(At::Byte(8)), "data: on\r\n"),
        (raw().stall_at(At::Byte(0)), "\r\n\r\n"),
    ] {
        let server = ProviderServer::start().await.unwrap();
        let gate = Gate::new();
        server.enqueue(reply.hold_at(At::Headers, &gate));
        let mut client = Client::connect(&server).await;
        client.post(&streamed()).await;
        gate.reached().await;
        gate.open();
        assert!(client.read_until(expected).await.ends_with(expected));
        drop(client);
        let gone = server.wait_for_disconnect().await;
        assert!(gone.body_bytes_sent < 22);
    }
}

#[tokio::test]
async fn a_stall_before_the_headers_sends_nothing() {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(raw().stall_at(At::Headers));
    let mut client = Client::connect(&server).await;
    client.post(&streamed()).await;
    server.next_request().await;
    server.shutdown().await;
    assert!(client.reply().await.is_err());
}

#[tokio::test]
async fn a_gate_tells_when_it_is_reached_and_lets_pass_when_opened() {
    let server = ProviderServer::start().await.unwrap();
    let gate = Gate::new();
    server.enqueue(raw().hold_at(At::Event(1), &gate));
    server.enqueue(raw().hold_at(At::Event(1), &gate));
    let mut client = Client::connect(&server).await;
    client.post(&streamed()).await;
    gate.reached().await;
    let so_far = client.read_until("one").await;
    assert!(!so_far.contains("two"));
    gate.open();
    assert_eq!(
        client.reply().await.unwrap().text(),
        "data: one\n\ndata: two\n\n"
    );
    // It stays open.
    let second = ask(&server, &streamed()).await;
    assert_eq!(second.events().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn comments_are_sent_while_a_reply_waits() {
    let server = ProviderServer::start().await.unwrap();
    let pause = Duration::from_millis(3500);
    server.enqueue(
        raw()
            .pause_at(At::Event(1), pause)
            .keep_alive_comments(SECOND),
    );
    let received = ask(&server, &streamed()).await;
    let comments = ": keep-alive\n\n".repeat(3);
    assert_eq!(
        received.text(),
        format!("data: one\n\n{comments}data: two\n\n")
    );

    server.enqueue(raw().stall_at(At::Event(1)).keep_alive_comments(SECOND));
    let mut client = Client::connect(&server).await;
    client.post(&streamed()).await;
    let frame = "e\r\n: keep-alive\n\n\r\n";
    client.read_until(&frame.repeat(10)).await;

    let lines = Reply::json(200, &serde_json::json!({})).chunked();
    server.enqueue(lines.pause_at(At::Byte(0), pause).keep_alive_lines(SECOND));
    let received = ask(&server, &streamed()).await;
    assert_eq!(received.text(), "\n\n\n{}");
}
