//! [`Calls`]: the tool calls of one model output, run and answered.

use std::{
    collections::VecDeque,
    future::{Future as _, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use geppetto_engine::{
    EngineError, PendingCall, RunContext, ToolConfig,
    steps::{TOOL_CANCEL_GRACE, deadline_passed, is_stopped, stopped},
};
use geppetto_turns::Turn;
use tokio::{sync::Semaphore, time::timeout};

use crate::{
    ToolExecutor, ToolRegistry,
    isolate::{self, Isolated},
};

mod attempt;
mod call;
mod request;
mod slot;
mod task;

use call::{Env, run_call};
pub(crate) use request::{Request, ended_badly, refusal, requests, resumed};
use slot::Slot;

/// Maximum number of calls of one model output that wait for hooks at once, in addition to the
/// running ones.
const MAX_WAITING_FOR_HOOKS: usize = 256;

/// Number of calls answered before the task yields.
const CALLS_AT_ONCE: usize = 64;

/// Upper bound of the number of parallel tools.
const MAX_PLACES: usize = 1 << 20;

/// The tool calls of one model output.
///
/// Hooks are called in the order of the tool calls. A call that passes its hooks acquires a permit:
/// one of [`max_parallel`](ToolExecutor::max_parallel), or all of them for an exclusive tool.
/// Permits are granted in the order of the requests, so an exclusive call never starves. The hooks
/// of the next call are called as soon as a permit is free that no call waits for; a call whose
/// hooks wait for a person holds none.
///
/// However this ends, including by being dropped midway, every call has one answer in the turn, in
/// the order of the calls, and its events are complete; or it waits for a person, and the turn
/// records that.
pub(crate) struct Calls<'a> {
    parent: &'a RunContext,
    env: Arc<Env>,
    turn: &'a mut Turn,
    slots: Vec<Arc<Slot>>,
    /// Indices of the slots that have not started, in order.
    waiting: VecDeque<usize>,
    running: Vec<Isolated<'static, Result<(), EngineError>>>,
    /// Reason why unstarted calls are not run, if known.
    not_run: Option<String>,
    /// `true` if a call ended the run.
    failed: bool,
    /// `true` if nothing ended the run during the calls.
    ended_well: bool,
    /// Calls left to a later run.
    left: Vec<PendingCall>,
    settled: bool,
}

/// Dependencies of the calls.
pub(crate) struct Tooling<'a> {
    pub(crate) registry: &'a ToolRegistry,
    pub(crate) executor: &'a Arc<dyn ToolExecutor>,
    pub(crate) config: &'a ToolConfig,
}

impl<'a> Calls<'a> {
    /// Prepares calls whose answers are appended to `turn`.
    pub(crate) fn new(
        ctx: &'a RunContext,
        turn: &'a mut Turn,
        tooling: &Tooling<'_>,
        requests: Vec<Request>,
    ) -> Self {
        let slots: Vec<Arc<Slot>> = requests
            .into_iter()
            .map(|request| Arc::new(Slot::new(ctx, request)))
            .collect();
        Self {
            parent: ctx,
            env: Arc::new(Env {
                ctx: ctx.child(),
                registry: tooling.registry.clone(),
                executor: Arc::clone(tooling.executor),
                config: tooling.config.clone(),
                places: Semaphore::new(0),
                permits: 0,
            }),
            turn,
            waiting: (0..slots.len()).collect(),
            slots,
            running: Vec::new(),
            not_run: None,
            failed: false,
            ended_well: false,
            left: Vec::new(),
            settled: false,
        }
    }

    /// Runs the first `allowed` of the runnable calls and answers all; the remaining ones are
    /// answered as not run, with the reason `why`.
    ///
    /// Returns the calls that wait for a person, which are not answered.
    pub(crate) async fn run(
        mut self,
        allowed: usize,
        why: &str,
    ) -> Result<Vec<PendingCall>, EngineError> {
        let runnable = self.slots.iter().enumerate();
        let mut runnable = runnable.filter(|(_, slot)| slot.refusal.is_none());
        let first_not_allowed = runnable.nth(allowed).map(|(index, _)| index);
        let others = match first_not_allowed {
            Some(index) => self.waiting.split_off(index),
            None => VecDeque::new(),
        };
        let outcome = self.drive().await;
        self.ended_well = outcome.is_ok() && !is_stopped(self.parent);
        if !others.is_empty() && self.ended_well {
            self.not_run = Some(why.to_owned());
        }
        self.settle();
        outcome.map(|()| std::mem::take(&mut self.left))
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
            .clamp(1, MAX_PLACES);
        if let Some(env) = Arc::get_mut(&mut self.env) {
            env.places = Semaphore::new(limit);
            env.permits = u32::try_from(limit).unwrap_or(u32::MAX);
        }
        let (parent, calls) = (self.parent, self.env.ctx.clone());
        let mut stop = std::pin::pin!(stopped(parent));
        let mut failure = None;
        tokio::select! {
            biased;
            outcome = poll_fn(|cx| self.poll_calls(cx)) => failure = outcome.err(),
            () = stop.as_mut() => {}
            () = calls.cancelled() => {}
        }
        if calls.is_cancelled() && !is_stopped(parent) {
            // A hook cancelled the context that it received, which cancels the run.
            parent.cancel();
        }
        self.failed = failure.is_some();
        if !self.running.is_empty() {
            self.wind_down().await;
        }
        failure.map_or(Ok(()), Err)
    }

