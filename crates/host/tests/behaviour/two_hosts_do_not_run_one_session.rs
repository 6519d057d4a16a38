//! A session belongs to one host at a time; a host that lost it writes nothing.

use std::time::Duration;

use geppetto_engine::{ErrorKind as EngineErrorKind, RunStatus};
use geppetto_host::ErrorKind;
use geppetto_store::{MemoryStore, SessionStore};
use geppetto_testing::Gate;
use tokio::time::sleep;

use super::support::{Dying, ID, World, log};

const LEASE: Duration = Duration::from_secs(9);

#[tokio::test(start_paused = true)]
async fn the_second_one_is_told_who_has_it() {
    let store = MemoryStore::new();
    let world = World::default();
    let first = world
        .host(store.clone())
        .owner("first")
        .lease(LEASE)
        .build();
    let second = world.host(store).owner("second").lease(LEASE).build();
    first
        .session(ID)
        .submit("Hello")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    // The first one is idle, and renews its lease.
    sleep(LEASE * 3).await;
    let session = second.session(ID);
    let held = session.submit("Me too").await.unwrap_err();
    assert_eq!(
        (held.kind(), held.owner()),
        (ErrorKind::Held, Some("first"))
    );
    assert!(held.to_string().contains("first"), "{held}");
    assert_eq!(session.delete().await.unwrap_err().kind(), ErrorKind::Held);
    assert_eq!(session.undo().await.unwrap_err().kind(), ErrorKind::Held);
    // Reading is possible.
    assert_eq!(session.turns().await.unwrap().len(), 1);
    assert_eq!(session.snapshot().await.unwrap().turn_count, 1);
    // It is free after a shutdown of the first one.
    first.shutdown(Duration::ZERO).await;
    session
        .submit("Me too")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
}

// Reports: https://github.com/oban-bg/oban/issues/1488 (a leader that renewed the lease of another),
// https://github.com/gchq/stroom/pull/5772 (a lease that could not be renewed was kept).
#[tokio::test(start_paused = true)]
async fn a_host_that_stalls_is_taken_over_and_writes_nothing() {
    let memory = MemoryStore::new();
    let stalling = Dying::immortal(memory.clone());
    let mut world = World::default();
    let gate = Gate::new();
    world.in_reply = Some(gate.clone());
    let first = world
        .host(stalling.clone())
        .owner("first")
        .lease(LEASE)
        .build();
    let run = first.session(ID).submit("Hello").await.unwrap();
    gate.reached().await;
    sleep(Duration::from_millis(100)).await;
    let mut live = first.session(ID).events(0);
    stalling.stalled.send_replace(true);
    // It cannot renew its lease, gives up the session, and ends its run.
    sleep(LEASE * 2).await;
    assert_eq!(first.sessions_in_memory(), 0);

    let second = World::default()
        .host(memory.clone())
        .owner("second")
        .lease(LEASE)
        .build();
    let recovered = second.recover().await.unwrap();
    assert_eq!(recovered.taken_up, [ID]);
    second.session(ID).idle().await;
    let turns = second.session(ID).turns().await.unwrap();
    assert_eq!(turns[0].assistant_text(), "Hello.");
    second.shutdown(Duration::ZERO).await;
    let events = log(&memory).await;

    // The first one comes back.
    stalling.stalled.send_replace(false);
    gate.open();
    let error = run.wait().await.unwrap_err();
    assert!(!matches!(error.status(), RunStatus::Finished), "{error:?}");
    sleep(LEASE).await;
    assert_eq!(log(&memory).await, events);
    assert_eq!(second.session(ID).turns().await.unwrap(), turns);
    // A reader of the first one goes on with what the second one stored.
    let mut last = 0;
    while last < events.last().unwrap().seq {
        last = live.next().await.unwrap().unwrap().seq;
    }
    assert_eq!(last, events.last().unwrap().seq);
}

