//! A queue is handed over one prompt after the other, however many there are: nothing nests.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test's helpers panic too"
)]

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use geppetto_engine::{
    EngineBuilder, EngineError, ErrorKind, InferenceRunner, RunContext, RunStatus,
};
use geppetto_session::{BusyPolicy, EngineRunner, ExecutionHandle, Session};
use geppetto_testing::{Gate, Script, ScriptedEngine};

/// Enough to overflow a test's stack of 2 MiB, were each started from inside of another's end.
const MANY: usize = 20_000;

/// Builds once, and then fails.
struct Once(EngineRunner, AtomicBool);

impl EngineBuilder for Once {
    fn build(&self, ctx: &RunContext, id: &str) -> Result<Arc<dyn InferenceRunner>, EngineError> {
        if self.1.swap(true, Ordering::SeqCst) {
            return Err(EngineError::new(ErrorKind::Configuration, "no engine"));
        }
        self.0.build(ctx, id)
    }
}

async fn fill(session: &Session) -> Vec<ExecutionHandle> {
    let mut runs = Vec::new();
    for _ in 0..MANY {
        runs.push(session.submit("hi").await.unwrap());
    }
    runs
}

#[tokio::test]
async fn where_none_of_them_can_start() {
    let gate = Gate::new();
    let engine = ScriptedEngine::always(Script::new().hold_at(&gate).text("ok"));
    let session = Session::builder(Once(EngineRunner::new(engine), AtomicBool::new(false)))
        .busy_policy(BusyPolicy::Queue { max: MANY })
        .build();
    let runs = fill(&session).await;
    gate.open();
    runs[0].wait().await.unwrap();
    for run in &runs[1..] {
        let error = run.wait().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the run could not be prepared: no engine"
        );
    }
    assert_eq!(session.turn_count(), 1);
    assert!(!session.is_running() && session.queued().is_empty());
}

#[test]
fn where_the_runtime_shuts_down() {
    let engine = ScriptedEngine::always(Script::new().hang());
    let session = Session::builder(EngineRunner::new(engine))
        .busy_policy(BusyPolicy::Queue { max: MANY })
        .build();
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
    };
    let first = runtime();
    let runs = first.block_on(fill(&session));
    drop(first);
    runtime().block_on(async {
        for run in &runs {
            let status = run.outcome().await.status.clone();
            assert!(matches!(status, RunStatus::Failed { .. }), "{status:?}");
        }
    });
    assert!(!session.is_running() && session.queued().is_empty());
    assert_eq!(session.stream().violations(), []);
}
