//! [`RunOutcome`]: everything known about the end of a run.

use std::{fmt, sync::Arc};

use geppetto_engine::{
    EngineError, PendingCall, RunContext, RunReport, RunStatus, RunTotals, StructuredOutput,
};
use geppetto_turns::{Content, FinishClass, InferenceResult, ReplyError, Turn, Usage, printable};
use serde_json::Value;

/// The most characters of a refusal that stand in an error.
const LONGEST_REFUSAL: usize = 500;

/// Everything known about the end of a run: the same on every outcome.
#[derive(Debug)]
#[non_exhaustive]
pub struct RunOutcome {
    /// How it ended.
    pub status: RunStatus,
    /// The turn in its current state.
    pub turn: Turn,
    /// The tokens of all provider calls of the run, attempts and discarded calls included. Calls
    /// for which the provider reported no usage are counted in
    /// [`unreported_calls`](Usage::unreported_calls): the real number is then higher.
    pub usage: Usage,
    /// The number of provider calls, attempts included.
    pub provider_calls: u32,
    /// The number of tool calls whose tool was run; not those that were rejected, unknown, malformed
    /// or not started.
    pub tool_calls: u32,
    /// The result of the last provider call; `None` if none was made.
    pub result: Option<InferenceResult>,
    /// The engine's error, if the run failed or was cancelled.
    pub error: Option<Arc<EngineError>>,
    /// Why the turn is not stored, if it should have been.
    pub persist_error: Option<String>,
}

impl RunOutcome {
    pub(crate) fn new(
        turn: Turn,
        ended: Result<RunReport, EngineError>,
        ctx: &RunContext,
        persist_error: Option<String>,
    ) -> Self {
        let status = RunStatus::from(&ended);
        let RunTotals {
            usage,
            provider_calls,
            tool_calls,
            ..
        } = ctx.totals();
        let (reported, error) = match ended {
            Ok(report) => (Some(report.result), None),
            Err(error) => (None, Some(Arc::new(error))),
        };
        // A runner that makes no reply by the writer says in its report what came of it.
        let result = ctx.last_result().or(reported);
        Self {
            status,
            turn,
            usage,
            provider_calls,
            tool_calls,
            result,
            error,
            persist_error,
        }
    }

    /// The outcome of a prompt that never ran.
    pub(crate) fn never_ran(latest: Turn, error: Arc<EngineError>) -> Self {
        Self {
            status: RunStatus::from(&*error),
            turn: latest,
            usage: Usage::default(),
            provider_calls: 0,
            tool_calls: 0,
            result: None,
            error: Some(error),
            persist_error: None,
        }
    }

    /// The answer as JSON, checked against the schema that was asked for, if one was
    /// ([`StructuredOutput::read_answer`]).
    ///
    /// # Errors
    ///
    /// The answer is missing, refused, cut off, not JSON, or does not fit; see
    /// [`ReplyErrorKind`](geppetto_turns::ReplyErrorKind).
    pub fn value(&self) -> Result<Value, ReplyError> {
        StructuredOutput::read_answer(&self.turn)
    }

    /// Why the last provider call ended: `completed`, `max_tokens`, `refused`, `interrupted`, ...;
    /// `None` if no provider call was made.
    ///
    /// A run can finish with a reply that the output limit cut.
    #[must_use]
    pub fn finish_class(&self) -> Option<&FinishClass> {
        self.result.as_ref().map(|result| &result.finish_class)
    }

    /// The words with which the model refused; `None` if it said none, as where a content filter
    /// stopped the reply.
    #[must_use]
    pub fn refusal(&self) -> Option<&str> {
        if self.status != RunStatus::Refused {
            return None;
        }
        let said = self.turn.blocks.iter().rev();
        let mut said = said.map_while(|block| match &block.content {
            Content::LlmText(said) => Some(said),
            _ => None,
        });
        let refusal = said.find(|said| said.refusal && !said.text.trim().is_empty());
        refusal.map(|said| said.text.trim())
    }

    /// Says why the reply was refused: with the model's words, else with the provider's reason.
    pub(crate) fn write_refusal(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(words) = self.refusal() {
            let words: String = words.chars().take(LONGEST_REFUSAL).collect();
            return write!(f, "the model refused: {}", printable(&words));
        }
        f.write_str("the reply was refused by the model or stopped by a content filter")?;
        let reason = self
            .result
            .as_ref()
            .and_then(|own| own.stop_reason.as_deref());
        if let Some(reason) = reason {
            let reason: String = reason.chars().take(LONGEST_REFUSAL).collect();
            write!(f, " (finish reason `{}`)", printable(&reason))?;
        }
        f.write_str("; what arrived is in the turn")
    }

    /// The tool calls of the turn that wait for a person to decide about them. These are also calls that
    /// waited before the run, and did not start because it failed or was cancelled.
    #[must_use]
    pub fn waits(&self) -> Vec<PendingCall> {
        PendingCall::of(&self.turn)
    }

    /// Returns `true` if the provider did not report the usage of some provider call, so that
    /// [`usage`](Self::usage) is a lower bound.
    #[must_use]
    pub fn has_unreported_usage(&self) -> bool {
        self.usage.unreported_calls > 0
    }
}
