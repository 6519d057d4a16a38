//! [`RunGuard`]: ensures that no run ends without its terminal event.

use geppetto_events::{
    EventKind,
    kind::{RunFailed, RunFinished, RunStarted, RunStopped},
};

use geppetto_turns::Turn;

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
        let mut event = RunStarted::new(prompt);
        let continued = ctx.extension::<ContinuesRuns>();
        event.continues = continued.and_then(|own| own.0.last().cloned());
        ctx.publish(EventKind::RunStarted(event));
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
        let kind = match outcome {
            Ok(report) => match &report.stop {
                RunStop::Finished | RunStop::Refused => {
                    let mut event = RunFinished::new(report.result.finish_class.as_str());
                    (event.usage, event.persist_error) = (usage, persist_error);
                    EventKind::RunFinished(event)
                }
                RunStop::LimitReached(limit) => stopped(limit.to_string(), usage, persist_error),
                RunStop::Waiting(what) => stopped(what.to_string(), usage, persist_error),
            },
            Err(error) if error.is_cancelled() => {
                let reason = match self.ctx.cancel_reason() {
                    Some(reason) => format!("cancelled: {reason}"),
                    None => "cancelled".to_owned(),
                };
                stopped(reason, usage, persist_error)
            }
            Err(error) => {
                let mut event = RunFailed::new(error.to_string());
                event.error_kind = Some(error.kind().to_string());
                (event.usage, event.persist_error) = (usage, persist_error);
                EventKind::RunFailed(event)
            }
        };
        self.ctx.publish(kind);
    }
}

fn stopped(
    reason: String,
    usage: Option<Box<geppetto_turns::Usage>>,
    persist_error: Option<String>,
) -> EventKind {
    let mut event = RunStopped::new(reason);
    (event.usage, event.persist_error) = (usage, persist_error);
    EventKind::RunStopped(event)
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