    /// Polls the running calls and starts those that may start. Ready when all calls are finished
    /// or one ended the run.
    fn poll_calls(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), EngineError>> {
        loop {
            if let Poll::Ready(Err(error)) = poll_running(&mut self.running, cx) {
                return Poll::Ready(Err(error));
            }
            let mut begun = 0;
            while begun < CALLS_AT_ONCE && self.may_begin() {
                begun += 1;
                if let Err(error) = self.begin(cx) {
                    return Poll::Ready(Err(error));
                }
            }
            if begun == CALLS_AT_ONCE {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if self.running.is_empty() {
                return Poll::Ready(Ok(()));
            }
            if begun == 0 {
                return Poll::Pending;
            }
        }
    }

    fn may_begin(&self) -> bool {
        !self.waiting.is_empty()
            && self.env.places.available_permits() > 0
            && self.running.len() < MAX_WAITING_FOR_HOOKS.saturating_add(self.places())
            && !is_stopped(self.parent)
            && !self.env.ctx.is_cancelled()
    }

    fn places(&self) -> usize {
        usize::try_from(self.env.permits).unwrap_or(usize::MAX)
    }

    /// Starts the next call.
    fn begin(&mut self, cx: &mut Context<'_>) -> Result<(), EngineError> {
        let next = self.waiting.pop_front();
        let Some(slot) = next.and_then(|index| self.slots.get(index)) else {
            return Ok(());
        };
        if let Some(why) = &slot.refusal {
            return slot.answer(&*self.env.executor, Err(format!("not run: {why}")));
        }
        if slot.keeps_waiting {
            return Ok(());
        }
        let future = run_call(Arc::clone(&self.env), Arc::clone(slot));
        let mut call = Isolated::new(future);
        match Pin::new(&mut call).poll(cx) {
            Poll::Ready(outcome) => ended(outcome),
            Poll::Pending => {
                self.running.push(call);
                Ok(())
            }
        }
    }

    /// Notifies the running calls and waits for them during the grace period.
    async fn wind_down(&mut self) {
        self.env.ctx.cancel();
        let running = &mut self.running;
        let all_done = poll_fn(|cx| {
            // The run ends in any case, and its first error is kept.
            while let Poll::Ready(Err(_)) = poll_running(running, cx) {}
            match running.is_empty() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        });
        let _ = timeout(TOOL_CANCEL_GRACE, all_done).await;
    }

    /// Stops the running calls, answers those without an answer, and appends all answers.
    fn settle(&mut self) {
        if std::mem::replace(&mut self.settled, true) {
            return;
        }
        self.env.ctx.cancel();
        self.running.clear();
        // A hook may have ended the run with a reason that repeats arguments.
        for slot in &self.slots {
            self.parent.map_cancel_reason(|reason| slot.hide(reason));
        }
        let reason = self.reason();
        for slot in &self.slots {
            if let Some(pending) = slot.left(self.ended_well) {
                self.left.push(pending);
                continue;
            }
            let answer = match &slot.refusal {
                Some(why) => format!("not run: {why}"),
                None if slot.has_run() => format!("cancelled: {reason}"),
                None => format!("not run: {reason}"),
            };
            // Calls that are already answered keep their answer. The run ends in any case.
            let _ = slot.answer(&*self.env.executor, Err(answer));
        }
        for block in self.slots.iter().filter_map(|slot| slot.to_block()) {
            self.turn.push(block);
        }
        PendingCall::record(self.turn, &self.left);
    }

    fn reason(&self) -> String {
        match &self.not_run {
            Some(why) => why.clone(),
            None if self.failed => "another tool call ended the run".to_owned(),
            None => end_reason(self.parent),
        }
    }
}

/// Returns the reason why an ending run ends, as far as its context records it.
pub(crate) fn end_reason(ctx: &RunContext) -> String {
    if ctx.is_cancelled() {
        ctx.cancelled_error().to_string()
    } else if deadline_passed(ctx) {
        "the run's time is up".to_owned()
    } else {
        "the run was abandoned".to_owned()
    }
}

impl Drop for Calls<'_> {
    fn drop(&mut self) {
        self.settle();
    }
}

/// Polls the calls and removes the finished ones. Ready with the first error, or with `Ok` once no
/// call is left.
fn poll_running(
    running: &mut Vec<Isolated<'static, Result<(), EngineError>>>,
    cx: &mut Context<'_>,
) -> Poll<Result<(), EngineError>> {
    let mut index = 0;
    while let Some(call) = running.get_mut(index) {
        match Pin::new(call).poll(cx) {
            Poll::Pending => index += 1,
            Poll::Ready(outcome) => {
                running.remove(index);
                ended(outcome)?;
            }
        }
    }
    match running.is_empty() {
        true => Poll::Ready(Ok(())),
        false => Poll::Pending,
    }
}

fn ended(outcome: Result<Result<(), EngineError>, String>) -> Result<(), EngineError> {
    outcome.unwrap_or_else(|message| Err(isolate::panicked("the tool executor", &message)))
}
