//! A user interface's thread has no runtime: it submits to one, and may block.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use async_trait::async_trait;
use geppetto_engine::{BuiltRun, EngineBuilder, EngineError, RunContext};
use geppetto_session::{EngineRunner, Session, SessionError, WaitError};
use geppetto_testing::{Gate, Script, ScriptedEngine};

#[test]
fn with_a_handle_of_the_runtime() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let engine = ScriptedEngine::always(Script::new().text("ok"));
    let session = Session::builder(EngineRunner::new(engine))
        .runtime(runtime.handle().clone())
        .build();
    for _ in 0..2 {
        let run = session.try_submit("hi").unwrap();
        assert_eq!(run.wait_blocking().unwrap().assistant_text(), "ok");
    }
    // After the terminal event the session is as good as free.
    let run = session.try_submit("hi").unwrap();
    runtime.block_on(async {
        let mut events = run.events();
        while events.next().await.is_some() {}
    });
    let run = session.try_submit("right after").unwrap();
    assert_eq!(run.wait_blocking().unwrap().blocks.len(), 8);
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future outside of any tokio runtime.
fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// Needs a runtime, as most clients of a network do.
struct NeedsRuntime(EngineRunner);

#[async_trait]
impl EngineBuilder for NeedsRuntime {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        let task = tokio::runtime::Handle::current().spawn(async {});
        task.await.unwrap();
        self.0.build(ctx).await
    }
}

#[test]
fn in_the_executor_of_another_library() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap();
    let engine = ScriptedEngine::always(Script::new().text("ok"));
    let session = Session::builder(NeedsRuntime(EngineRunner::new(engine)))
        .runtime(runtime.handle().clone())
        .build();
    let run = block_on(session.submit("hi")).unwrap();
    assert_eq!(block_on(run.wait()).unwrap().assistant_text(), "ok");
}

#[test]
fn without_one_the_error_says_what_to_do() {
    let session = Session::from_engine(ScriptedEngine::always(Script::new().text("ok")));
    let error = session.try_submit("hi").unwrap_err();
    assert!(matches!(error, SessionError::NoRuntime));
    assert!(
        error.to_string().contains("SessionBuilder::runtime"),
        "{error}"
    );
    assert!(!session.is_running());
}

#[tokio::test]
async fn a_task_of_the_runtime_must_not_block() {
    let gate = Gate::new();
    let engine = ScriptedEngine::always(Script::new().hold_at(&gate).text("ok"));
    let session = Session::from_engine(engine);
    let run = session.try_submit("hi").unwrap();
    let error = run.wait_blocking().unwrap_err();
    assert!(matches!(error, WaitError::InsideRuntime));
    assert!(error.to_string().contains("wait().await"), "{error}");
    let busy = session.try_submit("meanwhile");
    assert!(matches!(busy, Err(SessionError::Busy { .. })));
    gate.open();
    run.wait().await.unwrap();
}
