//! A turn that the store refuses fails its run alone: the session continues with what the store has.

use std::sync::Arc;

use geppetto_store::{
    Appended, Batch, Error, ErrorKind, Lease, MemoryStore, SessionStore as _, async_trait,
    conformance::{Wrapped, Wraps},
};

use super::support::{ID, World, log};

/// A store that refuses a reply.
struct Strict(MemoryStore);

#[async_trait]
impl Wraps for Strict {
    type Store = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.0
    }

    async fn append(&self, lease: &Lease, batch: Arc<Batch>) -> Result<Appended, Error> {
        let mut rows = batch.turns.iter();
        if rows.any(|row| row.blocks.iter().any(|own| own.text() == Some("large."))) {
            return Err(Error::new(ErrorKind::Invalid, "the value is too large"));
        }
        self.0.append(lease, batch).await
    }
}

#[tokio::test(start_paused = true)]
async fn and_the_session_goes_on_at_once() {
    let memory = MemoryStore::new();
    let host = World::default()
        .host(Wrapped(Strict(memory.clone())))
        .build();
    let session = host.session(ID);
    session.submit("one").await.unwrap().wait().await.unwrap();
    let refused = session.submit("large").await.unwrap();
    let error = refused.wait().await.unwrap_err();
    assert!(error.to_string().contains("too large"), "{error}");
    let turn = session.submit("two").await.unwrap().wait().await.unwrap();
    assert_eq!(turn.blocks.last().unwrap().text(), Some("two."));
    host.shutdown(std::time::Duration::from_secs(5)).await;
    let info = memory.info(ID).await.unwrap();
    assert_eq!((info.turns, info.owner), (3, None));
    assert_eq!(memory.turn(ID, 2).await.unwrap(), turn);
    log(&memory).await;
}
