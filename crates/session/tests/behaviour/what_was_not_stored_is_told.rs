//! A run whose turn was not stored has its outcome and says so. A run that lost its session to
//! another process has failed.

use async_trait::async_trait;
use geppetto_engine::{ErrorKind, Persister, RunJournal, RunStatus, StoreError};
use geppetto_session::{EngineRunner, Session, WaitError};
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

/// Never answers.
struct Stuck;

impl RunJournal for Stuck {}

#[async_trait]
impl Persister for Stuck {
    async fn persist(&self, _: &Turn, _: &RunStatus) -> Result<(), StoreError> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_recorder_that_never_answers_is_given_up() {
    let engine = ScriptedEngine::always(Script::new().text("ok"));
    let session = Session::builder(EngineRunner::new(engine))
        .recorder(Stuck)
        .build();
    let outcome = session.submit("hello").await.unwrap().outcome().await;
    assert_eq!(outcome.status, RunStatus::Finished);
    let error = outcome.persist_error.as_deref();
    assert_eq!(error, Some("the persister took longer than 30s"));
}

#[test]
fn a_run_whose_runtime_shut_down_was_not_stored() {
    let engine = ScriptedEngine::always(Script::new().hang());
    let session = Session::builder(EngineRunner::new(engine))
        .recorder(Stuck)
        .build();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let run = runtime.block_on(session.submit("hello")).unwrap();
    drop(runtime);
    let error = run.wait_blocking().unwrap_err();
    let WaitError::Run(error) = error else {
        panic!("{error:?}");
    };
    let error = error.outcome().persist_error.clone();
    assert_eq!(error.as_deref(), Some("not stored: the runtime shut down"));
}
