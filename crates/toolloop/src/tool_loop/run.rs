//! [`LoopRun`]: one run of the loop.

use std::{collections::HashSet, sync::Arc};

use geppetto_engine::{
    EngineError, Limit, Phase, RunContext, RunReport, RunStatus, RunStop, ToolConfig, keys,
};
use geppetto_events::EventSink;
use geppetto_turns::{Blocks, Turn, keys::turn_meta};
use serde_json::Value;
use tokio::time::Instant;

use super::{
    ToolLoop,
    history::{first_new, summary},
    setup,
};
use crate::{
    PausePhase, ToolRegistry,
    calls::{Calls, Request, Tooling, end_reason},
    isolate,
    sampling::{CallWatch, NoReply, snapshot},
    step::PauseEnd,
    stop::deadline_passed,
};

/// One run of the loop. Dropped half-way, it leaves a turn in which every call is answered.
pub(super) struct LoopRun<'a> {
    tool_loop: &'a ToolLoop,
    ctx: RunContext,
    turn: &'a mut Turn,
    config: ToolConfig,
    registry: ToolRegistry,
    /// Names the run.
    key: String,
    watch: Arc<CallWatch>,
    started: Instant,
    /// The blocks as they were before the current provider call.
    before: Blocks,
    /// The configuration as the application set it, while another stands in the turn.
    configured: Option<(Value, Value)>,
    /// How many provider calls were made, further attempts at one aside.
    iterations: u32,
    /// How many provider calls the context had made before.
    calls_before: u32,
    tool_calls: u32,
    settled: bool,
}

/// Why a run ends before the model is done.
pub(super) enum End {
    Limit(Limit),
    Error(EngineError),
}

impl From<EngineError> for End {
    fn from(error: EngineError) -> Self {
        Self::Error(error)
    }
}

impl<'a> LoopRun<'a> {
    pub(super) fn new(tool_loop: &'a ToolLoop, ctx: &RunContext, turn: &'a mut Turn) -> Self {
        let watch = Arc::new(CallWatch::default());
        let sink: Arc<dyn EventSink> = watch.clone();
        Self {
            tool_loop,
            ctx: ctx.clone().with_event_sinks([sink]),
            before: turn.blocks.clone(),
            turn,
            config: ToolConfig::default(),
            registry: ToolRegistry::new(),
            key: ctx
                .inference_id()
                .map_or_else(|| ctx.next_id(), str::to_owned),
            watch,
            started: Instant::now(),
            configured: None,
            iterations: 0,
            calls_before: ctx.provider_calls(),
            tool_calls: 0,
            settled: false,
        }
    }

    /// Runs to the end of the conversation's current part.
    pub(super) async fn go(&mut self) -> Result<(), End> {
        if let Some(journal) = self.ctx.journal() {
            let told = journal.run_started(&self.ctx, self.turn);
            isolate::journaled(told).await?;
        }
        (self.config, self.registry) = setup::prepare(self.tool_loop, self.turn)?;
        let tools = Arc::new(self.registry.clone());
        self.ctx = self.ctx.clone().with_tools(tools);
        loop {
            self.check()?;
            self.infer().await?;
            let requests = self.pending();
            if requests.is_empty() {
                return Ok(());
            }
            self.check()?;
            self.check_limits()?;
            let (waiting, answered) =
                (summary(&requests, "to run"), summary(&requests, "answered"));
            self.pause(PausePhase::AfterInference, waiting).await?;
            self.run_tools(requests).await?;
            snapshot(&self.ctx, self.turn, Phase::PostTools)?;
            self.pause(PausePhase::AfterTools, answered).await?;
        }
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
        self.before = self.turn.blocks.clone();
        self.iterations += 1;
        if self.iterations > 1 {
            self.relax()?;
        }
        let engine = &*self.tool_loop.engine;
        self.watch.begin();
        let resampling = self.tool_loop.resampling;
        let reply = resampling.reply(engine, &self.ctx, self.turn).await;
        self.restore_config();
        let ctx = &self.ctx;
        let from = first_new(&self.before, &self.turn.blocks);
        self.turn.assign_block_ids(from, || ctx.next_id());
        match reply {
            Ok(_) => Ok(snapshot(&self.ctx, self.turn, Phase::PostInference)?),
            Err(NoReply::Deadline) => Err(self.wall_clock()),
            Err(NoReply::Error(error)) => Err(error.into()),
        }
    }

    /// Stops forcing the model to call tools, for the next provider call.
    fn relax(&mut self) -> Result<(), EngineError> {
        let Some(relaxed) = setup::relaxed(&self.config) else {
            return Ok(());
        };
        let id = keys::TOOL_CONFIG.id();
        let Some(configured) = self.turn.data.raw(id).cloned() else {
            return Ok(());
        };
        let written = self.turn.data.set(&keys::TOOL_CONFIG, &relaxed);
        written.map_err(|error| setup::malformed(&error))?;
        let other = self.turn.data.raw(id).cloned().unwrap_or_default();
        self.configured = Some((configured, other));
        Ok(())
    }

