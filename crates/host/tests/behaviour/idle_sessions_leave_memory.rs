//! Sessions that are not used leave memory and come back; sessions that are used stay.

use std::time::Duration;

use geppetto_host::ErrorKind;
use geppetto_store::{MemoryStore, SessionStore};
use geppetto_testing::Gate;
use tokio::time::sleep;

use super::support::{ID, World, log};

const IDLE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn after_some_time() {
    let store = MemoryStore::new();
    let host = World::default()
        .host(store.clone())
        .idle_after(IDLE)
        .build();
    let session = host.session(ID);
    session.submit("Hello").await.unwrap().wait().await.unwrap();
    sleep(IDLE / 3).await;
    assert_eq!(host.sessions_in_memory(), 1);
    sleep(IDLE * 2).await;
    assert_eq!(host.sessions_in_memory(), 0);
    assert_eq!(store.info(ID).await.unwrap().owner, None);
    log(&store).await;
    // What needs no session in memory works.
    assert_eq!(session.turns().await.unwrap().len(), 1);
    assert_eq!(host.sessions_in_memory(), 0);
    let turn = session.submit("Again").await.unwrap().wait().await.unwrap();
    assert_eq!(turn.blocks.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn but_not_while_it_runs_or_is_read() {
    let mut world = World::default();
    let gate = Gate::new();
    world.in_reply = Some(gate.clone());
    let host = world.host(MemoryStore::new()).idle_after(IDLE).build();
    let session = host.session(ID);
    let run = session.submit("Hello").await.unwrap();
    sleep(IDLE * 3).await;
    assert_eq!(host.sessions_in_memory(), 1);
    let mut events = session.events(0);
    assert_eq!(events.next().await.unwrap().unwrap().seq, 1);
    gate.open();
    run.wait().await.unwrap();
    sleep(IDLE * 3).await;
    assert_eq!(host.sessions_in_memory(), 1);
    drop(events);
    let open = session.open().await.unwrap();
    sleep(IDLE * 3).await;
    assert_eq!(open.turn_count(), 1);
    assert_eq!(host.sessions_in_memory(), 1);
    drop(open);
    sleep(IDLE * 3).await;
    assert_eq!(host.sessions_in_memory(), 0);
}

#[tokio::test(start_paused = true)]
async fn where_there_is_room_for_few_the_oldest_one_leaves() {
    let mut world = World::default();
    let gate = Gate::new();
    world.in_reply = Some(gate.clone());
    let host = world.host(MemoryStore::new()).max_sessions(2).build();
    let running = host.session("running").submit("Hello").await.unwrap();
    let mut held = None;
    for id in ["a", "b", "c"] {
        held = Some(host.session(id).open().await.unwrap());
        assert_eq!(host.sessions_in_memory(), 2);
        if id != "c" {
            held = None;
        }
    }
    let full = host.session("d").open().await.unwrap_err();
    assert_eq!(full.kind(), ErrorKind::AtCapacity);
    drop(held);
    gate.open();
    running.wait().await.unwrap();
    host.session("d").open().await.unwrap();
    assert_eq!(host.sessions_in_memory(), 2);
}

#[tokio::test(start_paused = true)]
async fn runs_beyond_the_limit_are_refused() {
    let mut world = World::default();
    let gate = Gate::new();
    world.in_reply = Some(gate.clone());
    let host = world.host(MemoryStore::new()).max_runs(1).build();
    let first = host.session("a").submit("Hello").await.unwrap();
    let refused = host.session("b").submit("Hello").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::AtCapacity);
    gate.open();
    first.wait().await.unwrap();
    tokio::task::yield_now().await;
    host.session("b")
        .submit("Hello")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
}
