use bytes::Bytes;

use super::Body;
use crate::TransportErrorKind;

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
async fn what_a_body_begins_with_is_told_without_taking_it() {
    for (text, first, left) in [
        ("{}", Some(b'{'), "{}"),
        (" \n\t{}", Some(b'{'), "{}"),
        ("\u{feff}\r\n<p>", Some(b'<'), "\u{feff}<p>"),
        ("\u{feff}", None, "\u{feff}"),
        (" \n", None, "\n"),
        ("", None, ""),
        (": ping\n\n", Some(b':'), ": ping\n\n"),
    ] {
        let mut body = Body::from_chunks(text.bytes().map(|byte| vec![byte]));
        assert_eq!(body.first_visible().await.unwrap(), first, "{text:?}");
        assert_eq!(body.first_visible().await.unwrap(), first, "{text:?}");
        let rest = body.read_to_end(100).await.unwrap();
        assert_eq!(rest, left, "{text:?}");
        let mut whole = Body::from_chunks([text]);
        assert_eq!(whole.first_visible().await.unwrap(), first, "{text:?}");
        assert_eq!(whole.read_to_end(100).await.unwrap(), text);
    }
}