    fn restore_config(&mut self) {
        let id = keys::TOOL_CONFIG.id();
        // A middleware may have set another one meanwhile, which then stays.
        if let Some((configured, other)) = self.configured.take()
            && self.turn.data.raw(id) == Some(&other)
        {
            self.turn.data.set_raw(id, configured);
        }
    }

    /// The calls of the last model output that have no answer.
    fn pending(&self) -> Vec<Request> {
        let from = first_new(&self.before, &self.turn.blocks);
        let mut seen = HashSet::new();
        let pending = self.turn.pending_tool_calls(from).into_iter();
        pending
            // Such calls are left out of requests, and so their answers would be.
            .filter(|call| !call.id.is_empty() && !call.name.is_empty())
            .filter(|call| seen.insert(call.id.clone()))
            .map(|call| {
                let known = self.watch.request(&call.id);
                let own = || Arc::new(self.ctx.correlation().tool_call(&*call.id));
                (call.clone(), known.unwrap_or_else(own))
            })
            .collect()
    }

    fn check_limits(&self) -> Result<(), End> {
        if self.iterations >= self.config.max_iterations {
            return Err(End::Limit(Limit::Iterations(self.config.max_iterations)));
        }
        if let Some(most) = self.config.max_total_tokens
            && self.ctx.total_usage().total_tokens() >= most
        {
            return Err(End::Limit(Limit::Tokens(most)));
        }
        Ok(())
    }

    async fn run_tools(&mut self, requests: Vec<Request>) -> Result<(), End> {
        let wanted = u32::try_from(requests.len()).unwrap_or(u32::MAX);
        let most = self.config.max_tool_calls.unwrap_or(u32::MAX);
        let allowed = wanted.min(most.saturating_sub(self.tool_calls));
        let limit = Limit::ToolCalls(most);
        let tooling = Self::tooling(self.tool_loop, &self.registry, &self.config, self.key());
        self.tool_calls += allowed;
        self.ctx.add_tool_calls(allowed);
        let calls = Calls::new(&self.ctx, self.turn, tooling, requests);
        let allowed_len = usize::try_from(allowed).unwrap_or(usize::MAX);
        calls.run(allowed_len, &limit.to_string()).await?;
        self.check()?;
        if allowed < wanted {
            return Err(End::Limit(limit));
        }
        Ok(())
    }

    fn tooling<'b>(
        tool_loop: &'b ToolLoop,
        registry: &'b ToolRegistry,
        config: &'b ToolConfig,
        key: String,
    ) -> Tooling<'b> {
        Tooling {
            registry,
            executor: &tool_loop.executor,
            config,
            key,
        }
    }

    /// Names the current model output: call ids alone are not unique, since some providers count
    /// them anew in each reply.
    fn key(&self) -> String {
        format!("{}:{}", self.key, self.iterations)
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

    /// Ends the run: answers what is open, shows the turn a last time, tells the journal.
    pub(super) async fn end(mut self, outcome: Result<(), End>) -> Result<RunReport, EngineError> {
        let outcome = match outcome {
            Ok(()) => Ok(self.report(RunStop::Finished)),
            Err(End::Limit(limit)) => {
                self.settle(&limit.to_string());
                Ok(self.report(RunStop::LimitReached(limit)))
            }
            Err(End::Error(error)) => {
                let reason = if error.is_cancelled() {
                    "the run was cancelled"
                } else {
                    "the run failed"
                };
                self.settle(reason);
                Err(error)
            }
        };
        self.settled = true;
        let shown = snapshot(&self.ctx, self.turn, Phase::Final);
        let outcome = outcome.and_then(|report| shown.map(|()| report));
        let Some(journal) = self.ctx.journal() else {
            return outcome;
        };
        let status = RunStatus::from(&outcome);
        let told = journal.run_ended(&self.ctx, self.turn, &status);
        let told = isolate::journaled(told).await;
        outcome.and_then(|report| told.map(|()| report))
    }

    fn report(&self, stop: RunStop) -> RunReport {
        let result = self.turn.metadata.get(&turn_meta::INFERENCE_RESULT);
        let mut report = RunReport::default();
        report.stop = stop;
        report.result = result.ok().flatten().unwrap_or_default();
        report.usage = self.ctx.total_usage();
        report.provider_calls = self.ctx.provider_calls().saturating_sub(self.calls_before);
        report.tool_calls = self.tool_calls;
        report
    }

    /// Answers the calls that are still open, and puts the configuration back.
    fn settle(&mut self, reason: &str) {
        self.restore_config();
        let requests = self.pending();
        if requests.is_empty() {
            return;
        }
        let key = self.key();
        let tooling = Self::tooling(self.tool_loop, &self.registry, &self.config, key);
        Calls::new(&self.ctx, self.turn, tooling, requests).refuse(reason);
    }
}

impl Drop for LoopRun<'_> {
    fn drop(&mut self) {
        if !self.settled {
            self.settle(end_reason(&self.ctx));
            // Nobody is left to tell of a panic.
            let _ = snapshot(&self.ctx, self.turn, Phase::Final);
        }
    }
}
