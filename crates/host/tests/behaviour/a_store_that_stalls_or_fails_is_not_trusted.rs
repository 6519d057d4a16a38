//! A store that stalls delays neither readers nor a cancellation; what it does not store is not
//! acknowledged.

use std::{sync::atomic::Ordering, time::Duration};

use geppetto_engine::RunStatus;
use geppetto_host::ErrorKind;
use geppetto_store::{
    Claim, Error, ErrorKind as StoreKind, Lease, MemoryStore, SessionStore, async_trait,
    conformance::{Wrapped, Wraps},
};
use geppetto_testing::Gate;
use tokio::time::{Instant, sleep};

use super::support::{Dying, ID, World, log, said};

#[tokio::test(start_paused = true)]
async fn deltas_and_a_cancel_do_not_wait_for_it() {
    let memory = MemoryStore::new();
    let store = Dying::immortal(memory.clone());
    let mut world = World::default();
    let gate = Gate::new();
    world.in_reply = Some(gate.clone());
    let host = world
        .host(store.clone())
        .lease(Duration::from_secs(600))
        .build();
    let session = host.session(ID);
    let run = session.submit("Hello").await.unwrap();
    let mut events = session.events(0);
    gate.reached().await;
    // The next write waits for a long time; the events do not.
    store.stalled.send_replace(true);
    let begun = Instant::now();
    let mut text = String::new();
    while text != "Hello" {
        let event = events.next().await.unwrap().unwrap();
        text.push_str(event.text_delta().unwrap_or_default());
    }
    assert_eq!(begun.elapsed(), Duration::ZERO);
    sleep(Duration::from_secs(5)).await;
    let begun = Instant::now();
    assert!(session.cancel().await.unwrap());
    while !events.next().await.unwrap().unwrap().is_terminal() {}
    assert!(
        begun.elapsed() <= Duration::from_millis(100),
        "{:?}",
        begun.elapsed()
    );
    let error = run.wait().await.unwrap_err();
    assert!(error.is_cancelled());
    assert!(error.outcome().persist_error.is_some());
    // It is stored as soon as the store answers.
    store.stalled.send_replace(false);
    sleep(Duration::from_secs(1)).await;
    let turns = session.turns().await.unwrap();
    assert_eq!(turns[0].assistant_text(), "Hello");
    assert!(memory.info(ID).await.unwrap().run.unwrap().is_ended());
    log(&memory).await;
}

