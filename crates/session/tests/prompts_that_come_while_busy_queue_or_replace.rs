//! What a session does with a prompt that comes while an inference is running, where it does not
//! refuse it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers panic too"
)]

use geppetto_engine::RunStatus;
use geppetto_session::{BusyPolicy, EngineRunner, Session, SessionError};
use geppetto_testing::{Gate, Script, ScriptedEngine};

fn session(policy: BusyPolicy, scripts: impl IntoIterator<Item = Script>) -> Session {
    let engine = ScriptedEngine::new(scripts);
    Session::builder(EngineRunner::new(engine))
        .busy_policy(policy)
        .build()
}

#[tokio::test]
async fn queued_prompts_run_in_order_and_can_be_seen_and_removed() {
    let gate = Gate::new();
    let scripts = [
        Script::new().hold_at(&gate).text("1"),
        Script::new().text("2"),
    ];
    let session = session(BusyPolicy::Queue { max: 2 }, scripts);
    let first = session.submit("first").await.unwrap();
    let second = session.submit("second").await.unwrap();
    let third = session.submit("third").await.unwrap();
    assert!(matches!(
        session.submit("fourth").await,
        Err(SessionError::QueueFull { max: 2, .. })
    ));
    let texts: Vec<String> = session
        .queued()
        .into_iter()
        .map(|queued| queued.text)
        .collect();
    assert_eq!(texts, ["second", "third"]);

    third.cancel();
    assert!(third.wait().await.unwrap_err().is_cancelled());
    assert_eq!(third.events().next().await, None);
    assert!(!session.remove_queued(third.id()));

    gate.open();
    assert_eq!(first.wait().await.unwrap().assistant_text(), "1");
    let mut events = second.events();
    assert_eq!(second.wait().await.unwrap().assistant_text(), "2");
    assert_eq!(events.next().await.unwrap().type_name(), "run-started");
    assert_eq!(session.turn_count(), 2);
    assert!(!session.is_running());
    assert_eq!(session.stream().violations(), []);
}

#[tokio::test]
async fn a_replacing_prompt_cancels_the_running_inference() {
    let scripts = [Script::new().text("par").hang(), Script::new().text("new")];
    let session = session(BusyPolicy::Replace, scripts);
    let first = session.submit("first").await.unwrap();
    let second = session.submit("second").await.unwrap();
    assert_eq!(first.outcome().await.status, RunStatus::Cancelled);
    assert_eq!(second.wait().await.unwrap().assistant_text(), "new");
    assert_eq!(session.turn_count(), 2);
    assert_eq!(session.stream().violations(), []);
}
