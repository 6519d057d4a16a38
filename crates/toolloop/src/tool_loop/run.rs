//! [`LoopRun`]: one run of the loop.

use std::sync::Arc;

use geppetto_engine::{
    AnswerRetries, ContinuesRuns, EngineError, Limit, PendingCall, Phase, ReplyLog, RunContext,
    ToolConfig, keys,
    steps::{self, deadline_passed, snapshot},
};
use geppetto_events::{Event, EventKind, kind::ToolCallResumed};
use geppetto_turns::{FinishClass, InferenceResult, Turn};
use tokio::time::Instant;

use super::{
    ToolLoop,
    history::{first_new, has_ended, summary},
    setup::{self, Override},
};
use crate::{
    PausePhase, ResumedCall, ToolRegistry,
    calls::{Calls, Request, Tooling, end_reason, ended_badly, refusal, requests, resumed},
    step::PauseEnd,
};

mod answer;
mod end;
mod repeats;

use repeats::Repeats;

/// One run of the loop. Dropped midway, it leaves a turn in which every call is answered.
pub(super) struct LoopRun<'a> {
    tool_loop: &'a ToolLoop,
    pub(super) ctx: RunContext,
    pub(super) turn: &'a mut Turn,
    pub(super) config: ToolConfig,
    registry: ToolRegistry,
    /// Tool calls requested by the replies of the current provider call.
    replies: Arc<ReplyLog>,
    started: Instant,
    /// The turn before the current provider call.
    before: Turn,
    /// The result of the current provider call.
    result: Option<InferenceResult>,
    /// Keeps the application's configuration while the turn contains another one.
    configured: Option<Override>,
    /// Number of retries of the answer.
    answers: AnswerRetries,
    /// Number of provider calls that the context had counted before the current one.
    asked_since: u32,
    /// Number of provider calls of this run, not counting retries.
    iterations: u32,
    /// Replies that repeat their tool calls.
    repeats: Repeats,
    /// Number of provider calls that the context had counted before the run.
    calls_before: u32,
    /// Number of calls that passed the hooks, which the limit counts.
    tool_calls: u32,
    /// Number of tools that the context had run before the run.
    tools_before: u32,
    /// `true` if the run started with calls that had waited for a person.
    resumed: bool,
    settled: bool,
}

/// Reason why a run ends before the model is done.
pub(super) enum End {
    Limit(Limit),
    Error(EngineError),
    /// Calls wait for a person.
    Waiting(Vec<PendingCall>),
}

impl From<EngineError> for End {
    fn from(error: EngineError) -> Self {
        Self::Error(error)
    }
}

impl<'a> LoopRun<'a> {
    pub(super) fn new(tool_loop: &'a ToolLoop, ctx: &RunContext, turn: &'a mut Turn) -> Self {
        let replies = Arc::new(ReplyLog::new());
        Self {
            tool_loop,
            ctx: ctx.clone().with_reply_log(Arc::clone(&replies)),
            before: turn.clone(),
            turn,
            config: ToolConfig::default(),
            registry: ToolRegistry::new(),
            replies,
            started: Instant::now(),
            result: None,
            configured: None,
            answers: AnswerRetries::new(),
            asked_since: 0,
            iterations: 0,
            repeats: Repeats::default(),
            calls_before: ctx.provider_calls(),
            tool_calls: 0,
            tools_before: ctx.tool_calls(),
            resumed: false,
            settled: false,
        }
    }

    /// Runs until the model requests no more tools or the run ends early.
    pub(super) async fn go(&mut self) -> Result<(), End> {
        steps::start(&self.ctx, self.turn).await?;
        (self.config, self.registry) = setup::prepare(self.tool_loop, self.turn)?;
        let tools = Arc::new(self.registry.clone());
        self.ctx = self.ctx.clone().with_tools(tools);
        if self.resume().await? {
            return Ok(());
        }
        loop {
            self.check()?;
            self.check_spent()?;
            if !self.is_paused() {
                self.join_input().await?;
            }
            if self.iterations > 0 || self.resumed {
                self.configured = Override::relaxed(&self.config, self.turn)?;
            }
            self.infer().await?;
            let requests = self.pending();
            if requests.is_empty() {
                if self.is_paused() {
                    self.check_limits().await?;
                    continue;
                }
                if self.asks_again().await? {
                    continue;
                }
                return Ok(());
            }
            if self.ends_here(&requests) {
                self.settle("the reply ended so");
                return Ok(());
            }
            self.check()?;
            self.check_limits().await?;
            self.check_repeats(&requests).await?;
            if self.answer(requests).await? {
                return Ok(());
            }
        }
    }

