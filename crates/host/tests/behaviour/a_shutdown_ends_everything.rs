//! A shutdown accepts nothing more, waits or cancels, stores everything, and frees all sessions.

use std::{sync::Arc, time::Duration};

use geppetto_host::{ErrorKind, Shutdown};
use geppetto_session::BusyPolicy;
use geppetto_store::{
    Claim, Error, MemoryStore, Opened, SessionStore, async_trait,
    conformance::{Wrapped, Wraps},
};
use geppetto_testing::Gate;
use tokio::time::{Instant, sleep};

use super::support::{Dying, ID, World, log};

#[tokio::test(start_paused = true)]
async fn after_the_runs_or_the_time_limit() {
    for ends_in_time in [true, false] {
        let store = MemoryStore::new();
        let mut world = World::default();
        let gate = Gate::new();
        world.in_reply = Some(gate.clone());
        let queue = BusyPolicy::Queue { max: 9 };
        let host = world.host(store.clone()).busy_policy(queue).build();
        let session = host.session(ID);
        let run = session.submit("Hello").await.unwrap();
        let queued = tokio::spawn(session.prompt("Queued").submit());
        gate.reached().await;
        let shutdown = tokio::spawn({
            let host = host.clone();
            async move { host.shutdown(Duration::from_secs(10)).await }
        });
        sleep(Duration::from_secs(1)).await;
        let refused = session.submit("Late").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ShuttingDown);
        let begun = Instant::now();
        if ends_in_time {
            gate.open();
        }
        let ended: Shutdown = shutdown.await.unwrap();
        assert!(queued.await.unwrap().is_err());
        assert_eq!(run.wait().await.is_ok(), ends_in_time);
        assert_eq!(ended.cancelled.len(), usize::from(!ends_in_time));
        assert_eq!(ended.not_stored, []);
        assert!(begun.elapsed() <= Duration::from_millis(9_100));
        assert_eq!(host.sessions_in_memory(), 0);
        let info = store.info(ID).await.unwrap();
        assert_eq!((info.owner, info.turns), (None, 1));
        assert!(info.run.unwrap().is_ended());
        log(&store).await;
        // A second one has nothing to do.
        host.shutdown(Duration::ZERO).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_sessions_of_a_store_that_stalls_wait_together() {
    let store = Dying::immortal(MemoryStore::new());
    let host = World::default().host(store.clone()).build();
    for number in 0..50 {
        let session = host.session(format!("chat {number}"));
        session.submit("Hello").await.unwrap().wait().await.unwrap();
    }
    sleep(Duration::from_secs(1)).await;
    store.stalled.send_replace(true);
    for number in 0..50 {
        let session = host.session(format!("chat {number}"));
        tokio::spawn(async move { session.rename("Title").await });
    }
    sleep(Duration::from_millis(1)).await;
    let begun = Instant::now();
    let ended = host.shutdown(Duration::from_secs(1)).await;
    assert!(
        begun.elapsed() < Duration::from_secs(7),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(ended.not_stored.len(), 50);
    assert_eq!(host.sessions_in_memory(), 0);
}

/// A store in which a session opens late.
struct OpensLate {
    inner: MemoryStore,
    gate: Gate,
}

#[async_trait]
impl Wraps for OpensLate {
    type Store = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.inner
    }

    async fn open(&self, session: &str, claim: &Claim) -> Result<Opened, Error> {
        self.gate.pass().await;
        self.inner.open(session, claim).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_opens_too_late_is_given_up() {
    let (inner, gate) = (MemoryStore::new(), Gate::new());
    let store = OpensLate {
        inner: inner.clone(),
        gate: gate.clone(),
    };
    let host = World::default().host(Arc::new(Wrapped(store))).build();
    let session = host.session(ID);
    let submitted = tokio::spawn(async move { session.submit("Hello").await });
    sleep(Duration::from_millis(1)).await;
    let begun = Instant::now();
    let ended = host.shutdown(Duration::from_secs(1)).await;
    assert!(begun.elapsed() < Duration::from_secs(7));
    assert_eq!(ended.not_stored, []);
    // Its caller learns of it, though the store has not answered yet.
    let error = submitted.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ShuttingDown);
    gate.open();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(host.sessions_in_memory(), 0);
    assert!(inner.info(ID).await.is_err(), "nothing was stored");
}