#[tokio::test(start_paused = true)]
async fn a_run_of_a_lease_that_may_end_is_not_stored_as_cancelled() {
    let memory = MemoryStore::new();
    let stalling = Dying::immortal(memory.clone());
    let mut world = World::default();
    let gate = Gate::new();
    world.in_reply = Some(gate.clone());
    let first = world.host(stalling.clone()).owner("first").lease(LEASE);
    let first = first.build();
    let run = first.session(ID).submit("Hello").await.unwrap();
    gate.reached().await;
    sleep(Duration::from_millis(500)).await;
    let before = memory.info(ID).await.unwrap();
    stalling.stalled.send_replace(true);
    while first.sessions_in_memory() > 0 {
        sleep(Duration::from_millis(100)).await;
    }
    run.wait().await.unwrap_err();
    // The store answers again, and the lease has not ended yet.
    stalling.stalled.send_replace(false);
    sleep(Duration::from_millis(100)).await;
    assert_eq!(memory.info(ID).await.unwrap(), before);

    sleep(LEASE).await;
    let second = World::default().host(memory).owner("second").build();
    let recovered = second.recover().await.unwrap();
    assert_eq!(recovered.taken_up, [ID]);
    second.session(ID).idle().await;
    let turns = second.session(ID).turns().await.unwrap();
    assert_eq!(turns[0].assistant_text(), "Hello.");
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_session_was_taken_over_ends_as_fenced() {
    let store = MemoryStore::new();
    let mut world = World::default();
    let gate = Gate::new();
    world.in_reply = Some(gate.clone());
    let first = world
        .host(store.clone())
        .owner("first")
        .lease(LEASE)
        .build();
    let run = first.session(ID).submit("Hello").await.unwrap();
    gate.reached().await;
    let mut reader = first.session(ID).events(0);
    let mut text = String::new();
    while text != "Hello" {
        let event = reader.next().await.unwrap().unwrap();
        text.push_str(event.text_delta().unwrap_or_default());
    }
    let second = World::default().host(store.clone()).owner("second");
    let second = second.takes_over(true).lease(LEASE).build();
    second.session(ID).open().await.unwrap();
    second.session(ID).idle().await;
    sleep(Duration::from_secs(1)).await;
    let before = store.info(ID).await.unwrap();
    gate.open();
    let error = run.wait().await.unwrap_err();
    let kind = EngineErrorKind::Fenced;
    assert!(
        matches!(error.status(), RunStatus::Failed { kind: own, .. } if *own == kind),
        "{error:?}"
    );
    // It has learnt that it lost the session.
    tokio::task::yield_now().await;
    assert_eq!(first.sessions_in_memory(), 0);
    let held = first.session(ID).submit("More").await.unwrap_err();
    assert_eq!(
        (held.kind(), held.owner()),
        (ErrorKind::Held, Some("second"))
    );
    assert_eq!(store.info(ID).await.unwrap(), before);
    // Its reader is told the end that the second one stored, not that the run failed here.
    let mut ends = Vec::new();
    while reader.position() < before.last_seq {
        let event = reader.next().await.unwrap().unwrap();
        ends.extend(event.is_terminal().then(|| event.type_name().to_owned()));
    }
    assert_eq!(ends, ["run-stopped", "run-finished"]);
}

#[tokio::test(start_paused = true)]
async fn a_reader_of_a_host_that_lost_the_session_is_not_sent_back() {
    let store = MemoryStore::new();
    let first = World::default().host(store.clone()).owner("first").build();
    let run = first.session(ID).submit("Hello").await.unwrap();
    run.wait().await.unwrap();
    let second = World::default().host(store.clone()).owner("second");
    let second = second.takes_over(true).build();
    for _ in 0..2 {
        let run = second.session(ID).submit("Again").await.unwrap();
        run.wait().await.unwrap();
    }
    let last = second.session(ID).snapshot().await.unwrap().seq;
    // It is in the memory of the second one, and the first one does not know that it lost it.
    let mut reader = first.session(ID).events(last);
    let more = async { second.session(ID).submit("More").await.unwrap() };
    let (event, run) = tokio::join!(reader.next(), more);
    assert_eq!(event.unwrap().unwrap().first_seq(), last + 1);
    run.wait().await.unwrap();
}

/// A process that was stopped for longer than its lease goes on as if nothing had happened.
#[tokio::test(start_paused = true)]
async fn a_host_that_was_stopped_asks_the_store_before_it_answers() {
    let memory = MemoryStore::new();
    let stopped = Dying::immortal(memory.clone());
    let world = World::default();
    let first = world.host(stopped.clone()).owner("first").lease(LEASE);
    let first = first.build();
    let run = first.session(ID).submit("Hello").await.unwrap();
    run.wait().await.unwrap();
    let mut reader = first.session(ID).events(0);
    while !reader.next().await.unwrap().unwrap().is_terminal() {}
    stopped.stalled.send_replace(true);
    tokio::time::advance(LEASE * 2).await;
    let second = World::default().host(memory.clone()).owner("second");
    let second = second.lease(LEASE).build();
    let run = second.session(ID).submit("Again").await.unwrap();
    run.wait().await.unwrap();
    stopped.stalled.send_replace(false);

    assert_eq!(first.sessions_in_memory(), 1);
    let session = first.session(ID);
    let turns = session.snapshot().await.unwrap().turn_count;
    assert_eq!((turns, first.sessions_in_memory()), (2, 0));
    let owner = session.owned_by().await.unwrap().unwrap();
    assert_eq!(owner.owner(), "second");
    let mut read = Vec::new();
    while read.last() != Some(&"run-started".to_owned()) {
        let before = reader.position();
        let event = reader.next().await.unwrap().unwrap();
        assert_eq!(event.first_seq(), before + 1);
        read.push(event.type_name().to_owned());
    }
    // One event stands for those that the first one may have published and not stored.
    assert_eq!(read, ["log", "run-started"]);
}

#[tokio::test(start_paused = true)]
async fn a_prompt_to_a_session_that_was_taken_over_is_refused() {
    let store = MemoryStore::new();
    let world = World::default();
    let first = world.host(store.clone()).owner("first").build();
    first
        .session(ID)
        .submit("Hello")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    let second = world
        .host(store.clone())
        .owner("second")
        .takes_over(true)
        .build();
    second.session(ID).open().await.unwrap();
    let held = first.session(ID).submit("More").await.unwrap_err();
    assert_eq!(
        (held.kind(), held.owner()),
        (ErrorKind::Held, Some("second"))
    );
    assert_eq!(first.sessions_in_memory(), 0);
    assert_eq!(store.info(ID).await.unwrap().turns, 1);
}

#[tokio::test(start_paused = true)]
async fn a_host_of_the_same_name_continues_at_once() {
    let store = MemoryStore::new();
    let world = World::default();
    let first = world.host(store.clone()).owner("chat").build();
    first
        .session(ID)
        .submit("Hello")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    // As if it had been killed.
    drop(first);
    let second = world.host(store).owner("chat").build();
    second
        .session(ID)
        .submit("Again")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_host_that_lost_a_session_does_not_delete_it() {
    let store = MemoryStore::new();
    let world = World::default();
    let first = world.host(store.clone()).owner("first").build();
    let session = first.session(ID);
    session.submit("Hello").await.unwrap().wait().await.unwrap();
    let second = world.host(store.clone()).owner("second").takes_over(true);
    let run = second.build().session(ID).submit("Mine").await.unwrap();
    let held = session.delete().await.unwrap_err();
    assert_eq!(
        (held.kind(), held.owner()),
        (ErrorKind::Held, Some("second"))
    );
    run.wait().await.unwrap();
    assert_eq!(store.info(ID).await.unwrap().turns, 2);
}
