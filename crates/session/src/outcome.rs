//! [`RunOutcome`]: everything known about the end of a run.

use std::{fmt, sync::Arc};

use geppetto_engine::{
    EngineError, PendingCall, RunContext, RunReport, RunStatus, RunTotals, StructuredOutput,
};
use geppetto_turns::{Content, FinishClass, InferenceResult, ReplyError, Turn, Usage, printable};
use serde_json::Value;

/// Maximum length of a refusal in an error message, in characters.
const LONGEST_REFUSAL: usize = 500;

/// Full outcome of a run, with the same fields for every status.
#[derive(Debug)]
#[non_exhaustive]
pub struct RunOutcome {
    /// Status with which the run ended.
    pub status: RunStatus,
    /// Turn in its current state.
    pub turn: Turn,
    /// Tokens of all provider calls of the run, including retries and discarded calls. Calls for
    /// which the provider reported no usage are counted in
    /// [`unreported_calls`](Usage::unreported_calls), in which case the real number is higher.
    pub usage: Usage,
    /// Number of provider calls, including retries.
    pub provider_calls: u32,
    /// Number of tool calls whose tool was run, excluding calls that were rejected, unknown,
    /// malformed or not started.
    pub tool_calls: u32,
    /// Result of the last provider call; `None` if there was none.
    pub result: Option<InferenceResult>,
    /// Error of the engine, if the run failed or was cancelled.
    pub error: Option<Arc<EngineError>>,
    /// Error of storing the turn, if it should have been stored and was not.
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
        // A runner that does not use the response writer reports the result itself.
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

    /// Returns the outcome of a prompt that never ran.
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

    /// Returns the answer as JSON, validated against the requested schema, if any
    /// ([`StructuredOutput::read_answer`]).
    ///
    /// # Errors
    ///
    /// If the answer is missing, refused, truncated, not JSON, or does not match; see
    /// [`ReplyErrorKind`](geppetto_turns::ReplyErrorKind).
    pub fn value(&self) -> Result<Value, ReplyError> {
        StructuredOutput::read_answer(&self.turn)
    }

    /// Returns the finish class of the last provider call: `completed`, `max_tokens`, `refused`,
    /// `interrupted`, ...; `None` if there was no provider call.
    ///
    /// A finished run may have a reply that the output limit truncated.
    #[must_use]
    pub fn finish_class(&self) -> Option<&FinishClass> {
        self.result.as_ref().map(|result| &result.finish_class)
    }

    /// Returns the text of the model's refusal; `None` if there is none, for example because a
    /// content filter stopped the reply.
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

    /// Writes the reason of a refusal: the model's text, or else the provider's reason.
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

    /// Returns the tool calls of the turn that wait for a person's decision. They include calls
    /// that waited before the run and did not start because it failed or was cancelled.
    #[must_use]
    pub fn waits(&self) -> Vec<PendingCall> {
        PendingCall::of(&self.turn)
    }

    /// Returns `true` if the usage of at least one provider call was not reported, so that
    /// [`usage`](Self::usage) is a lower bound.
    #[must_use]
    pub fn has_unreported_usage(&self) -> bool {
        self.usage.unreported_calls > 0
    }
}
