//! The barriers of a run.

use std::sync::{Arc, atomic::Ordering};

use async_trait::async_trait;
use geppetto_engine::{
    ContinuesRuns, EngineError, ErrorKind, JoiningInput, PendingCall, Persister, ReplacesTurn,
    RunContext, RunJournal, RunStatus, StoreError, ToolEffect,
};
use geppetto_turns::{Block, Content, InferenceResult, ToolUse, Turn};

use super::{Change, JournalOf, check_turn};
use crate::{
    BrokenReply, EffectStart, EffectWrite, Request, RequestKey, RequestWrite, RunEnd, RunPhase,
    RunRecord, SessionStore,
};

impl<S: SessionStore + 'static> JournalOf<S> {
    /// Returns the record of the context's run at a step.
    fn record(ctx: &RunContext, phase: RunPhase) -> RunRecord {
        let mut record = RunRecord::new(ctx.inference_id().unwrap_or_default(), 0).at(phase);
        record.totals = ctx.totals();
        if let Some(continued) = ctx.extension::<ContinuesRuns>() {
            record.continues.clone_from(&continued.0);
        }
        record
    }

    /// Returns the change that starts a run: its prompt and, if it was submitted with an idempotency
    /// key, the request.
    fn start(&self, ctx: &RunContext, turn: &Turn) -> Change {
        let mut run = Self::record(ctx, RunPhase::Started);
        run.decisions.extend(ctx.decisions());
        let mut change = Change::new().turn(turn).synced();
        if let Some(own) = ctx.extension::<RequestKey>() {
            let request = Request::new(own.key.as_str(), own.digest, run.run.as_str());
            change = change.request(RequestWrite::Put(request));
        }
        change.run(run)
    }

    fn check_session(&self, ctx: &RunContext) -> Result<(), EngineError> {
        let own = self.lease().session();
        if ctx.session_id() == Some(own) {
            return Ok(());
        }
        let message = format!(
            "the journal of session `{own}` was given a run of session `{}`; each session needs a \
             journal of its own",
            ctx.session_id().unwrap_or_default()
        );
        Err(EngineError::new(ErrorKind::Configuration, message))
    }

    /// Returns `true` if a run stays open although its task is gone.
    fn leaves_open(&self, status: &RunStatus) -> bool {
        let kind = ErrorKind::Shutdown;
        let is_shutdown = matches!(status, RunStatus::Failed { kind: own, .. } if *own == kind);
        is_shutdown && self.inner().leaves_open.load(Ordering::Relaxed)
    }

    /// Returns the last step of the run that ended on `turn`.
    fn ended(&self, turn: &Turn, status: &RunStatus) -> RunRecord {
        let run = turn.inference_id().unwrap_or_default();
        let desk = self.inner().desk();
        let known = desk.run_record().filter(|own| own.run == run).cloned();
        let mut record = known.unwrap_or_else(|| RunRecord::new(run, 0));
        record.phase = RunPhase::Ended(RunEnd::from(status));
        record.broken = None;
        let totals = turn.metadata.get(&geppetto_engine::keys::RUN_TOTALS);
        if let Ok(Some(totals)) = totals {
            record.totals = totals;
        }
        record
    }

    async fn record_step(
        &self,
        ctx: &RunContext,
        change: Change,
        phase: RunPhase,
    ) -> Result<(), EngineError> {
        let change = change.run(Self::record(ctx, phase));
        Ok(self.inner().write(change).await?)
    }
}

