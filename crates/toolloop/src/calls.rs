//! [`Calls`]: the tool calls of one model output, run and answered.

use std::{
    collections::VecDeque,
    future::{Future as _, poll_fn},
    pin::Pin,
    sync::Arc,
    task::Poll,
};

use geppetto_engine::{EngineError, RunContext, ToolConfig};
use geppetto_events::Correlation;
use geppetto_turns::{ToolCall, Turn};
use tokio::time::timeout;

use crate::{
    ToolExecutor, ToolRegistry,
    isolate::{self, Isolated},
    stop::{TOOL_CANCEL_GRACE, deadline_passed, is_stopped, stopped},
};

mod call;
mod slot;

use call::{Env, run_call};
use slot::Slot;

/// A call that waits for its answer, and what its events belong to.
pub(crate) type Request = (ToolCall, Arc<Correlation>);

/// The tool calls of one model output.
///
/// They start in the order of the calls: one that may run beside others as soon as there is room
/// and no exclusive one runs, an exclusive one when nothing else runs. None overtakes another, so
/// an exclusive call is never starved.
///
/// However this ends, dropped half-way included, every call has one answer in the turn, in the
/// order of the calls, and its events are complete.
pub(crate) struct Calls<'a> {
    parent: &'a RunContext,
    env: Arc<Env>,
    turn: &'a mut Turn,
    slots: Vec<Arc<Slot>>,
    /// Indices of the slots that have not started, in order.
    waiting: VecDeque<usize>,
    running: Vec<Running>,
    /// Why calls that have not started are not run, where it is known.
    not_run: Option<String>,
    /// Whether a call ended the run.
    failed: bool,
    settled: bool,
}

struct Running {
    exclusive: bool,
    future: Isolated<'static, Result<(), EngineError>>,
}

/// With what calls are run.
pub(crate) struct Tooling<'a> {
    pub(crate) registry: &'a ToolRegistry,
    pub(crate) executor: &'a Arc<dyn ToolExecutor>,
    pub(crate) config: &'a ToolConfig,
    /// Names the model output within all runs.
    pub(crate) key: String,
}

impl<'a> Calls<'a> {
    /// Prepares calls whose answers go to the end of `turn`.
    pub(crate) fn new(
        ctx: &'a RunContext,
        turn: &'a mut Turn,
        tooling: Tooling<'_>,
        requests: Vec<Request>,
    ) -> Self {
        let slots: Vec<Arc<Slot>> = requests
            .into_iter()
            .map(|(call, correlation)| Arc::new(Slot::new(ctx, call, correlation)))
            .collect();
        Self {
            parent: ctx,
            env: Arc::new(Env {
                ctx: ctx.child(),
                registry: tooling.registry.clone(),
                executor: Arc::clone(tooling.executor),
                config: tooling.config.clone(),
                key: tooling.key,
            }),
            turn,
            waiting: (0..slots.len()).collect(),
            slots,
            running: Vec::new(),
            not_run: None,
            failed: false,
            settled: false,
        }
    }

    /// Runs the first `allowed` calls and answers all; the others say `why` they were not run.
    pub(crate) async fn run(mut self, allowed: usize, why: &str) -> Result<(), EngineError> {
        let others = self.waiting.split_off(allowed.min(self.waiting.len()));
        let outcome = self.drive().await;
        if !others.is_empty() && outcome.is_ok() && !is_stopped(self.parent) {
            self.not_run = Some(why.to_owned());
        }
        self.settle();
        outcome
    }

    /// Answers all calls as not run.
    pub(crate) fn refuse(mut self, why: &str) {
        self.not_run = Some(why.to_owned());
        self.settle();
    }

    async fn drive(&mut self) -> Result<(), EngineError> {
        let limit = isolate::call(|| self.env.executor.max_parallel(&self.env.config));
        let limit = limit
            .map_err(|message| isolate::panicked("the hook `max_parallel`", &message))?
            .max(1);
        let parent = self.parent;
        let mut stop = std::pin::pin!(stopped(parent));
        let mut failure = None;
        loop {
            self.start(limit);
            if self.running.is_empty() {
                break;
            }
            tokio::select! {
                biased;
                outcome = next_done(&mut self.running) => if let Err(error) = outcome {
                    failure = Some(error);
                    break;
                },
                () = stop.as_mut() => break,
            }
        }
        self.failed = failure.is_some();
        if !self.running.is_empty() {
            self.wind_down().await;
        }
        failure.map_or(Ok(()), Err)
    }

    /// Starts what may start, in order.
    fn start(&mut self, limit: usize) {
        while let Some(&index) = self.waiting.front() {
            let Some(slot) = self.slots.get(index) else {
                return;
            };
            let traits = self.env.registry.traits(&slot.call.name);
            let exclusive = traits.is_some_and(|traits| traits.exclusive);
            let room = match exclusive {
                true => self.running.is_empty(),
                false => {
                    self.running.len() < limit && !self.running.iter().any(|call| call.exclusive)
                }
            };
            if !room || is_stopped(self.parent) {
                return;
            }
            self.waiting.pop_front();
            let future = run_call(Arc::clone(&self.env), Arc::clone(slot));
            self.running.push(Running {
                exclusive,
                future: Isolated::new(future),
            });
        }
    }

    /// Tells what runs to stop, and waits for it as long as the grace lasts.
    async fn wind_down(&mut self) {
        self.env.ctx.cancel();
        let all_done = async {
            while !self.running.is_empty() {
                // The run ends anyway, for the first reason that there was.
                let _ = next_done(&mut self.running).await;
            }
        };
        let _ = timeout(TOOL_CANCEL_GRACE, all_done).await;
    }

    /// Stops what still runs, answers what has no answer, and appends all answers.
    fn settle(&mut self) {
        if std::mem::replace(&mut self.settled, true) {
            return;
        }
        self.env.ctx.cancel();
        self.running.clear();
        let reason = self.reason();
        for slot in &self.slots {
            let answer = if slot.is_running() {
                format!("cancelled: {reason}")
            } else {
                format!("not run: {reason}")
            };
            // Calls that have their answer keep it. The run ends anyway.
            let _ = slot.answer(&*self.env.executor, Err(answer));
        }
        for block in self.slots.iter().filter_map(|slot| slot.to_block()) {
            self.turn.push(block);
        }
    }

    fn reason(&self) -> String {
        match &self.not_run {
            Some(why) => why.clone(),
            None if self.failed => "another tool call ended the run".to_owned(),
            None => end_reason(self.parent).to_owned(),
        }
    }
}

/// Why a run that is ending ends, as far as its context knows.
pub(crate) fn end_reason(ctx: &RunContext) -> &'static str {
    if ctx.is_cancelled() {
        "the run was cancelled"
    } else if deadline_passed(ctx) {
        "the run's time is up"
    } else {
        "the run was abandoned"
    }
}

impl Drop for Calls<'_> {
    fn drop(&mut self) {
        self.settle();
    }
}

/// Waits for the first call that is over, and takes it out.
async fn next_done(running: &mut Vec<Running>) -> Result<(), EngineError> {
    poll_fn(|cx| {
        for index in 0..running.len() {
            let Some(call) = running.get_mut(index) else {
                break;
            };
            if let Poll::Ready(outcome) = Pin::new(&mut call.future).poll(cx) {
                running.remove(index);
                return Poll::Ready(outcome);
            }
        }
        Poll::Pending
    })
    .await
    .unwrap_or_else(|message| Err(isolate::panicked("the tool executor", &message)))
}
