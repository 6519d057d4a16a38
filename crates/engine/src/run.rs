//! [`RunGuard`]: ensures that no run ends without its terminal event.

use geppetto_events::{
    EventKind,
    kind::{RunFailed, RunFinished, RunStarted, RunStopped},
};

use geppetto_turns::{RunEnd, RunEndStatus, Turn};

use crate::{EngineError, RunContext, RunReport, RunStop};

#[cfg(test)]
mod tests;

/// Ids of the runs that a run continues, because their processes ended; the latest one last.
///
/// As an extension of the run ([`RunContext::extension`]), it is named by the run's first event, and
/// recorded by its journal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContinuesRuns(pub Vec<String>);

/// Turn that is replaced by the turn of a run, when the last prompt is retried or edited.
///
/// As an extension of the run ([`RunContext::extension`]), it tells the journal that the turn of the
/// run takes the place of the latest one.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ReplacesTurn {
    /// Id of the turn that is replaced.
    pub turn_id: String,
    /// The turn before it, which the turn of the run extends.
    pub base: Option<Turn>,
}

impl ReplacesTurn {
    /// Creates the replacement of turn `turn_id`, which follows `base`.
    pub fn new(turn_id: impl Into<String>, base: Option<Turn>) -> Self {
        Self {
            turn_id: turn_id.into(),
            base,
        }
    }
}

/// Publishes `run-started` on creation, and exactly one terminal event at the end of the run. If
/// dropped without an outcome (by a panic, or with an abandoned task), it publishes a failure.
#[derive(Debug)]
#[must_use = "dropping the guard ends the run as failed"]
pub struct RunGuard {
    ctx: RunContext,
    ended: bool,
}

impl RunGuard {
    /// Starts a run for `prompt`.
    pub fn start(ctx: &RunContext, prompt: &str) -> Self {
        Self::start_with(ctx, RunStarted::new(prompt))
    }

    /// Starts a run whose first event is `started`. The runs that it continues are added.
    pub fn start_with(ctx: &RunContext, mut started: RunStarted) -> Self {
        let continued = ctx.extension::<ContinuesRuns>();
        started.continues = continued.and_then(|own| own.0.last().cloned());
        let replaced = ctx.extension::<ReplacesTurn>();
        started.replaces = replaced.map(|own| own.turn_id.clone());
        ctx.publish(EventKind::RunStarted(started));
        Self {
            ctx: ctx.clone(),
            ended: false,
        }
    }

    /// Ends the run: finished or stopped at a limit, cancelled, or failed. `persist_error` is the
    /// error of storing the turn, if any.
    pub fn end(mut self, outcome: Result<&RunReport, &EngineError>, persist_error: Option<String>) {
        self.ended = true;
        let usage = Some(Box::new(self.ctx.total_usage()));
        let end = run_end(&self.ctx, outcome);
        let kind = match (end.status, outcome) {
            (RunEndStatus::Failed, _) => {
                let mut event = RunFailed::new(end.reason);
                event.error_kind = end.error_kind;
                (event.usage, event.persist_error) = (usage, persist_error);
                EventKind::RunFailed(event)
            }
            (RunEndStatus::Finished, Ok(report)) => {
                let mut event = RunFinished::new(report.result.finish_class.as_str());
                (event.usage, event.persist_error) = (usage, persist_error);
                EventKind::RunFinished(event)
            }
            _ => {
                let mut event = RunStopped::new(end.reason);
                (event.usage, event.persist_error) = (usage, persist_error);
                EventKind::RunStopped(event)
            }
        };
        self.ctx.publish(kind);
    }
}

/// Returns the end of the run of `ctx`, as its terminal event reports it and as the turn stores it
/// ([`RUN_END`](geppetto_turns::keys::turn_meta::RUN_END)).
///
/// For implementations of sessions.
#[must_use]
pub fn run_end(ctx: &RunContext, outcome: Result<&RunReport, &EngineError>) -> RunEnd {
    let run = ctx.inference_id().unwrap_or_default();
    match outcome {
        Ok(report) => match &report.stop {
            RunStop::Finished | RunStop::Refused => RunEnd::finished(run),
            RunStop::LimitReached(limit) => RunEnd::stopped(run, limit.to_string()),
            RunStop::Waiting(what) => RunEnd::stopped(run, what.to_string()),
        },
        Err(error) if error.is_cancelled() => {
            let reason = match ctx.cancel_reason() {
                Some(reason) => format!("cancelled: {reason}"),
                None => "cancelled".to_owned(),
            };
            RunEnd::stopped(run, reason)
        }
        Err(error) => RunEnd::failed(run, error.to_string(), error.kind().to_string()),
    }
}

impl Drop for RunGuard {
    fn drop(&mut self) {
        if !self.ended {
            let mut event = RunFailed::new("the run ended without an outcome");
            event.error_kind = Some("panicked".to_owned());
            self.ctx.publish(EventKind::RunFailed(event));
        }
    }
}
