//! A run's task that is dropped by its runtime cannot wait for a store: it stores what it can, and
//! reports the rest.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use geppetto_engine::{Persister, RunStatus, StoreError, keys};
use geppetto_enginebuilder::Builder;
use geppetto_session::Session;
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_turns::Turn;
use tokio::runtime::{Builder as RuntimeBuilder, Runtime};

fn runtime() -> Runtime {
    RuntimeBuilder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// Cannot store without waiting.
struct Remote;

#[async_trait]
impl Persister for Remote {
    async fn persist(&self, _: &Turn, _: &RunStatus) -> Result<(), StoreError> {
        std::future::pending().await
    }
}

/// Stores synchronously, if it must.
#[derive(Default)]
struct Local {
    stored: Mutex<Vec<(Turn, RunStatus)>>,
    reached: Gate,
}

#[async_trait]
impl Persister for Local {
    async fn persist(&self, _: &Turn, _: &RunStatus) -> Result<(), StoreError> {
        self.reached.pass().await;
        Ok(())
    }

    fn persist_now(&self, turn: &Turn, status: &RunStatus) -> Result<(), StoreError> {
        self.stored
            .lock()
            .unwrap()
            .push((turn.clone(), status.clone()));
        Ok(())
    }
}

/// Submits a prompt, and drops the runtime when `gate` is reached.
fn shut_down(
    script: Script,
    gate: &Gate,
    persister: Arc<dyn Persister>,
) -> Arc<geppetto_session::RunOutcome> {
    let engine = ScriptedEngine::new([script]);
    let session = Session::new(Builder::new(engine).persister(persister));
    let first = runtime();
    let run = first.block_on(async {
        let run = session.submit("hi").await.unwrap();
        gate.reached().await;
        run
    });
    drop(first);
    assert!(!session.is_running());
    runtime().block_on(run.outcome())
}

#[test]
fn where_the_store_cannot_write_at_once() {
    let gate = Gate::new();
    let script = Script::new().text("par").hold_at(&gate);
    let outcome = shut_down(script, &gate, Arc::new(Remote));
    assert!(matches!(outcome.status, RunStatus::Failed { .. }));
    let not_stored = "not stored: the runtime shut down";
    assert_eq!(outcome.persist_error.as_deref(), Some(not_stored));
}

#[test]
fn where_the_store_can_write_at_once() {
    let gate = Gate::new();
    let script = Script::new().text("par").hold_at(&gate);
    let local = Arc::new(Local::default());
    let outcome = shut_down(script, &gate, local.clone());
    assert_eq!(outcome.persist_error, None);
    let stored = local.stored.lock().unwrap();
    let [(turn, status)] = &stored[..] else {
        panic!("{stored:?}");
    };
    assert_eq!(turn.assistant_text(), "par");
    assert!(turn.metadata.contains(&keys::RUN_TOTALS));
    assert_eq!(*status, outcome.status);
}

#[test]
fn where_it_was_storing_a_run_that_finished() {
    let local = Arc::new(Local::default());
    let script = Script::new().text("whole");
    let outcome = shut_down(script, &local.reached.clone(), local.clone());
    assert_eq!(outcome.status, RunStatus::Finished);
    assert_eq!(outcome.persist_error, None);
    let stored = local.stored.lock().unwrap();
    assert_eq!(stored[0].0.assistant_text(), "whole");
    assert_eq!(stored[0].1, RunStatus::Finished);
}
