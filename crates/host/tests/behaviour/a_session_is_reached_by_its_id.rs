//! A session is opened by its first use, once, and lists, forks and deletes work whether it is in
//! memory or not.

use std::time::Duration;

use geppetto_host::{ErrorKind, NewSession, State};
use geppetto_store::{MemoryStore, Page, SessionStore};

use super::support::{ID, World};

#[tokio::test(start_paused = true)]
async fn many_callers_at_once_open_it_once() {
    let store = MemoryStore::new();
    let host = World::default().host(store.clone()).build();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..20 {
        let session = host.session(ID);
        tasks.spawn(async move { (n, session.submit(format!("Prompt {n}")).await) });
    }
    let mut accepted = 0;
    while let Some(submitted) = tasks.join_next().await {
        match submitted.unwrap() {
            (_, Ok(run)) => {
                accepted += 1;
                run.wait().await.unwrap();
            }
            (_, Err(error)) => assert_eq!(error.kind(), ErrorKind::Busy, "{error}"),
        }
    }
    assert!(accepted >= 1);
    assert_eq!(host.sessions_in_memory(), 1);
    assert_eq!(store.info(ID).await.unwrap().turns, accepted);
}

#[tokio::test(start_paused = true)]
async fn it_is_created_listed_forked_renamed_and_deleted() {
    let store = MemoryStore::new();
    let host = World::default().host(store.clone()).build();
    let new = NewSession::new().id("a").group("ann");
    let session = host.create(new.clone()).await.unwrap();
    let exists = host.create(new).await.unwrap_err();
    assert_eq!(exists.kind(), ErrorKind::Exists);
    session
        .submit("  Hello,\n world ")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    host.session("b")
        .submit("Other")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();

    let fork = session.fork_at(0, Some("fork".to_owned())).await.unwrap();
    fork.rename("A fork").await.unwrap();
    let page = Page::newest(9).of_group("ann");
    let mut listed = host.list(&page).await.unwrap();
    listed.sort_by(|a, b| a.0.id.cmp(&b.0.id));
    let listed: Vec<_> = listed
        .iter()
        .map(|(info, state)| (info.id.as_str(), info.title.as_deref(), state))
        .collect();
    assert_eq!(
        listed,
        [
            ("a", Some("Hello, world"), &State::Idle),
            ("fork", Some("A fork"), &State::Idle)
        ]
    );
    assert!(session.delete().await.unwrap());
    assert!(!session.delete().await.unwrap());
    assert_eq!(
        session.info().await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    let turn = fork.submit("Go on").await.unwrap().wait().await.unwrap();
    assert_eq!(turn.blocks.len(), 4);
    // A deleted session begins again.
    session.submit("New").await.unwrap().wait().await.unwrap();
    assert_eq!(session.info().await.unwrap().turns, 1);
    host.shutdown(Duration::ZERO).await;
    let refused = session.submit("Late").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ShuttingDown);
}