    /// Adds the messages that join the run. The model may repeat its calls because of them.
    async fn join_input(&mut self) -> Result<(), End> {
        let known = self.turn.blocks.len();
        steps::join_input(&self.ctx, self.turn).await?;
        if self.turn.blocks.len() > known {
            self.repeats = Repeats::default();
        }
        Ok(())
    }

    /// Returns `true` if the provider paused its reply, which the next call continues.
    fn is_paused(&self) -> bool {
        let result = self.result.as_ref();
        result.is_some_and(|result| result.finish_class == FinishClass::Paused)
    }

    /// Resumes the calls that were waiting for a person when an earlier run ended. Returns `true`
    /// if the output of one ends the run.
    async fn resume(&mut self) -> Result<bool, End> {
        let requests = resumed(&self.ctx, self.turn);
        if requests.is_empty() {
            // The conversation continued without them.
            self.turn.metadata.remove(&keys::WAITING_FOR);
            let is_cut = self.ctx.extension::<ContinuesRuns>().is_some();
            return Ok(is_cut && has_ended(self.turn));
        }
        self.check()?;
        self.resumed = true;
        for Request {
            resumed,
            correlation,
            ..
        } in &requests
        {
            let Some(ResumedCall { pending, .. }) = resumed else {
                continue;
            };
            let (id, name) = (&*pending.call_id, &*pending.tool_name);
            let event = ToolCallResumed::new(id, name, &*pending.input);
            let event = Event::new(EventKind::ToolCallResumed(event))
                .with_meta(Arc::clone(self.ctx.meta()))
                .with_correlation(Arc::clone(correlation));
            self.ctx.publish_event(event);
        }
        self.answer(requests).await
    }

    /// Runs the tools, with a pause before and after. Returns `true` if the output of one ends the
    /// run.
    async fn answer(&mut self, requests: Vec<Request>) -> Result<bool, End> {
        let (to_run, answered) = (summary(&requests, "to run"), summary(&requests, "answered"));
        self.pause(PausePhase::AfterInference, to_run).await?;
        let waits = self.run_tools(requests).await?;
        snapshot(&self.ctx, self.turn, Phase::PostTools)?;
        if !waits.is_empty() {
            return Err(End::Waiting(waits));
        }
        // Also by a call of the same reply that was answered before others waited.
        let ends_run = has_ended(self.turn);
        if !ends_run {
            self.pause(PausePhase::AfterTools, answered).await?;
        }
        Ok(ends_run)
    }

    /// Returns `true` if the model is not called again after a reply whose calls may not run: it
    /// was refused or failed and would end the same way, or the output limit truncated all of its
    /// calls.
    fn ends_here(&self, requests: &[Request]) -> bool {
        let Some(result) = &self.result else {
            return false;
        };
        let badly = ended_badly(&result.finish_class, result.truncated).is_some();
        let is_cut = result.finish_class == FinishClass::MaxTokens;
        (badly || is_cut) && requests.iter().all(|own| own.refusal.is_some())
    }

    fn check(&self) -> Result<(), End> {
        self.ctx.check_cancelled()?;
        if deadline_passed(&self.ctx) {
            return Err(self.wall_clock());
        }
        Ok(())
    }

    fn wall_clock(&self) -> End {
        let allowed = self.ctx.time_limit(self.started).unwrap_or_default();
        End::Limit(Limit::WallClock(allowed))
    }

    async fn infer(&mut self) -> Result<(), End> {
        self.before = self.turn.clone();
        self.result = None;
        self.replies.clear();
        self.asked_since = self.ctx.provider_calls();
        self.iterations += 1;
        let engine = &*self.tool_loop.engine;
        let resampling = self.tool_loop.resampling;
        let reply = resampling.sample(engine, &self.ctx, self.turn).await;
        self.restore_config();
        let ctx = &self.ctx;
        let from = first_new(&self.before.blocks, &self.turn.blocks);
        self.turn.assign_block_ids(from, || ctx.next_id());
        match reply {
            Ok(result) => {
                self.result = Some(result);
                Ok(snapshot(&self.ctx, self.turn, Phase::PostInference)?)
            }
            Err(error) if steps::is_time_up(&self.ctx, &error) => Err(self.wall_clock()),
            Err(error) => Err(error.into()),
        }
    }