#[tokio::test(start_paused = true)]
async fn a_prompt_that_was_not_stored_is_not_accepted() {
    for kind in [StoreKind::Full, StoreKind::Unavailable, StoreKind::ReadOnly] {
        let memory = MemoryStore::new();
        let store = Dying::immortal(memory.clone());
        let host = World::default().host(store.clone()).build();
        let session = host.session(ID);
        session.submit("Hello").await.unwrap().wait().await.unwrap();
        sleep(Duration::from_secs(1)).await;
        *store.fails.lock().unwrap() = Some(kind);
        let error = session.submit("Lost?").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotStored, "{error:?}");
        assert!(error.to_string().contains("the disk is broken"), "{error}");
        assert_eq!(session.open().await.unwrap().turn_count(), 1);
        let error = session.undo().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Store);
        *store.fails.lock().unwrap() = None;
        sleep(Duration::from_secs(1)).await;
        session.submit("Again").await.unwrap().wait().await.unwrap();
        host.shutdown(Duration::ZERO).await;
        let prompts = session.turns().await.unwrap();
        let last = prompts.last().unwrap();
        assert_eq!(last.assistant_text().matches("Again").count(), 1);
        assert!(!last.assistant_text().contains("Lost"));
        log(&memory).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_end_was_not_stored_says_so() {
    let memory = MemoryStore::new();
    let store = Dying::immortal(memory.clone());
    let mut world = World::default();
    let gate = Gate::new();
    world.in_reply = Some(gate.clone());
    let host = world.host(store.clone()).build();
    let session = host.session(ID);
    let run = session.submit("Hello").await.unwrap();
    gate.reached().await;
    *store.fails.lock().unwrap() = Some(StoreKind::Full);
    gate.open();
    let error = run.wait().await.unwrap_err();
    assert!(
        matches!(error.status(), RunStatus::Failed { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("the disk is broken"), "{error}");
    let ended = host.shutdown(Duration::ZERO).await;
    assert_eq!(ended.not_stored.len(), 1, "{ended:?}");

    // The reply is asked for again.
    *store.fails.lock().unwrap() = None;
    let host = World::default().host(memory.clone()).build();
    host.recover().await.unwrap();
    host.session(ID).idle().await;
    let turns = host.session(ID).turns().await.unwrap();
    assert_eq!(turns[0].assistant_text(), "Hello.");
    host.shutdown(Duration::ZERO).await;
    log(&memory).await;
}

#[tokio::test(start_paused = true)]
async fn a_removal_whose_caller_goes_away_is_done_or_not() {
    let memory = MemoryStore::new();
    let store = Dying::immortal(memory.clone());
    let host = World::default().host(store.clone()).build();
    let session = host.session(ID);
    for prompt in ["One", "Two"] {
        session.submit(prompt).await.unwrap().wait().await.unwrap();
    }
    sleep(Duration::from_secs(1)).await;
    store.stalled.send_replace(true);
    // A write is under way already.
    let rename = tokio::spawn({
        let session = session.clone();
        async move { session.rename("Title").await }
    });
    sleep(Duration::from_millis(1)).await;
    let undo = tokio::time::timeout(Duration::from_millis(1), session.undo());
    assert!(undo.await.is_err());
    store.stalled.send_replace(false);
    rename.await.unwrap().unwrap();
    sleep(Duration::from_secs(1)).await;
    let in_memory = session.open().await.unwrap().turns();
    let stored = session.turns().await.unwrap();
    let ids = |turns: &[geppetto_turns::Turn]| -> Vec<String> {
        turns.iter().map(|turn| turn.id.clone()).collect()
    };
    assert_eq!(ids(&in_memory), ids(&stored));
    session.submit("Three").await.unwrap().wait().await.unwrap();
    let in_memory = session.open().await.unwrap().turns();
    assert_eq!(ids(&in_memory), ids(&session.turns().await.unwrap()));
}

/// A store that never releases one session.
struct Sticky(MemoryStore);

#[async_trait]
impl Wraps for Sticky {
    type Store = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.0
    }

    async fn release(&self, lease: &Lease) -> Result<(), Error> {
        if lease.session() == "sticky" {
            std::future::pending::<()>().await;
        }
        self.0.release(lease).await
    }
}

#[tokio::test(start_paused = true)]
async fn closing_one_session_keeps_no_other_from_being_renewed() {
    let memory = MemoryStore::new();
    let host = World::default().host(Wrapped(Sticky(memory.clone())));
    let host = host
        .lease(Duration::from_secs(3))
        .idle_after(Duration::from_secs(1))
        .build();
    let in_use = host.session(ID).open().await.unwrap();
    drop(host.session("sticky").open().await.unwrap());
    sleep(Duration::from_secs(60)).await;
    assert_eq!(host.sessions_in_memory(), 1);
    let held = memory.open(ID, &Claim::new("other")).await.unwrap_err();
    assert_eq!(held.kind(), StoreKind::Held);
    // The other one was given up, and can be opened again.
    host.session("sticky")
        .submit("one")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    drop(in_use);
}

#[tokio::test(start_paused = true)]
async fn a_cut_run_stays_cut_while_the_store_cannot_record_its_continuation() {
    // The end of the cut run in the log, and the start of the run that continues it.
    for fails_at in [1, 2] {
        let memory = MemoryStore::new();
        let mut world = World::default();
        let gate = Gate::new();
        world.in_reply = Some(gate.clone());
        let first = world.host(memory.clone()).build();
        let _run = first.session(ID).submit("Hello").await.unwrap();
        gate.reached().await;

        let failing = Dying::immortal(memory.clone());
        failing.fails_at.store(fails_at, Ordering::SeqCst);
        let second = World::default().host(failing.clone()).build();
        let recovered = second.recover().await.unwrap();
        assert_eq!(recovered.failed.len(), 1, "{recovered:?}");
        assert_eq!(second.sessions_in_memory(), 0);
        let info = memory.info(ID).await.unwrap();
        assert!(!info.run.unwrap().is_ended());
        assert_eq!(info.owner, None);

        let recovered = second.recover().await.unwrap();
        assert_eq!(recovered.taken_up, [ID]);
        second.session(ID).idle().await;
        let turns = second.session(ID).turns().await.unwrap();
        assert_eq!(said(&turns), "Hello.");
        second.shutdown(Duration::ZERO).await;
        log(&memory).await;
    }
}
