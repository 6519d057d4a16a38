//! A session exists once it has a prompt, or was created on purpose. Whatever else is done to an id
//! that does not exist fails, and leaves nothing in listings.

use std::time::Duration;

use geppetto_engine::Decision;
use geppetto_host::{ErrorKind, NewSession};
use geppetto_store::{MemoryStore, Page, SessionStore};

use super::support::{Dying, ID, World};

async fn sessions(store: &MemoryStore) -> Vec<String> {
    let listed = store.list(&Page::first(10)).await.unwrap();
    listed.into_iter().map(|info| info.id).collect()
}

#[tokio::test(start_paused = true)]
async fn changes_of_a_missing_session_are_not_found() {
    let store = MemoryStore::new();
    let host = World::default().host(store.clone()).build();
    let session = host.session(ID);
    let mut errors = vec![
        ("undo", session.undo().await.unwrap_err()),
        ("rename", session.rename("Title").await.unwrap_err()),
        ("regroup", session.regroup("user").await.unwrap_err()),
        ("update", session.update_latest(|_| ()).await.unwrap_err()),
        ("resume", session.resume().await.unwrap_err()),
        ("end", session.end().await.unwrap_err()),
        ("cancel", session.cancel().await.unwrap_err()),
    ];
    let answer = session.answer([("call", Decision::Allow)]);
    for (name, submit) in [
        ("retry", session.retry()),
        ("retry with a key", session.retry().idempotency_key("key")),
        ("edit", session.edit_prompt("Hello")),
        ("answer", answer),
        ("inference", session.inference()),
    ] {
        errors.push((name, submit.submit().await.unwrap_err()));
    }
    for (name, error) in errors {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{name}: {error:?}");
    }
    assert!(sessions(&store).await.is_empty());
    assert_eq!(host.sessions_in_memory(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_session_does_not_come_back() {
    let store = MemoryStore::new();
    let host = World::default().host(store.clone()).build();
    let session = host.session(ID);
    session.submit("Hello").await.unwrap().wait().await.unwrap();
    assert!(session.delete().await.unwrap());
    let late = session.rename("Late").await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::NotFound, "{late:?}");
    assert!(sessions(&store).await.is_empty());
    // A prompt begins it anew.
    session.submit("Hello").await.unwrap().wait().await.unwrap();
    assert_eq!(session.turns().await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_prompt_that_is_refused_creates_none() {
    let store = MemoryStore::new();
    let host = World::default().host(store.clone()).max_runs(0).build();
    let refused = host.session(ID).submit("Hello").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::AtCapacity);
    assert!(sessions(&store).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn of_two_that_create_it_one_succeeds() {
    let memory = MemoryStore::new();
    let store = Dying::immortal(memory.clone());
    let host = World::default().host(store.clone()).build();
    store.stalled.send_replace(true);
    let new = || NewSession::new().id(ID).title("Mine");
    let mut both = tokio::task::JoinSet::new();
    for _ in 0..2 {
        let host = host.clone();
        both.spawn(async move { host.create(new()).await.map(drop) });
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    store.stalled.send_replace(false);
    let results = both.join_all().await;
    let created = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(created, 1, "{results:?}");
    let exists = results.into_iter().find_map(Result::err).unwrap();
    assert_eq!(exists.kind(), ErrorKind::Exists);
}
