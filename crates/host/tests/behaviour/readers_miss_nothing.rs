//! A reader that begins at any event sees the same events, whether they are in memory, in the store,
//! or to come, and whether its session is in memory or not.

use std::time::Duration;

use geppetto_events::Event;
use geppetto_host::{Events, HostedSession};
use geppetto_store::{MemoryStore, SessionStore};
use geppetto_testing::Gate;
use tokio::time::sleep;

use super::support::{ID, World, log};

/// Text of the answers, and the number of the last event.
async fn read(events: &mut Events, last: u64) -> (String, u64) {
    let mut text = String::new();
    while events.position() < last {
        let before = events.position();
        let event = events.next().await.unwrap().unwrap();
        assert_eq!(event.first_seq(), before + 1, "{event:?}");
        text.push_str(event.text_delta().unwrap_or_default());
    }
    (text, events.position())
}

/// Text of the deltas after a number.
fn rest(log: &[Event], after: u64) -> String {
    let mut rest = String::new();
    for event in log.iter().filter(|event| event.seq > after) {
        let text = event.text_delta().unwrap_or_default();
        let read = after.saturating_sub(event.first_seq() - 1);
        rest.extend(text.chars().skip(usize::try_from(read).unwrap()));
    }
    rest
}

async fn reads_the_same_from_anywhere(session: &HostedSession, log: &[Event]) {
    let last = log.last().unwrap().seq;
    for after in 0..=last {
        let found = read(&mut session.events(after), last).await;
        assert_eq!(found, (rest(log, after), last), "after {after}");
    }
}

#[tokio::test(start_paused = true)]
async fn in_memory_in_the_store_and_after_a_restart() {
    let store = MemoryStore::new();
    let world = World::default();
    let host = world.host(store.clone()).build();
    let session = host.session(ID);
    for prompt in ["Hello", "pay note"] {
        session.submit(prompt).await.unwrap().wait().await.unwrap();
    }
    sleep(Duration::from_secs(1)).await;
    let events = log(&store).await;
    reads_the_same_from_anywhere(&session, &events).await;
    host.shutdown(Duration::ZERO).await;

    let host = world.host(store.clone()).build();
    let session = host.session(ID);
    reads_the_same_from_anywhere(&session, &events).await;
    // A reader that waited for what comes.
    let last = events.last().unwrap().seq;
    let mut waiting = session.events(last);
    let submit = session.submit("More");
    let (first, run) = tokio::join!(waiting.next(), submit);
    assert_eq!(first.unwrap().unwrap().seq, last + 1);
    run.unwrap().wait().await.unwrap();
    host.shutdown(Duration::ZERO).await;
    // And then to the end of the host.
    while waiting.next().await.unwrap().is_some() {}
    assert_eq!(waiting.position(), store.info(ID).await.unwrap().last_seq);
}

#[tokio::test(start_paused = true)]
async fn beyond_what_memory_retains() {
    let store = MemoryStore::new();
    let host = World::default().host(store.clone()).build();
    let session = host.session(ID);
    let long = "x".repeat(200_000);
    for _ in 0..3 {
        session
            .submit(long.as_str())
            .await
            .unwrap()
            .wait()
            .await
            .unwrap();
    }
    let last = session.open().await.unwrap().stream().last_seq();
    let (text, _) = read(&mut session.events(0), last).await;
    assert_eq!(text.len(), 3 * (long.len() + 1));
}

#[tokio::test(start_paused = true)]
async fn of_a_session_that_another_host_runs() {
    let store = MemoryStore::new();
    let mut world = World::default();
    let gate = Gate::new();
    world.in_reply = Some(gate.clone());
    let first = world.host(store.clone()).owner("first").build();
    let run = first.session(ID).submit("Hello").await.unwrap();
    gate.reached().await;
    let second = World::default().host(store.clone()).owner("second").build();
    let mut events = second.session(ID).events(0);
    let mut text = String::new();
    while text != "Hello" {
        let event = events.next().await.unwrap().unwrap();
        text.push_str(event.text_delta().unwrap_or_default());
    }
    gate.open();
    run.wait().await.unwrap();
    while !events.next().await.unwrap().unwrap().is_terminal() {}
    assert_eq!(second.sessions_in_memory(), 0);
}

#[tokio::test(start_paused = true)]
async fn until_the_session_is_deleted() {
    let host = World::default().host(MemoryStore::new()).build();
    let session = host.session(ID);
    assert_eq!(session.events(0).next().await.unwrap(), None);
    session.submit("Hello").await.unwrap().wait().await.unwrap();
    let mut events = session.events(0);
    events.next().await.unwrap().unwrap();
    session.delete().await.unwrap();
    while events.next().await.unwrap().is_some() {}
}
