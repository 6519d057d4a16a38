use geppetto_testing::{At, ProviderServer, Reply};

use crate::client::{Client, End, Received, ask, streamed, try_to_ask};

const BODY: &str = "data: one\n\ndata: two\n\ndata: [DONE]\n\n";

async fn sent(reply: Reply) -> Received {
    try_sent(reply).await.unwrap()
}

async fn try_sent(reply: Reply) -> Result<Received, End> {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(reply);
    try_to_ask(&server, &streamed()).await
}

fn raw() -> Reply {
    Reply::sse_raw(BODY)
}

#[tokio::test]
async fn each_event_is_one_chunk() {
    let received = sent(raw()).await;
    assert_eq!(
        (received.text().as_str(), received.end),
        (BODY, End::Complete)
    );
    assert_eq!(received.chunks, [11, 11, 14]);
}

#[tokio::test]
async fn one_write_is_one_chunk() {
    assert_eq!(sent(raw().in_one_write()).await.chunks, [36]);
}

#[tokio::test]
async fn random_chunks_follow_from_the_seed() {
    let first = sent(raw().cut_into_random_chunks(7, 4)).await;
    let again = sent(raw().cut_into_random_chunks(7, 4)).await;
    let other = sent(raw().cut_into_random_chunks(8, 4)).await;
    assert_eq!(first.text(), BODY);
    assert_eq!(first.chunks, again.chunks);
    assert_ne!(first.chunks, other.chunks);
    assert!(first.chunks.iter().all(|size| (1..=4).contains(size)));
}

#[tokio::test]
async fn a_cut_closes_the_connection_in_an_orderly_way() {
    for (at, expected) in [
        (At::Byte(0), ""),
        (At::Byte(13), &BODY[..13]),
        (At::Event(1), "data: one\n\n"),
        (At::Event(9), BODY),
        (At::Byte(999), BODY),
    ] {
        let received = sent(raw().cut_at(at)).await;
        assert_eq!(
            (received.text().as_str(), received.end),
            (expected, End::Closed)
        );
        let announced = sent(raw().content_length().cut_at(at)).await;
        assert_eq!(announced.header("content-length"), Some("36"));
        assert_eq!(announced.text(), expected);
    }
}

#[tokio::test]
async fn a_reset_is_a_reset() {
    let received = sent(raw().reset_at(At::Byte(13))).await;
    assert_eq!(
        (received.text().as_str(), received.end),
        (&BODY[..13], End::Reset)
    );
    let nothing = try_sent(raw().reset_at(At::Headers)).await;
    assert_eq!(nothing.unwrap_err(), End::Reset);
    let nothing = try_sent(raw().cut_at(At::Headers)).await;
    assert_eq!(nothing.unwrap_err(), End::Closed);
}

#[tokio::test]
async fn bytes_are_overwritten_in_place() {
    let reply = raw()
        .corrupt_at(6, "ONE")
        .corrupt_at(35, "??????")
        .corrupt_at(99, "!");
    let received = sent(reply).await;
    let expected = "data: ONE\n\ndata: two\n\ndata: [DONE]\n?";
    assert_eq!(received.text(), expected);
    // Including bytes that are not UTF-8.
    assert_eq!(sent(raw().corrupt_at(6, vec![0xff])).await.body[6], 0xff);
}

#[tokio::test]
async fn events_are_doubled_and_left_out() {
    let received = sent(raw().without_done()).await;
    assert_eq!(
        (received.text().as_str(), received.end),
        (&BODY[..22], End::Complete)
    );
    let received = sent(raw().duplicate_event(0).without_done()).await;
    assert_eq!(received.text(), "data: one\n\ndata: one\n\ndata: two\n\n");
    // Positions count the events as sent.
    let cut = sent(raw().duplicate_event(0).cut_at(At::Event(2))).await;
    assert_eq!(cut.text(), "data: one\n\ndata: one\n\n");
}

#[tokio::test]
async fn endless_events_and_headers_go_on_until_the_client_goes() {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(raw().endless_at(At::Event(1)));
    server.enqueue(raw().endless_at(At::Headers));
    for beginning in ["data: one\n\n", "HTTP/1.1 200 OK\r\n"] {
        let mut client = Client::connect(&server).await;
        client.post(&streamed()).await;
        let filling = "x".repeat(if beginning.contains("data") { 1024 } else { 16 });
        client.read_until(beginning).await;
        client.read_until(&filling).await;
        drop(client);
        server.wait_for_disconnect().await;
    }
}

#[tokio::test]
async fn the_length_of_the_body_is_told_in_the_way_asked_for() {
    let received = sent(raw().content_length()).await;
    assert_eq!(received.header("content-length"), Some("36"));
    assert_eq!(received.header("transfer-encoding"), None);
    assert_eq!(
        (received.text().as_str(), received.end),
        (BODY, End::Complete)
    );

    let received = sent(raw().until_close()).await;
    assert_eq!(received.header("connection"), Some("close"));
    assert_eq!(received.header("content-length"), None);
    assert_eq!(
        (received.text().as_str(), received.end),
        (BODY, End::Closed)
    );

    let received = sent(Reply::plain(200, "abc").chunked()).await;
    assert_eq!(received.chunks, [3]);
    let received = sent(Reply::plain(200, "abc").cut_at(At::Byte(2))).await;
    assert_eq!(
        (received.text().as_str(), received.end),
        ("ab", End::Closed)
    );
}

#[tokio::test]
async fn faults_work_on_described_replies_too() {
    let server = ProviderServer::start().await.unwrap();
    let reply = Reply::chat().text("one").text("two").cut_at(At::Event(2));
    server.enqueue(reply);
    let received = ask(&server, &streamed()).await;
    assert_eq!(received.end, End::Closed);
    assert_eq!(received.events().len(), 2);
    assert!(received.text().contains("one") && !received.text().contains("two"));
}
