//! Submits with idempotency keys.

use std::sync::Arc;

use super::{
    Factory,
    help::{Checked, ID, Writer, ok, refused, same, turn},
    list,
};
use crate::{Batch, ErrorKind, MAX_ID_BYTES, Request, RequestWrite, SessionStore};

list! {
    requests_are_recorded_with_their_prompt:
        "a request is stored in the same batch as its prompt, and found by its key in its session \
         alone, also after the storage was opened again",
    a_request_is_recorded_once:
        "a batch with a request whose key exists in the session fails as Invalid and changes \
         nothing; so does one with a key of more than 512 bytes",
    requests_can_be_withdrawn:
        "a removed request does not exist, and its key can be used again; removing one that does \
         not exist changes nothing",
}

fn request(key: &str, run: &str) -> Request {
    Request::new(key, [7; 32], run)
}

fn put(key: &str, run: &str) -> RequestWrite {
    RequestWrite::Put(request(key, run))
}

fn remove(key: &str) -> RequestWrite {
    RequestWrite::Remove {
        key: key.to_owned(),
    }
}

async fn has<S: SessionStore>(store: &S, key: &str, expected: Option<Request>) -> Checked {
    let found = ok(store.request(ID, key).await, "reading a request")?;
    same(found, expected, &format!("request `{key}`"))
}

async fn requests_are_recorded_with_their_prompt<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut writer = Writer::open(&store, ID).await?;
    Writer::open(&store, "other").await?;
    has(&store, "a", None).await?;
    let long = "k".repeat(MAX_ID_BYTES);
    for (n, key) in ["a", "A", "", "ключ'; --", &long].into_iter().enumerate() {
        let turn = turn(&format!("t{n}"), writer.turns.last(), &["prompt"]);
        let row = writer.row(turn);
        let batch = writer.next().turn(row).request(put(key, &format!("r{n}")));
        ok(writer.append(batch.synced()).await, "appending a request")?;
        has(&store, key, Some(request(key, &format!("r{n}")))).await?;
    }
    let other = ok(store.request("other", "a").await, "reading a request")?;
    same(other, None, "a request of another session")?;
    let store = factory.reopen(store).await;
    has(&store, "a", Some(request("a", "r0"))).await?;
    has(&store, &long, Some(request(&long, "r4"))).await?;
    has(&store, "b", None).await
}

async fn a_request_is_recorded_once<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut writer = Writer::open(&store, ID).await?;
    let batch = writer.next().request(put("a", "r1"));
    ok(writer.append(batch).await, "appending a request")?;
    let long = "k".repeat(MAX_ID_BYTES + 1);
    let with = |batch: Batch, keys: &[&str]| {
        let puts = keys.iter().map(|key| put(key, "r2"));
        Arc::new(puts.fold(batch, Batch::request))
    };
    for (what, keys) in [
        ("a request whose key exists", ["b", "a"]),
        ("two requests with one key", ["b", "b"]),
        ("a request with a key of 513 bytes", ["b", long.as_str()]),
    ] {
        let result = store
            .append(&writer.lease, with(writer.next(), &keys))
            .await;
        refused(result, ErrorKind::Invalid, what)?;
        has(&store, "a", Some(request("a", "r1"))).await?;
        has(&store, "b", None).await?;
    }
    Ok(())
}

async fn requests_can_be_withdrawn<F: Factory>(factory: &F) -> Checked {
    let store = factory.fresh().await;
    let mut writer = Writer::open(&store, ID).await?;
    let batch = writer.next().request(put("a", "r1")).request(remove("b"));
    ok(writer.append(batch).await, "appending a request")?;
    let batch = writer.next().request(remove("a")).request(put("a", "r2"));
    ok(writer.append(batch).await, "replacing a request")?;
    has(&store, "a", Some(request("a", "r2"))).await?;
    let batch = writer.next().request(remove("a"));
    ok(writer.append(batch).await, "removing a request")?;
    has(&store, "a", None).await
}
