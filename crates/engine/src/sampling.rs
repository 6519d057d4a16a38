//! [`Resampling`]: retries of replies that broke off.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use geppetto_events::{EventKind, kind::Info};
use geppetto_turns::{InferenceResult, Turn};

use crate::{
    Attempts, Engine, EngineError, ErrorKind, Phase, RunContext, SetAside, isolate,
    steps::{deadline_passed, pause, snapshot, time_is_up, with_grace},
};

/// Retry policy for a provider's reply that broke off.
///
/// Applies only to a reply that broke off after output had begun. Failures before any output are
/// retried by the transport, within its own limits. The broken attempt is set aside, the turn is
/// reset, and the next attempt starts. Once that attempt produces output, the broken one is
/// announced as discarded (`provider-call-discarded`); if it fails first, the broken one is
/// restored, and its error is that of the reply. The tokens of all attempts count.
///
/// The error must be [retryable](EngineError::is_retryable), and each retry takes a permit from the
/// client's retry budget ([`RetryLimit`](crate::RetryLimit)): one budget bounds the retries of the
/// transport and of this policy.
///
/// If the engine is a middleware chain, only the engine at its end is called again: middleware runs
/// once per provider call, and every attempt sees the turn as changed by it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Resampling {
    /// Maximum number of retries. 2 by default.
    pub max_resamples: u32,
    /// Delay before the first retry. 500 ms by default.
    pub backoff_base: Duration,
    /// Factor by which the delay grows with each retry. 2 by default.
    pub backoff_factor: f64,
    /// Maximum delay; if the provider requests a longer one, the reply is not retried. 30 s by
    /// default.
    pub max_delay: Duration,
}

impl Default for Resampling {
    fn default() -> Self {
        Self {
            max_resamples: 2,
            backoff_base: Duration::from_millis(500),
            backoff_factor: 2.0,
            max_delay: Duration::from_secs(30),
        }
    }
}

impl Resampling {
    /// Never retries: a broken reply is an error at once.
    #[must_use]
    pub fn never() -> Self {
        Self::default().with_max_resamples(0)
    }

    /// Sets the maximum number of retries.
    #[must_use]
    pub fn with_max_resamples(mut self, times: u32) -> Self {
        self.max_resamples = times;
        self
    }

    /// Sets the delay before the first retry.
    #[must_use]
    pub fn with_backoff_base(mut self, base: Duration) -> Self {
        self.backoff_base = base;
        self
    }

    /// Makes one provider call, and retries it if the reply breaks off. The output of the last
    /// attempt with output is in `turn` on every outcome.
    ///
    /// The context's journal is awaited before and after each attempt, and its snapshot hook sees
    /// the turn before each. If the run is cancelled or its deadline passes, the engine has
    /// [`TOOL_CANCEL_GRACE`](crate::TOOL_CANCEL_GRACE) to return, and is then dropped.
    ///
    /// # Errors
    ///
    /// The error of the last attempt with output; an error of kind
    /// [`Cancelled`](ErrorKind::Cancelled) if the run was cancelled,
    /// [`Timeout`](ErrorKind::Timeout) if its deadline passed, [`Panicked`](ErrorKind::Panicked) if
    /// the engine or a hook panicked.
    pub async fn sample(
        &self,
        engine: &dyn Engine,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        before_attempt(ctx, turn).await?;
        if deadline_passed(ctx) {
            return Err(time_is_up());
        }
        let reply = if engine.has_middleware() {
            let call = ctx.child().with_attempts(Arc::new(*self));
            ask(engine, &call, turn).await
        } else {
            self.call(engine, ctx, turn).await
        };
        after_attempt(ctx, turn, reply.as_ref()).await?;
        match reply {
            Err(error) if error.is_cancelled() && !ctx.is_cancelled() && deadline_passed(ctx) => {
                Err(time_is_up())
            }
            reply => reply,
        }
    }

    /// Returns the delay before the next attempt; `None` if there is none.
    fn delay(&self, attempt: u32, error: &EngineError, has_output: bool) -> Option<Duration> {
        let asked = error.retry_after().unwrap_or_default();
        if attempt > self.max_resamples || !has_output || asked > self.max_delay {
            return None;
        }
        if !error.take_retry_permit() {
            return None;
        }
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.backoff_base.as_secs_f64() * self.backoff_factor.powi(exponent);
        let backoff = Duration::try_from_secs_f64(seconds).unwrap_or(self.max_delay);
        Some(backoff.min(self.max_delay).max(asked))
    }
}

