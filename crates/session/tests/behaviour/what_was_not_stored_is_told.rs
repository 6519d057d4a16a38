//! A run whose turn was not stored has its outcome and says so. A run that lost its session to
//! another process has failed.

use async_trait::async_trait;
use geppetto_engine::{ErrorKind, Persister, RunJournal, RunStatus, StoreError};
use geppetto_session::{EngineRunner, Session};
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_turns::Turn;

/// Fails to store turns.
struct Full(fn() -> StoreError);

impl RunJournal for Full {}

#[async_trait]
impl Persister for Full {
    async fn persist(&self, _: &Turn, _: &RunStatus) -> Result<(), StoreError> {
        Err((self.0)())
    }
}

fn session(error: fn() -> StoreError) -> Session {
    let engine = ScriptedEngine::always(Script::new().text("ok"));
    Session::builder(EngineRunner::new(engine))
        .recorder(Full(error))
        .build()
}

#[tokio::test]
async fn a_finished_run_stays_finished() {
    let session = session(|| StoreError::new("the disk is full"));
    let run = session.submit("hello").await.unwrap();
    let outcome = run.outcome().await;
    assert_eq!(outcome.status, RunStatus::Finished);
    assert_eq!(outcome.persist_error.as_deref(), Some("the disk is full"));
    assert_eq!(run.wait().await.unwrap_err().turn().assistant_text(), "ok");
}

#[tokio::test]
async fn a_run_that_lost_its_session_failed() {
    let session = session(|| StoreError::fenced("another process owns the session"));
    let outcome = session.submit("hello").await.unwrap().outcome().await;
    let is_fenced = |status: &RunStatus| {
        matches!(
            status,
            RunStatus::Failed {
                kind: ErrorKind::Fenced,
                ..
            }
        )
    };
    assert!(is_fenced(&outcome.status), "{:?}", outcome.status);
    assert!(outcome.persist_error.is_some());
}
