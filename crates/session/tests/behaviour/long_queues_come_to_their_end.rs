//! Queued prompts start one after the other, however many there are, without recursion.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
};

use async_trait::async_trait;
use geppetto_engine::{
    BuiltRun, EngineBuilder, EngineError, ErrorKind, InferenceRunner, RunContext, RunReport,
    RunStatus,
};
use geppetto_session::{BusyPolicy, EngineRunner, ExecutionHandle, Session};
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_turns::Turn;

/// Enough to overflow a test's stack of 2 MiB if each started from within the end of another, which takes
/// more than 512 bytes of it.
const MANY: usize = 4_000;

/// Builds once, and then fails.
struct Once(EngineRunner, AtomicBool);

#[async_trait]
impl EngineBuilder for Once {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        if self.1.swap(true, Ordering::SeqCst) {
            return Err(EngineError::new(ErrorKind::Configuration, "no engine"));
        }
        self.0.build(ctx).await
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
        assert_eq!(error.to_string(), "no engine");
        let kind = error.engine_error().unwrap().kind();
        assert_eq!(kind, ErrorKind::Configuration);
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

/// Submits a prompt when the second runner is dropped: while the next prompt is being started, and
/// no run is active.
struct Overtakes(Arc<Mutex<Option<Session>>>, AtomicUsize);

struct Hangs {
    submits: Option<Arc<Mutex<Option<Session>>>>,
}

#[async_trait]
impl InferenceRunner for Hangs {
    async fn run(&self, _: &RunContext, _: &mut Turn) -> Result<RunReport, EngineError> {
        std::future::pending().await
    }
}

impl Drop for Hangs {
    fn drop(&mut self) {
        let session = self
            .submits
            .take()
            .and_then(|own| own.lock().unwrap().take());
        if let Some(session) = session {
            let submit = std::pin::pin!(session.submit("overtakes"));
            let polled = submit.poll(&mut Context::from_waker(Waker::noop()));
            assert!(matches!(polled, Poll::Ready(Ok(_))));
        }
    }
}

#[async_trait]
impl EngineBuilder for Overtakes {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        let second = self.1.fetch_add(1, Ordering::SeqCst) == 1;
        let submits = second.then(|| Arc::clone(&self.0));
        Ok(BuiltRun::new(ctx, Arc::new(Hangs { submits })))
    }
}

#[test]
fn where_a_prompt_comes_between_two_of_them() {
    let own: Arc<Mutex<Option<Session>>> = Arc::default();
    let session = Session::builder(Overtakes(Arc::clone(&own), AtomicUsize::new(0)))
        .busy_policy(BusyPolicy::Queue { max: 9 })
        .build();
    *own.lock().unwrap() = Some(session.clone());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        for text in ["first", "second", "third"] {
            let _ = session.submit(text).await.unwrap();
        }
    });
    drop(runtime);
    let last = session.latest().unwrap();
    let said: Vec<&str> = last
        .blocks
        .iter()
        .filter_map(|block| block.text())
        .collect();
    assert_eq!(said, ["first", "second", "third", "overtakes"]);
    assert!(!session.is_running() && session.queued().is_empty());
}