#[async_trait]
impl Attempts for Resampling {
    async fn call(
        &self,
        engine: &dyn Engine,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let number = ctx.next_provider_call();
        let mut repeated = Repeated::new(turn);
        let mut attempt = 1;
        loop {
            let since = ctx.provider_calls();
            let call = ctx.child().with_provider_call(number, attempt);
            let error = match ask_with_settings(engine, &call, repeated.turn).await {
                Ok(result) => {
                    repeated.replaced();
                    return Ok(result);
                }
                Err(error) => error,
            };
            if let Some(first) = repeated.restore() {
                let kept = format!("asking again failed, the broken reply stays: {error}");
                ctx.publish(EventKind::Info(Info::new(kept, None)));
                // The error is that of the reply that is kept, and explains why it is incomplete. A
                // cancellation ends the run, and a panic is a bug in the program, which must be
                // reported.
                let ends_all = error.is_cancelled() || error.kind() == ErrorKind::Panicked;
                return if ends_all { Err(error) } else { first };
            }
            if ctx.limit_reached(repeated.turn).is_some() {
                return Err(error);
            }
            let Some(delay) = self.delay(attempt, &error, ctx.has_output_since(since)) else {
                return Err(error);
            };
            after_attempt(ctx, repeated.turn, Err(&error)).await?;
            // The broken reply stays in place until the next attempt produces output.
            if !pause(ctx, delay).await {
                return Err(EngineError::cancelled());
            }
            let reason = error.to_string();
            repeated.set_aside(ctx, since, Err(error), &reason);
            before_attempt(ctx, repeated.turn).await?;
            if deadline_passed(ctx) {
                return Err(EngineError::cancelled());
            }
            attempt += 1;
        }
    }
}

type Outcome = Result<InferenceResult, EngineError>;

/// A turn whose last reply may be set aside. On drop, restores a reply that no other reply
/// replaced.
pub(crate) struct Repeated<'t> {
    pub(crate) turn: &'t mut Turn,
    broken: Option<(SetAside, Outcome)>,
}

impl<'t> Repeated<'t> {
    pub(crate) fn new(turn: &'t mut Turn) -> Self {
        Self { turn, broken: None }
    }

    pub(crate) fn set_aside(
        &mut self,
        ctx: &RunContext,
        since: u32,
        outcome: Outcome,
        reason: &str,
    ) {
        let aside = ctx.set_calls_aside(since, self.turn, reason);
        self.broken = Some((aside, outcome));
    }

    /// Marks the broken reply as replaced by a complete one.
    pub(crate) fn replaced(&mut self) {
        if let Some((aside, _)) = self.broken.take() {
            aside.discard();
        }
    }

    /// Restores the reply that was set aside, if no other reply replaced it, and returns its outcome.
    pub(crate) fn restore(&mut self) -> Option<Outcome> {
        let (aside, outcome) = self.broken.take()?;
        aside.restore(self.turn).then_some(outcome)
    }
}

impl Drop for Repeated<'_> {
    fn drop(&mut self) {
        self.restore();
    }
}

async fn before_attempt(ctx: &RunContext, turn: &Turn) -> Result<(), EngineError> {
    if let Some(journal) = ctx.journal() {
        let told = journal.before_provider_call(ctx, turn);
        isolate::journaled(told).await?;
    }
    snapshot(ctx, turn, Phase::PreInference)?;
    // A journal may take long, and a hook may cancel.
    ctx.check_cancelled()
}

async fn after_attempt(
    ctx: &RunContext,
    turn: &Turn,
    reply: Result<&InferenceResult, &EngineError>,
) -> Result<(), EngineError> {
    match ctx.journal() {
        Some(journal) => isolate::journaled(journal.after_provider_call(ctx, turn, reply)).await,
        None => Ok(()),
    }
}

/// Calls the engine at the end of a chain, with the run's settings in the data of the turn.
async fn ask_with_settings(
    engine: &dyn Engine,
    ctx: &RunContext,
    turn: &mut Turn,
) -> Result<InferenceResult, EngineError> {
    if ctx.run_settings().is_none() {
        return ask(engine, ctx, turn).await;
    }
    let (ctx, applied) = ctx.apply_settings(turn)?;
    ask(engine, &ctx, applied.turn).await
}

async fn ask(
    engine: &dyn Engine,
    ctx: &RunContext,
    turn: &mut Turn,
) -> Result<InferenceResult, EngineError> {
    let asked = isolate::wait("the engine", engine.run_inference(ctx, turn));
    match with_grace(ctx, asked).await {
        Some(Ok(reply)) => reply,
        Some(Err(panicked)) => Err(panicked),
        None => Err(EngineError::cancelled()),
    }
}
