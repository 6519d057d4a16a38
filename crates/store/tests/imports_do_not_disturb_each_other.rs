//! An import never touches a session that is not its own, and what it leaves when it is given up does
//! not stay in the way.

#![allow(clippy::unwrap_used, reason = "a test's helpers panic too")]

use std::sync::Arc;

use geppetto_store::{
    Appended, Batch, Claim, Error, ErrorKind, Import, Lease, MemoryStore, SessionInfo,
    SessionStore, async_trait,
    conformance::{Wrapped, Wraps},
};
use geppetto_turns::{Block, Turn};
use tokio::sync::Semaphore;

const ID: &str = "chat";

/// A store whose appends wait until they are let through.
#[derive(Clone)]
struct SlowAppends {
    inner: MemoryStore,
    appends: Arc<Semaphore>,
}

#[async_trait]
impl Wraps for SlowAppends {
    type Store = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.inner
    }

    async fn append(&self, lease: &Lease, batch: Arc<Batch>) -> Result<Appended, Error> {
        self.appends.acquire().await.unwrap().forget();
        self.inner.append(lease, batch).await
    }

    async fn info(&self, session: &str) -> Result<SessionInfo, Error> {
        let info = self.inner.info(session).await;
        // Others run in the meantime.
        tokio::task::yield_now().await;
        info
    }
}

fn import() -> Import {
    let mut turn = Turn::new();
    turn.id = "turn".to_owned();
    turn.push(Block::user("Hello"));
    Import::of_turns([turn])
}

#[tokio::test(start_paused = true)]
async fn of_two_at_once_one_succeeds() {
    let store = Wrapped(SlowAppends {
        inner: MemoryStore::new(),
        appends: Arc::new(Semaphore::new(0)),
    });
    let mut imports = tokio::task::JoinSet::new();
    for _ in 0..2 {
        let store = store.clone();
        imports.spawn(async move { import().write(&store, ID).await });
    }
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    store.appends.add_permits(2);
    let results = imports.join_all().await;
    let done = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(done, 1, "{results:?}");
    assert_eq!(store.info(ID).await.unwrap().turns, 1);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_given_up_leaves_the_id_free() {
    let store = Wrapped(SlowAppends {
        inner: MemoryStore::new(),
        appends: Arc::new(Semaphore::new(0)),
    });
    let minute = std::time::Duration::from_secs(60);
    let given_up = tokio::time::timeout(minute, import().write(&store, ID));
    given_up.await.unwrap_err();
    tokio::time::sleep(minute).await;
    // As after a kill, there is a session without content.
    store.appends.add_permits(1);
    import().write(&store, ID).await.unwrap();
    let opened = store.open(ID, &Claim::new("other")).await.unwrap();
    assert_eq!(opened.info.turns, 1);
    let again = import().write(&store, ID).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Exists);
}
