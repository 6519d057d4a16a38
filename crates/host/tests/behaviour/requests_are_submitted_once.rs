//! A request with an idempotency key is submitted once, also after a restart; another one with the
//! same key is refused.

use std::time::Duration;

use geppetto_engine::InferenceConfig;
use geppetto_host::{ErrorKind, HostedSession, Submit};
use geppetto_session::BusyPolicy;
use geppetto_store::{EndStatus, MemoryStore};
use geppetto_testing::Gate;
use geppetto_turns::ImagePart;

use super::support::{ID, World};

fn request(session: &HostedSession, text: &str) -> Submit {
    session.prompt(text).idempotency_key("key")
}

#[tokio::test(start_paused = true)]
async fn while_it_runs_after_it_ended_and_after_a_restart() {
    let store = MemoryStore::new();
    let mut world = World::default();
    let gate = Gate::new();
    world.in_reply = Some(gate.clone());
    let host = world.host(store.clone()).build();
    let session = host.session(ID);
    let first = request(&session, "Hello").submit().await.unwrap();
    assert!(!first.is_repeated());
    let again = request(&session, "Hello").submit().await.unwrap();
    assert_eq!((again.id(), again.is_repeated()), (first.id(), true));
    gate.open();
    assert_eq!(again.wait().await.unwrap(), first.wait().await.unwrap());
    let turn = first.wait().await.unwrap();
    session
        .submit("Another")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    // Its turn is known as long as it is in the history.
    let again = request(&session, "Hello").submit().await.unwrap();
    assert_eq!((again.id(), again.is_repeated()), (first.id(), true));
    assert_eq!(again.wait().await.unwrap(), turn);
    assert_eq!(again.end(), None);

    host.shutdown(Duration::ZERO).await;
    let host = world.host(store).build();
    let session = host.session(ID);
    let again = request(&session, "Hello").submit().await.unwrap();
    assert_eq!((again.id(), again.is_repeated()), (first.id(), true));
    assert_eq!(session.info().await.unwrap().turns, 2);
}

#[tokio::test(start_paused = true)]
async fn with_another_content_it_is_refused() {
    let host = World::default().host(MemoryStore::new()).build();
    let session = host.session(ID);
    request(&session, "Hello")
        .submit()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    let image = ImagePart::url("https://example.org/a.png");
    let mut hot = InferenceConfig::default();
    hot.temperature = Some(0.7);
    for other in [
        request(&session, "Hello!"),
        request(&session, "Hello").model("other"),
        request(&session, "Hello").settings(hot),
        request(&session, "Hello").images([image]),
        session.retry().idempotency_key("key"),
        session.edit_prompt("Hello").idempotency_key("key"),
    ] {
        let error = other.submit().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::KeyReused);
        assert!(error.to_string().contains("new key"), "{error}");
    }
    let again = request(&session, "Hello").submit().await.unwrap();
    assert_eq!(again.end().unwrap().status, EndStatus::Finished);
    // Keys of other sessions are others.
    let other = request(&host.session("other"), "Hi")
        .submit()
        .await
        .unwrap();
    assert!(!other.is_repeated());
}

#[tokio::test(start_paused = true)]
async fn many_at_once_are_one() {
    let host = World::default().host(MemoryStore::new()).build();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let session = host.session(ID);
        tasks.spawn(async move { request(&session, "Hello").submit().await.unwrap() });
    }
    let mut runs = Vec::new();
    while let Some(run) = tasks.join_next().await {
        runs.push(run.unwrap());
    }
    assert_eq!(runs.iter().filter(|run| !run.is_repeated()).count(), 1);
    assert!(runs.iter().all(|run| run.id() == runs[0].id()));
}

#[tokio::test(start_paused = true)]
async fn one_that_was_refused_can_be_sent_again() {
    let mut world = World::default();
    let gate = Gate::new();
    world.in_reply = Some(gate.clone());
    let host = world.host(MemoryStore::new()).build();
    let session = host.session(ID);
    let first = session.submit("First").await.unwrap();
    let busy = request(&session, "Hello").submit().await.unwrap_err();
    assert_eq!(busy.kind(), ErrorKind::Busy);
    assert_eq!(busy.running(), Some(first.id()));
    gate.open();
    first.wait().await.unwrap();
    // Another content, because the first one was never accepted.
    let run = request(&session, "Hi").submit().await.unwrap();
    assert!(!run.is_repeated());
    run.wait().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_that_was_withdrawn_from_the_queue_leaves_no_trace() {
    let mut world = World::default();
    let gate = Gate::new();
    world.in_reply = Some(gate.clone());
    let host = world
        .host(MemoryStore::new())
        .busy_policy(BusyPolicy::Queue { max: 3 })
        .build();
    let session = host.session(ID);
    let first = session.submit("First").await.unwrap();
    let queued = tokio::spawn(request(&session, "Hello").submit());
    while session.snapshot().await.unwrap().queued.is_empty() {
        tokio::task::yield_now().await;
    }
    let open = session.open().await.unwrap();
    let run_id = open.queued()[0].run_id.clone();
    assert!(open.remove_queued(&run_id));
    queued.await.unwrap().unwrap_err();
    gate.open();
    first.wait().await.unwrap();
    let run = request(&session, "Hello").submit().await.unwrap();
    assert!(!run.is_repeated());
    run.wait().await.unwrap();
    assert_eq!(session.info().await.unwrap().turns, 2);
}
