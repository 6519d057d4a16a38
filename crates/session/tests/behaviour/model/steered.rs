//! An engine whose runs end on command of the test.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use geppetto_engine::{
    BuiltRun, EngineBuilder, EngineError, ErrorKind, Finish, InferenceRunner, ResponseWriter,
    RunContext, RunReport, SeededIds,
};
use geppetto_session::{BusyPolicy, PauseAfter, Session};
use geppetto_turns::Turn;
use tokio::sync::oneshot;

/// Requested end of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Finish,
    Fail,
    /// Fails in a way that would repeat in the next run.
    Deny,
    Panic,
}

/// Replies "so", and then waits for a command or a cancellation.
#[derive(Clone, Default)]
pub(crate) struct Steered {
    waiting: Arc<Mutex<Option<oneshot::Sender<End>>>>,
    running: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

struct Leave(Arc<AtomicUsize>);

impl Drop for Leave {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Steered {
    pub(crate) fn session(&self, policy: BusyPolicy, pause: PauseAfter) -> Session {
        Session::builder(self.clone())
            .ids(Arc::new(SeededIds::new(1)))
            .busy_policy(policy)
            .pause_queue_after(pause)
            .build()
    }

    /// Ends the current run, if there is one.
    pub(crate) fn end(&self, end: End) {
        if let Some(run) = self.waiting.lock().unwrap().take() {
            let _ = run.send(end);
        }
    }

    pub(crate) fn most_at_once(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl EngineBuilder for Steered {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        Ok(BuiltRun::new(ctx, Arc::new(self.clone())))
    }
}

#[async_trait]
impl InferenceRunner for Steered {
    async fn run(&self, ctx: &RunContext, turn: &mut Turn) -> Result<RunReport, EngineError> {
        let now = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let _leave = Leave(Arc::clone(&self.running));
        let (sender, told) = oneshot::channel();
        *self.waiting.lock().unwrap() = Some(sender);
        let mut reply = ResponseWriter::start(ctx, turn, "test", "steered");
        let text = reply.open_text();
        reply.push(text, "so");
        let end = tokio::select! {
            biased;
            () = ctx.cancelled() => {
                return Err(reply.fail(EngineError::cancelled(), Finish::default()));
            }
            end = told => end.unwrap(),
        };
        match end {
            End::Finish => {
                let result = reply.finish(Finish::completed());
                Ok(RunReport::single(result, ctx.total_usage()))
            }
            End::Fail | End::Deny => {
                let kind = if end == End::Deny {
                    ErrorKind::Authentication
                } else {
                    ErrorKind::Server
                };
                Err(reply.fail(EngineError::new(kind, "told to"), Finish::default()))
            }
            End::Panic => panic!("told to"),
        }
    }
}
