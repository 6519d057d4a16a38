//! A request that the store refuses for its content is refused alone: the session goes on.

use std::time::Duration;

use geppetto_host::ErrorKind;
use geppetto_store::{MAX_ID_BYTES, MemoryStore, SessionStore};

use super::support::{ID, World, log};

#[tokio::test(start_paused = true)]
async fn with_a_key_that_is_too_long() {
    let store = MemoryStore::new();
    let host = World::default().host(store.clone()).build();
    let session = host.session(ID);
    session.submit("Hello").await.unwrap().wait().await.unwrap();
    let key = "k".repeat(MAX_ID_BYTES + 1);
    for _ in 0..2 {
        let long = session.prompt("Long").idempotency_key(key.as_str());
        let error = long.submit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused, "{error:?}");
        assert!(error.to_string().contains("513 bytes"), "{error}");
    }
    session.submit("Again").await.unwrap().wait().await.unwrap();
    let ended = host.shutdown(Duration::ZERO).await;
    assert_eq!(ended.not_stored, []);
    let info = store.info(ID).await.unwrap();
    assert_eq!((info.turns, info.owner), (2, None));
    log(&store).await;
}