    fn restore_config(&mut self) {
        if let Some(configured) = self.configured.take() {
            configured.undo(self.turn);
        }
    }

    /// Returns the unanswered calls of the last model output.
    fn pending(&self) -> Vec<Request> {
        let recorded = self.replies.calls();
        let found = requests(&self.before, self.turn, &recorded);
        let requests = found.into_iter().map(|(own, mut request)| {
            // Without a result the run is over, which is the reason.
            let result = self.result.as_ref();
            request.refusal =
                result.and_then(|result| refusal(&own, &request.call, result, &self.registry));
            request
        });
        requests.collect()
    }

    async fn check_limits(&mut self) -> Result<(), End> {
        if self.iterations >= self.config.max_iterations {
            let limit = Limit::Iterations(self.config.max_iterations);
            if self.config.final_answer {
                self.ask_for_words(&limit).await?;
            }
            return Err(End::Limit(limit));
        }
        self.check_spent()
    }

    /// Checks the budgets of the run and its session. Tools use them too if they call agents.
    fn check_spent(&self) -> Result<(), End> {
        if let Some(most) = self.config.max_total_tokens
            && self.ctx.tokens(self.turn) >= most
        {
            return Err(End::Limit(Limit::Tokens(most)));
        }
        let reached = self.ctx.limit_reached(self.turn);
        reached.map_or(Ok(()), |limit| Err(End::Limit(limit)))
    }

    /// Calls the model a last time, without tools. Tool calls in its reply are not run.
    async fn ask_for_words(&mut self, limit: &Limit) -> Result<(), End> {
        self.settle(&limit.to_string());
        snapshot(&self.ctx, self.turn, Phase::PostTools)?;
        self.configured = Override::without_tools(&self.config, self.turn)?;
        self.infer().await
    }

    /// Runs the tools. Returns the calls that wait for a person.
    async fn run_tools(&mut self, requests: Vec<Request>) -> Result<Vec<PendingCall>, End> {
        let wanted = requests.iter().filter(|own| own.refusal.is_none()).count();
        let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
        let most = self.config.max_tool_calls.unwrap_or(u32::MAX);
        let allowed = wanted.min(most.saturating_sub(self.tool_calls));
        let limit = Limit::ToolCalls(most);
        let tooling = Self::tooling(self.tool_loop, &self.registry, &self.config);
        self.tool_calls += allowed;
        let calls = Calls::new(&self.ctx, self.turn, &tooling, requests);
        let allowed_len = usize::try_from(allowed).unwrap_or(usize::MAX);
        let waits = calls.run(allowed_len, &limit.to_string()).await?;
        self.check()?;
        if allowed < wanted {
            if self.config.final_answer && waits.is_empty() && !has_ended(self.turn) {
                self.ask_for_words(&limit).await?;
            }
            return Err(End::Limit(limit));
        }
        Ok(waits)
    }

    fn tooling<'b>(
        tool_loop: &'b ToolLoop,
        registry: &'b ToolRegistry,
        config: &'b ToolConfig,
    ) -> Tooling<'b> {
        Tooling {
            registry,
            executor: &tool_loop.executor,
            config,
        }
    }

    async fn pause(&self, phase: PausePhase, summary: String) -> Result<(), End> {
        let Some(steps) = &self.tool_loop.steps else {
            return Ok(());
        };
        let session = self.ctx.session_id().or(self.turn.session_id());
        let session = session.unwrap_or_default();
        match steps.pause(&self.ctx, session, phase, summary).await {
            PauseEnd::GoOn | PauseEnd::RunStopped => self.check(),
            PauseEnd::TimedOut(time) => Err(End::Limit(Limit::Pause(time))),
        }
    }
}

impl Drop for LoopRun<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.settle(&end_reason(&self.ctx));
            // Nobody is left to receive a panic.
            let _ = snapshot(&self.ctx, self.turn, Phase::Final);
        }
    }
}
