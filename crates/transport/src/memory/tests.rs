use http::{HeaderName, HeaderValue};

use super::{MemoryTransport, Reply};
use crate::{HttpTransport as _, Request, TransportError, TransportErrorKind};

#[tokio::test]
async fn replies_come_in_order_and_requests_are_kept() {
    let broken = TransportError::new(TransportErrorKind::Connect, "refused");
    let transport = MemoryTransport::new([
        Reply::ok()
            .header(
                HeaderName::from_static("x-n"),
                HeaderValue::from_static("1"),
            )
            .chunk("a")
            .chunk("b"),
        Reply::failure(broken),
    ]);
    let first = transport.send(Request::get("http://a/")).await.unwrap();
    assert_eq!(first.headers()["x-n"], "1");
    assert_eq!(first.into_body().read_to_end(10).await.unwrap(), "ab");
    let second = transport.send(Request::get("http://b/")).await.unwrap_err();
    assert_eq!(second.kind(), TransportErrorKind::Connect);
    let third = transport.send(Request::get("http://c/")).await.unwrap_err();
    assert_eq!(third.kind(), TransportErrorKind::Other);
    let urls: Vec<String> = transport
        .requests()
        .iter()
        .map(|r| r.url().to_owned())
        .collect();
    assert_eq!(urls, ["http://a/", "http://b/", "http://c/"]);
}

#[tokio::test]
async fn a_reply_may_be_added_later() {
    let transport = MemoryTransport::new([]);
    transport.push(Reply::ok().chunk("late"));
    assert_eq!(transport.replies_left(), 1);
    let reply = transport.send(Request::get("http://a/")).await.unwrap();
    assert_eq!(reply.into_body().read_to_end(10).await.unwrap(), "late");
}

#[tokio::test]
async fn unused_replies_are_counted() {
    let transport = MemoryTransport::new([Reply::ok(), Reply::ok()]);
    assert_eq!(transport.replies_left(), 2);
    for left in [1, 0, 0] {
        let _ = transport.send(Request::get("http://a/")).await;
        assert_eq!(transport.replies_left(), left);
    }
}
