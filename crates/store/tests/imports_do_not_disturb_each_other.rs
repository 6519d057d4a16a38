//! An import never touches a session that is not its own, and what it leaves when it is given up does
//! not stay in the way.

#![allow(clippy::unwrap_used, reason = "a test's helpers panic too")]

use std::{sync::Arc, time::SystemTime};

use geppetto_events::Event;
use geppetto_store::{
    Appended, Batch, Claim, Effect, Error, ErrorKind, Import, Lease, MemoryStore, Opened, Page,
    Request, SessionInfo, SessionStore, Stats, TurnRow, async_trait,
};
use geppetto_turns::{Block, Turn};
use tokio::sync::Semaphore;

const ID: &str = "chat";

/// A store whose appends wait until they are let through.
#[derive(Clone)]
struct Slow {
    inner: MemoryStore,
    appends: Arc<Semaphore>,
}

#[async_trait]
impl SessionStore for Slow {
    async fn open(&self, session: &str, claim: &Claim) -> Result<Opened, Error> {
        self.inner.open(session, claim).await
    }

    async fn renew(&self, lease: &Lease) -> Result<(), Error> {
        self.inner.renew(lease).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), Error> {
        self.inner.release(lease).await
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

    async fn turn(&self, session: &str, index: u64) -> Result<Turn, Error> {
        self.inner.turn(session, index).await
    }

    async fn turn_rows(&self, id: &str, from: u64, limit: usize) -> Result<Vec<TurnRow>, Error> {
        self.inner.turn_rows(id, from, limit).await
    }

    async fn events(&self, session: &str, after: u64, limit: usize) -> Result<Vec<Event>, Error> {
        self.inner.events(session, after, limit).await
    }

    async fn effect(&self, session: &str, key: &str) -> Result<Option<Effect>, Error> {
        self.inner.effect(session, key).await
    }

    async fn effects(&self, session: &str, turn: u64) -> Result<Vec<Effect>, Error> {
        self.inner.effects(session, turn).await
    }

    async fn request(&self, session: &str, key: &str) -> Result<Option<Request>, Error> {
        self.inner.request(session, key).await
    }

    async fn list(&self, page: &Page) -> Result<Vec<SessionInfo>, Error> {
        self.inner.list(page).await
    }

    async fn fork(
        &self,
        from: &str,
        index: u64,
        to: &str,
        at: SystemTime,
    ) -> Result<SessionInfo, Error> {
        self.inner.fork(from, index, to, at).await
    }

    async fn delete(&self, session: &str) -> Result<bool, Error> {
        self.inner.delete(session).await
    }

    async fn stats(&self) -> Result<Stats, Error> {
        self.inner.stats().await
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
    let store = Slow {
        inner: MemoryStore::new(),
        appends: Arc::new(Semaphore::new(0)),
    };
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
    let store = Slow {
        inner: MemoryStore::new(),
        appends: Arc::new(Semaphore::new(0)),
    };
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
