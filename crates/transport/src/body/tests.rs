use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};

use super::{Body, BodySource};
use crate::{TransportError, TransportErrorKind};

async fn collect(mut body: Body) -> Vec<Bytes> {
    let mut chunks = Vec::new();
    while let Some(chunk) = body.chunk().await.unwrap() {
        chunks.push(chunk);
    }
    chunks
}

#[tokio::test]
async fn chunks_come_one_by_one_without_the_empty_ones() {
    let body = Body::from_chunks(["one", "", "two"]);
    assert_eq!(collect(body).await, ["one", "two"]);
    assert!(collect(Body::empty()).await.is_empty());
}

#[tokio::test]
async fn after_the_end_there_is_only_the_end() {
    let mut body = Body::from_chunks(["one"]);
    assert_eq!(body.chunk().await.unwrap().unwrap(), "one");
    assert_eq!(body.chunk().await.unwrap(), None);
    assert_eq!(body.chunk().await.unwrap(), None);
}

#[tokio::test]
async fn reading_to_the_end_joins_chunks_up_to_the_limit() {
    let read = async |chunks: &'static [&'static str], limit| {
        Body::from_chunks(chunks.iter().copied())
            .read_to_end(limit)
            .await
            .map_err(|error| error.kind())
    };
    assert_eq!(read(&[], 0).await, Ok(Bytes::new()));
    assert_eq!(read(&["abc"], 3).await, Ok("abc".into()));
    assert_eq!(read(&["abc"], 2).await, Err(TransportErrorKind::TooLarge));
    assert_eq!(read(&["a", "b", "c"], 3).await, Ok("abc".into()));
    assert_eq!(
        read(&["a", "b", "cd"], 3).await,
        Err(TransportErrorKind::TooLarge)
    );
}

#[tokio::test]
async fn what_a_body_begins_with_is_the_same_however_it_is_cut() {
    for (text, first, left) in [
        (&b"{}"[..], Some(b'{'), &b"{}"[..]),
        (b" \n\t{} ", Some(b'{'), b"{} "),
        (b"\xef\xbb\xbf\r\n<p>", Some(b'<'), b"<p>"),
        (b" \xef\xbb\xbf\xef\xbb\xbf {", Some(b'{'), b"{"),
        (b"\xef\xbb\xbf", None, b""),
        (b"\xef\xbbx", Some(0xef), b"\xef\xbbx"),
        (b"\xef", None, b"\xef"),
        (b" \n", None, b""),
        (b"", None, b""),
        (b" data: x\n\n", Some(b'd'), b"data: x\n\n"),
        (b": ping\n\n", Some(b':'), b": ping\n\n"),
    ] {
        for size in 1..=text.len().max(1) {
            let mut body = Body::from_chunks(text.chunks(size).map(Bytes::copy_from_slice));
            for _ in 0..2 {
                let seen = body.first_visible().await.unwrap();
                assert_eq!(seen, first, "{text:?} by {size}");
            }
            let rest = body.read_to_end(100).await.unwrap();
            assert_eq!(rest, left, "{text:?} by {size}");
        }
    }
}

#[tokio::test]
async fn a_prefix_is_as_long_as_its_limit() {
    let mut body = Body::from_chunks(["abc", "defg", "hij"]);
    let mut prefix = BytesMut::new();
    body.read_prefix(5, &mut prefix).await;
    assert_eq!(prefix, "abcde");
}

#[tokio::test]
async fn looking_into_a_body_takes_nothing_of_it() {
    let look = async |limit| {
        let mut body = Body::from_chunks(["ab", "cd", "ef"]);
        let has_c = |head: &[u8]| head.contains(&b'c');
        let seen = body.look_until(limit, has_c).await.unwrap().to_vec();
        let whole = body.read_to_end(10).await.unwrap();
        assert_eq!(whole, "abcdef");
        String::from_utf8(seen).unwrap()
    };
    // Up to the chunk that decides, the limit, or the end.
    assert_eq!(look(10).await, "abcd");
    assert_eq!(look(2).await, "ab");
    assert_eq!(look(3).await, "abc");
    let mut body = Body::from_chunks(["ab", "cd"]);
    assert_eq!(body.look_until(10, |_| false).await.unwrap(), b"abcd");
    assert_eq!(body.look_until(10, |_| true).await.unwrap(), b"abcd");
    let mut body = Body::from_chunks(["ab"]);
    assert_eq!(body.look_until(10, |_| true).await.unwrap(), b"");
}

/// Has one chunk, and then nothing for good.
struct Hangs(Option<Bytes>);

impl BodySource for Hangs {
    fn poll_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        match self.0.take() {
            Some(chunk) => Poll::Ready(Some(Ok(chunk))),
            None => Poll::Pending,
        }
    }
}

#[tokio::test]
async fn looking_waits_for_no_more_than_it_may_see() {
    let mut body = Body::new(Hangs(Some("ab".into())));
    assert_eq!(body.look_until(2, |_| false).await.unwrap(), b"ab");
}
