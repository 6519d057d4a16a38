//! [`Resampling`]: a reply that broke is asked for again.

use std::{sync::Arc, time::Duration};

use geppetto_engine::{Engine, EngineError, ErrorKind, Phase, RunContext};
use geppetto_events::{Event, EventKind, EventSink, kind::ProviderCallDiscarded};
use geppetto_turns::{InferenceResult, Turn};

use crate::{
    isolate,
    stop::{deadline_passed, pause, with_grace},
};

mod watch;

pub(crate) use watch::CallWatch;

/// How often and when a provider's reply that broke off is asked for again.
///
/// What breaks before any output is the transport's business, which sends the request again by
/// itself. Once output arrived, it stands in the turn and on screens, so the broken attempt is
/// announced as discarded (`provider-call-discarded`), the turn is set back to before it, and the
/// next attempt begins. Its tokens stay counted.
///
/// Asked for again is what broke off in a way that can pass: a truncated or disconnected stream,
/// and after output began also timeouts and errors inside the reply, unless the error says that
/// trying again cannot help.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Resampling {
    /// How often a reply is asked for again. 2 by default.
    pub max_resamples: u32,
    /// How long to wait before the first time. 500 ms by default.
    pub backoff_base: Duration,
    /// By how much each wait is longer than the one before. 2 by default.
    pub backoff_factor: f64,
    /// The longest wait; where the provider asks for a longer one, the reply is not asked for
    /// again. 30 s by default.
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

/// Why there is no reply.
#[derive(Debug)]
pub(crate) enum NoReply {
    /// The run's deadline passed.
    Deadline,
    Error(EngineError),
}

impl From<EngineError> for NoReply {
    fn from(error: EngineError) -> Self {
        Self::Error(error)
    }
}

impl From<NoReply> for EngineError {
    fn from(reason: NoReply) -> Self {
        match reason {
            NoReply::Error(error) => error,
            NoReply::Deadline => {
                Self::new(ErrorKind::Timeout, "the run's time is up").with_retryable(false)
            }
        }
    }
}

impl Resampling {
    /// A broken reply is an error at once.
    #[must_use]
    pub fn never() -> Self {
        Self::default().with_max_resamples(0)
    }

    /// Sets how often a reply is asked for again.
    #[must_use]
    pub fn with_max_resamples(mut self, times: u32) -> Self {
        self.max_resamples = times;
        self
    }

    /// Sets how long to wait before the first time.
    #[must_use]
    pub fn with_backoff_base(mut self, base: Duration) -> Self {
        self.backoff_base = base;
        self
    }

    /// Makes one provider call, with its further attempts where the reply breaks off. What the
    /// last attempt produced is in `turn` on every outcome.
    ///
    /// The context's journal is awaited before and after each attempt, and its snapshot hook sees
    /// the turn before each. When the run is cancelled or its deadline passes, the engine has
    /// [`TOOL_CANCEL_GRACE`](crate::TOOL_CANCEL_GRACE) to return, and is then dropped.
    ///
    /// # Errors
    ///
    /// The engine's last error; of kind [`Cancelled`](ErrorKind::Cancelled) when the run was
    /// cancelled, [`Timeout`](ErrorKind::Timeout) when its deadline passed,
    /// [`Panicked`](ErrorKind::Panicked) when the engine or a hook panicked.
    pub async fn sample(
        &self,
        engine: &dyn Engine,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let watch = Arc::new(CallWatch::default());
        let sink: Arc<dyn EventSink> = watch.clone();
        let ctx = ctx.clone().with_event_sinks([sink]);
        let mut attempts = 0;
        let reply = self.reply(engine, &ctx, turn, &watch, &mut attempts).await;
        Ok(reply?)
    }

    /// As [`sample`](Self::sample), where `watch` is a sink of `ctx`. Counts the attempts.
    pub(crate) async fn reply(
        &self,
        engine: &dyn Engine,
        ctx: &RunContext,
        turn: &mut Turn,
        watch: &CallWatch,
        attempts: &mut u32,
    ) -> Result<InferenceResult, NoReply> {
        let number = ctx.next_provider_call();
        let before = turn.clone();
        let mut attempt = 1;
        loop {
            watch.begin();
            before_attempt(ctx, turn).await?;
            if deadline_passed(ctx) {
                return Err(NoReply::Deadline);
            }
            *attempts += 1;
            let call = ctx.child().with_provider_call(number, attempt);
            let reply = ask(engine, &call, turn).await;
            if let Some(journal) = ctx.journal() {
                let told = journal.after_provider_call(ctx, turn, reply.as_ref());
                isolate::journaled(told).await?;
            }
            let error = match reply {
                Ok(result) => return Ok(result),
                Err(error) => error,
            };
            if error.is_cancelled() && !ctx.is_cancelled() && deadline_passed(ctx) {
                return Err(NoReply::Deadline);
            }
            let Some(delay) = self.delay(attempt, &error, watch) else {
                return Err(error.into());
            };
            // Until the next attempt begins, the broken one is the last word.
            if !pause(ctx, delay).await {
                return Err(match ctx.is_cancelled() {
                    true => EngineError::cancelled().into(),
                    false => NoReply::Deadline,
                });
            }
            discard(ctx, watch, &error);
            turn.clone_from(&before);
            attempt += 1;
        }
    }

    /// How long to wait before the next attempt; `None` when there is none.
    fn delay(&self, attempt: u32, error: &EngineError, watch: &CallWatch) -> Option<Duration> {
        let broke_off = matches!(error.kind(), ErrorKind::Truncated | ErrorKind::Disconnected);
        if attempt > self.max_resamples || !error.is_retryable() {
            return None;
        }
        if !broke_off && !watch.has_output() {
            return None;
        }
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.backoff_base.as_secs_f64() * self.backoff_factor.powi(exponent);
        let backoff = Duration::try_from_secs_f64(seconds).unwrap_or(self.max_delay);
        let asked = error.retry_after().unwrap_or_default();
        (asked <= self.max_delay).then(|| backoff.min(self.max_delay).max(asked))
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

fn discard(ctx: &RunContext, watch: &CallWatch, error: &EngineError) {
    for correlation in watch.finished() {
        let kind = EventKind::ProviderCallDiscarded(ProviderCallDiscarded::new(error.to_string()));
        ctx.publish_event(
            Event::new(kind)
                .with_meta(Arc::clone(ctx.meta()))
                .with_correlation(correlation),
        );
    }
}

/// Shows the turn to the snapshot hook, whose panic ends the run.
pub(crate) fn snapshot(ctx: &RunContext, turn: &Turn, phase: Phase) -> Result<(), EngineError> {
    isolate::call(|| ctx.snapshot(turn, phase))
        .map_err(|message| isolate::panicked("the snapshot hook", &message))
}