/// Undoes the start of a run when dropped, unless it is recorded.
struct Start<'a, S: SessionStore + 'static>(Option<&'a JournalOf<S>>);

impl<S: SessionStore> Start<'_, S> {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl<S: SessionStore> Drop for Start<'_, S> {
    fn drop(&mut self) {
        if let Some(journal) = self.0 {
            journal.inner().desk().withdraw();
        }
    }
}

/// Removes the records of requests when dropped, unless they are kept.
struct Requests<'a, S: SessionStore + 'static>(Option<(&'a JournalOf<S>, Vec<&'a RequestKey>)>);

impl<S: SessionStore> Requests<'_, S> {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl<S: SessionStore> Drop for Requests<'_, S> {
    fn drop(&mut self) {
        let Some((journal, keys)) = self.0.take() else {
            return;
        };
        for own in keys {
            let key = own.key.clone();
            let change = Change::new().request(RequestWrite::Remove { key });
            journal.inner().desk().add(change);
        }
    }
}

#[async_trait]
impl<S: SessionStore + 'static> RunJournal for JournalOf<S> {
    async fn run_started(&self, ctx: &RunContext, turn: &Turn) -> Result<(), EngineError> {
        self.check_session(ctx)?;
        check_turn(turn)?;
        if ctx.extension::<ReplacesTurn>().is_some() {
            // The latest turn must be recorded before it is removed.
            self.inner().write(Change::new()).await?;
        }
        {
            let mut desk = self.inner().desk();
            desk.follow(ctx.stream())?;
            let replaced = ctx.extension::<ReplacesTurn>();
            desk.begin(turn, ctx.extension::<RequestKey>(), replaced)?;
        }
        self.start_pump(ctx.stream());
        // Whether refused or given up, a later write must not record the prompt.
        let start = Start(Some(self));
        self.inner().write(self.start(ctx, turn)).await?;
        start.keep();
        Ok(())
    }

    async fn input_joins(
        &self,
        ctx: &RunContext,
        turn: &Turn,
        input: &[JoiningInput],
    ) -> Result<(), EngineError> {
        check_turn(turn)?;
        let run = ctx.inference_id().unwrap_or_default();
        let keys = input.iter().filter_map(|own| own.extension::<RequestKey>());
        let keys: Vec<&RequestKey> = keys.collect();
        let mut change = Change::new().turn(turn).synced();
        for own in &keys {
            let request = Request::new(own.key.as_str(), own.digest, run);
            change = change.request(RequestWrite::Put(request));
        }
        // Whether refused or given up, the requests are not those of this run.
        let requests = Requests(Some((self, keys)));
        self.inner().write(change).await?;
        requests.keep();
        Ok(())
    }

    async fn before_provider_call(&self, ctx: &RunContext, turn: &Turn) -> Result<(), EngineError> {
        let mut run = Self::record(ctx, RunPhase::Calling);
        {
            let mut desk = self.inner().desk();
            let mut asked = BrokenReply::new(turn.blocks.len() as u64, ctx.stream().last_seq());
            let earlier = desk.run_record().filter(|own| own.run == run.run);
            if let Some(broken) = earlier.and_then(|own| own.broken.as_ref()) {
                // Its output is discarded once this call has some.
                asked.after = broken.after;
                run.broken = Some(asked.clone());
            }
            desk.asked = Some(asked);
        }
        let change = Change::new().turn(turn).run(run);
        Ok(self.inner().write(change).await?)
    }

    async fn after_provider_call(
        &self,
        ctx: &RunContext,
        turn: &Turn,
        result: Result<&InferenceResult, &EngineError>,
    ) -> Result<(), EngineError> {
        let mut run = Self::record(ctx, RunPhase::Replied);
        if let Err(error) = result {
            run.broken.clone_from(&self.inner().desk().asked);
            if let Some(broken) = &mut run.broken {
                broken.cancelled = error.is_cancelled() && ctx.is_cancelled();
            }
        }
        let change = Change::new().turn(turn).run(run).synced();
        Ok(self.inner().write(change).await?)
    }

    async fn before_tool(
        &self,
        ctx: &RunContext,
        effect: &ToolEffect<'_>,
    ) -> Result<(), EngineError> {
        let run = ctx.inference_id().unwrap_or_default();
        let call = effect.call;
        let start = EffectStart::new(effect.key, run, 0).call(
            call.id.as_str(),
            call.name.as_str(),
            effect.idempotent,
        );
        let change = Change::new().effect(EffectWrite::Begin(start)).synced();
        Ok(self.inner().write(change).await?)
    }

    async fn tool_waits(
        &self,
        _ctx: &RunContext,
        effect: &ToolEffect<'_>,
        _waiting: &PendingCall,
    ) -> Result<(), EngineError> {
        let key = effect.key.to_owned();
        let change = Change::new().effect(EffectWrite::Wait { key }).synced();
        Ok(self.inner().write(change).await?)
    }

    async fn after_tool(
        &self,
        _ctx: &RunContext,
        effect: &ToolEffect<'_>,
        answer: &ToolUse,
    ) -> Result<(), EngineError> {
        // The answer of a call without a tool is in the turn of the next barrier.
        if !self.inner().desk().is_open(effect.key) {
            return Ok(());
        }
        let change = Change::new().effect(EffectWrite::Finish {
            key: effect.key.to_owned(),
            answer: Arc::new(Block::new(Content::ToolUse(answer.clone()))),
        });
        Ok(self.inner().write(change.synced()).await?)
    }

    async fn run_withdrawn(&self, _ctx: &RunContext, _turn: &Turn) -> Result<(), EngineError> {
        self.inner().desk().withdraw();
        Ok(self.inner().write(Change::new().synced()).await?)
    }

    async fn run_ended(
        &self,
        ctx: &RunContext,
        turn: &Turn,
        status: &RunStatus,
    ) -> Result<(), EngineError> {
        let phase = RunPhase::Ended(RunEnd::from(status));
        let change = Change::new().turn(turn);
        self.record_step(ctx, change, phase).await
    }
}

#[async_trait]
impl<S: SessionStore + 'static> Persister for JournalOf<S> {
    async fn persist(&self, turn: &Turn, status: &RunStatus) -> Result<(), StoreError> {
        check_turn(turn)?;
        let change = Change::new().turn(turn).run(self.ended(turn, status));
        Ok(self.inner().write(change.synced()).await?)
    }

    fn persist_now(&self, turn: &Turn, status: &RunStatus) -> Result<(), StoreError> {
        check_turn(turn)?;
        if self.leaves_open(status) {
            self.abandon();
            let message = "not stored: the run goes on when its session is opened again";
            return Err(StoreError::new(message));
        }
        let change = Change::new().turn(turn).run(self.ended(turn, status));
        Ok(self.inner().write_now(change.synced())?)
    }
}
