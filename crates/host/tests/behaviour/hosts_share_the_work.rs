//! Several hosts on one store: who has a session, who continues it, who cancels it.

use std::{
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};

use geppetto_engine::RunStatus;
use geppetto_host::ErrorKind;
use geppetto_store::{
    Claim, EndStatus, Error, ErrorKind as StoreKind, MemoryStore, Opened, Page, RunPhase,
    SessionInfo, SessionStore, async_trait,
    conformance::{Wrapped, Wraps},
};
use geppetto_testing::Gate;
use tokio::time::sleep;

use super::support::{ID, World, log};

const LEASE: Duration = Duration::from_secs(9);

/// A world whose replies wait in the middle.
fn waiting() -> (World, Gate) {
    let gate = Gate::new();
    let world = World {
        in_reply: Some(gate.clone()),
        ..World::default()
    };
    (world, gate)
}

#[tokio::test(start_paused = true)]
async fn the_address_of_the_owner_is_known_to_others() {
    let store = MemoryStore::new();
    let world = World::default();
    let first = world
        .host(store.clone())
        .owner("first")
        .address("http://first:1")
        .build();
    let second = world.host(store).owner("second").build();
    let session = second.session(ID);
    assert_eq!(session.owned_by().await.unwrap(), None);
    let run = first.session(ID).submit("Hello").await.unwrap();
    run.wait().await.unwrap();
    let held = session.submit("Me too").await.unwrap_err();
    let owner = held.owned_by().unwrap();
    assert_eq!(
        (owner.owner(), owner.address()),
        ("first", Some("http://first:1"))
    );
    assert_eq!(session.owned_by().await.unwrap().as_ref(), Some(owner));
    assert_eq!(first.session(ID).owned_by().await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_reaches_the_owner_from_any_host() {
    let store = MemoryStore::new();
    let (world, gate) = waiting();
    let first = world.host(store.clone()).owner("first").build();
    let second = world.host(store.clone()).owner("second").build();
    let run = first.session(ID).submit("Hello").await.unwrap();
    gate.reached().await;
    assert!(second.session(ID).cancel().await.unwrap());
    let error = run.wait().await.unwrap_err();
    assert!(matches!(error.status(), RunStatus::Cancelled), "{error:?}");
    assert!(!second.session(ID).cancel().await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_cancel_is_not_lost_with_the_owner() {
    let store = MemoryStore::new();
    let (world, gate) = waiting();
    let died = world
        .host(store.clone())
        .owner("first")
        .lease(LEASE)
        .build();
    drop(died.session(ID).submit("Hello").await.unwrap());
    gate.reached().await;
    let second = World::default().host(store.clone()).owner("second").build();
    assert!(second.session(ID).cancel().await.unwrap());
    // The first one is gone, and a third one continues its run.
    let opened = store
        .open(ID, &Claim::new("gone").taking_over())
        .await
        .unwrap();
    store.release(&opened.lease).await.unwrap();
    let (world, gate) = waiting();
    let third = world.host(store.clone()).owner("third").build();
    third.session(ID).open().await.unwrap();
    gate.reached().await;
    third.session(ID).idle().await;
    let RunPhase::Ended(end) = store.info(ID).await.unwrap().run.unwrap().phase else {
        panic!("the run has not ended");
    };
    assert_eq!(end.status, EndStatus::Cancelled);
}

// Reports: https://github.com/janbjorge/pgqueuer/issues/475 and 430,
// https://github.com/timgit/pg-boss/issues/436, https://github.com/vduseev/raquel/issues/17,
// https://github.com/nazarli-shabnam/clevis/issues/215 (what is only slow is not taken over).
#[tokio::test(start_paused = true)]
async fn a_run_whose_host_is_gone_is_continued_by_a_sweep() {
    let store = MemoryStore::new();
    let (world, gate) = waiting();
    let died = world
        .host(store.clone())
        .owner("first")
        .lease(LEASE)
        .build();
    drop(died.session(ID).submit("Hello").await.unwrap());
    gate.reached().await;
    let second = World::default().host(store.clone()).owner("second");
    let second = second
        .lease(LEASE)
        .sweep_every(Duration::from_secs(1))
        .build();
    // The first one renews its lease.
    sleep(LEASE * 3).await;
    assert_eq!(second.sweep().await.unwrap().taken_up, [""; 0]);
    assert_eq!(second.sessions_in_memory(), 0);
    // As if it had been killed: it renews no more.
    let claim = Claim::new("gone").taking_over().expiring_after(LEASE);
    store.open(ID, &claim).await.unwrap();
    sleep(LEASE + Duration::from_secs(3)).await;
    second.session(ID).idle().await;
    let turns = second.session(ID).turns().await.unwrap();
    assert_eq!(turns[0].assistant_text(), "Hello.");
}

/// A store that cannot be reached for some listings, and then for some claims.
struct Failing {
    store: MemoryStore,
    lists: AtomicU32,
    claims: AtomicU32,
}

fn is_reached(failures: &AtomicU32) -> Result<(), Error> {
    let left = |left: u32| left.checked_sub(1);
    if failures.fetch_update(Relaxed, Relaxed, left).is_ok() {
        return Err(Error::new(StoreKind::Unavailable, "the server restarts"));
    }
    Ok(())
}

#[async_trait]
impl Wraps for Failing {
    type Store = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.store
    }

    async fn list(&self, page: &Page) -> Result<Vec<SessionInfo>, Error> {
        is_reached(&self.lists)?;
        self.store.list(page).await
    }

    async fn open(&self, session: &str, claim: &Claim) -> Result<Opened, Error> {
        is_reached(&self.claims)?;
        self.store.open(session, claim).await
    }
}

// Reports: https://github.com/dbos-inc/dbos-transact-py/issues/716 (a database that restarted while
// runs were taken up stranded them), and 742 (of two that take up a run, one runs it).
#[tokio::test(start_paused = true)]
async fn a_sweep_during_which_the_store_fails_is_repeated() {
    let store = MemoryStore::new();
    let (world, gate) = waiting();
    let died = world
        .host(store.clone())
        .owner("first")
        .lease(LEASE)
        .build();
    drop(died.session(ID).submit("Hello").await.unwrap());
    gate.reached().await;
    let claim = Claim::new("gone").taking_over().expiring_after(LEASE);
    store.open(ID, &claim).await.unwrap();
    sleep(LEASE).await;
    let failing = Failing {
        store,
        lists: AtomicU32::new(2),
        claims: AtomicU32::new(2),
    };
    let second = World::default().host(Wrapped(failing)).owner("second");
    let second = second.lease(LEASE).build();
    assert!(second.sweep().await.is_err() && second.sweep().await.is_err());
    for _ in 0..2 {
        let swept = second.sweep().await.unwrap();
        assert_eq!((swept.taken_up.len(), swept.failed.len()), (0, 1));
    }
    assert_eq!(second.sweep().await.unwrap().taken_up, [ID]);
    second.session(ID).idle().await;
    let turns = second.session(ID).turns().await.unwrap();
    assert_eq!(turns[0].assistant_text(), "Hello.");
}

#[tokio::test(start_paused = true)]
async fn sessions_that_cannot_be_opened_hide_no_other_from_a_sweep() {
    let store = MemoryStore::new();
    let (world, _gate) = waiting();
    let died = world.host(store.clone()).owner("first").build();
    // One more than a sweep lists at once.
    for n in 0..257 {
        let id = format!("chat-{n}");
        drop(died.session(&id).submit("Hello").await.unwrap());
        let claim = Claim::new("gone").taking_over().expiring_after(LEASE);
        store.open(&id, &claim).await.unwrap();
    }
    sleep(LEASE).await;
    let failing = Failing {
        store,
        lists: AtomicU32::new(0),
        claims: AtomicU32::new(256),
    };
    let second = World::default().host(Wrapped(failing)).owner("second");
    let swept = second.lease(LEASE).build().sweep().await.unwrap();
    assert_eq!((swept.taken_up.len(), swept.failed.len()), (1, 256));
}

#[tokio::test(start_paused = true)]
async fn a_host_that_hands_over_loses_no_run_and_nobody_waits_for_a_lease() {
    let store = MemoryStore::new();
    let (world, gate) = waiting();
    let first = world
        .host(store.clone())
        .owner("first")
        .lease(LEASE)
        .build();
    let run = first.session(ID).submit("Hello").await.unwrap();
    gate.reached().await;
    let second = World::default().host(store.clone()).owner("second");
    let second = second.lease(LEASE).build();
    let mut reader = second.session(ID).events(0);
    let ended = first.hand_over(Duration::from_secs(1)).await;
    assert_eq!(
        (ended.handed_over.as_slice(), ended.cancelled.len()),
        (&[ID.to_owned()][..], 0)
    );
    assert!(ended.not_stored.is_empty(), "{ended:?}");
    assert!(run.wait().await.is_err());
    assert_eq!(second.sweep().await.unwrap().taken_up, [ID]);
    second.session(ID).idle().await;
    let turns = second.session(ID).turns().await.unwrap();
    assert_eq!(turns[0].assistant_text(), "Hello.");
    // The last events are written.
    sleep(Duration::from_secs(1)).await;
    // The reader of the second one has seen all of it, once.
    let stored = log(&store).await;
    let mut last = 0;
    while last < stored.last().unwrap().seq {
        let event = reader.next().await.unwrap().unwrap();
        assert!(event.seq > last);
        last = event.seq;
    }
}

#[tokio::test(start_paused = true)]
async fn submits_wait_in_a_queue_that_is_visible() {
    let (world, gate) = waiting();
    let host = world
        .host(MemoryStore::new())
        .max_runs(1)
        .max_waiting(1)
        .build();
    let first = host.session("a").submit("Hello").await.unwrap();
    gate.reached().await;
    let own = host.clone();
    let second = tokio::spawn(async move { own.session("b").submit("Hello").await });
    while host.load().waiting == 0 {
        tokio::task::yield_now().await;
    }
    let refused = host.session("c").submit("Hello").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::AtCapacity);
    let load = host.load();
    assert_eq!(
        (load.runs, load.max_runs, load.waiting, load.max_waiting),
        (1, 1, 1, 1)
    );
    gate.open();
    first.wait().await.unwrap();
    second.await.unwrap().unwrap().wait().await.unwrap();
    assert_eq!(host.load().waiting, 0);
}
