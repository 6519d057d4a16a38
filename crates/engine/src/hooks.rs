//! Traits for observing and storing runs.

use std::{error::Error as StdError, fmt, time::Duration};

use async_trait::async_trait;
use geppetto_turns::{Args, InferenceResult, ToolCall, ToolUse, Turn};

use crate::{EngineError, JoiningInput, PendingCall, RunContext, RunStatus, ToolDefinition};

mod shared;

/// Phase of a run in which a [`SnapshotHook`] is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Before a provider call.
    PreInference,
    /// After a provider call.
    PostInference,
    /// After the tools of a provider call.
    PostTools,
    /// At the end of the run, whatever its outcome.
    Final,
}

impl Phase {
    /// Returns the name used in files: `pre_inference`, `post_inference`, `post_tools`, `final`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PreInference => "pre_inference",
            Self::PostInference => "post_inference",
            Self::PostTools => "post_tools",
            Self::Final => "final",
        }
    }
}

/// Observes the turn at each phase of a run.
///
/// Called synchronously on the task of the run, so it must not block. A panic ends the run with an
/// error of kind [`Panicked`](crate::ErrorKind::Panicked). Cloning a turn is cheap: for longer
/// work, send a clone to another task.
pub trait SnapshotHook: Send + Sync {
    /// Observes the turn. Called once per phase.
    fn snapshot(&self, ctx: &RunContext, turn: &Turn, phase: Phase);
}

impl<F: Fn(&RunContext, &Turn, Phase) + Send + Sync> SnapshotHook for F {
    fn snapshot(&self, ctx: &RunContext, turn: &Turn, phase: Phase) {
        self(ctx, turn, phase);
    }
}

/// Stores turns.
///
/// The resource usage of the run (tokens, provider calls, tool calls) is in the turn's metadata
/// under [`keys::RUN_TOTALS`](crate::keys::RUN_TOTALS), on every outcome.
#[async_trait]
pub trait Persister: Send + Sync {
    /// Stores the turn at the end of a run. Called once per run, on every outcome, and awaited
    /// before the terminal event. If the run's task is dropped, as during runtime shutdown,
    /// [`persist_now`](Self::persist_now) is called instead.
    ///
    /// # Errors
    ///
    /// If the turn could not be stored. The run keeps its outcome; the failure is reported in
    /// addition.
    async fn persist(&self, turn: &Turn, status: &RunStatus) -> Result<(), StoreError>;

    /// Stores the turn synchronously, because the run's task was dropped. Also called if the task
    /// was dropped during [`persist`](Self::persist), so storing a turn must be idempotent. May
    /// block for as long as the shutdown can wait.
    ///
    /// # Errors
    ///
    /// If the turn is not stored; the run's outcome reports it. The default implementation always
    /// returns an error: override it in stores that can write synchronously.
    fn persist_now(&self, _turn: &Turn, _status: &RunStatus) -> Result<(), StoreError> {
        Err(StoreError::shut_down())
    }
}

/// Failure to store a turn or to write a journal.
#[derive(Debug)]
pub struct StoreError {
    message: String,
    fenced: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl StoreError {
    /// Creates an error; `message` describes what happened.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            fenced: false,
            source: None,
        }
    }

    /// Creates the error of a store that rejects a write because another process owns the session
    /// now. The run ends with [`ErrorKind::Fenced`](crate::ErrorKind::Fenced).
    pub fn fenced(message: impl Into<String>) -> Self {
        Self {
            fenced: true,
            ..Self::new(message)
        }
    }

    /// Returns `true` if another process owns the session now.
    #[must_use]
    pub fn is_fenced(&self) -> bool {
        self.fenced
    }

    /// Creates the error of a turn that had to be stored when nothing could be awaited any more.
    pub(crate) fn shut_down() -> Self {
        Self::new("not stored: the runtime shut down")
    }

    /// Sets the source of the error.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for StoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source: &(dyn StdError + 'static) = self.source.as_deref()?;
        Some(source)
    }
}

/// Effect of a tool call, as recorded by a [`RunJournal`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ToolEffect<'a> {
    /// The call, with the arguments passed to the tool: those of the model, or those substituted by
    /// a hook.
    pub call: &'a ToolCall,
    /// Idempotency key, which depends only on the session, the turn and the model's call: a run
    /// that continues in another process uses the same key for the same call
    /// ([`RunContext::effect_key`]).
    pub key: &'a str,
    /// `true` if the tool declares that a call may be repeated under its key. Otherwise the effect
    /// of a call that started and has no answer is unknown, and must not be repeated.
    pub idempotent: bool,
}

impl<'a> ToolEffect<'a> {
    /// Creates the effect of `call` with the idempotency key `key`.
    #[must_use]
    pub fn new(call: &'a ToolCall, key: &'a str, idempotent: bool) -> Self {
        Self {
            call,
            key,
            idempotent,
        }
    }
}

/// Time limit for each call of a [`RunJournal`]: 30 s. A call that takes longer fails the run.
pub const JOURNAL_TIMEOUT: Duration = Duration::from_secs(30);

/// Records the steps of a run. Each call is a barrier: the run waits for it. The methods are called
/// in the order below.
///
/// The default implementations do nothing. An error ends the run before the step that could not be
/// recorded; so does a call that takes longer than [`JOURNAL_TIMEOUT`]. After an error of kind
/// [`Fenced`](crate::ErrorKind::Fenced) the journal is not called again.
#[async_trait]
pub trait RunJournal: Send + Sync {
    /// Called once per run, before its first provider call. A session that acknowledges prompts
    /// after this barrier calls it before the prompt is added to the history.
    async fn run_started(&self, _ctx: &RunContext, _turn: &Turn) -> Result<(), EngineError> {
        Ok(())
    }

    /// Called before messages join the run in progress; `turn` contains them. If this fails, they are
    /// not part of the conversation, and the run ends with the error.
    async fn input_joins(
        &self,
        _ctx: &RunContext,
        _turn: &Turn,
        _input: &[JoiningInput],
    ) -> Result<(), EngineError> {
        Ok(())
    }

    /// Called before a provider call.
    async fn before_provider_call(
        &self,
        _ctx: &RunContext,
        _turn: &Turn,
    ) -> Result<(), EngineError> {
        Ok(())
    }

    /// Called after a provider call; the turn contains its output.
    async fn after_provider_call(
        &self,
        _ctx: &RunContext,
        _turn: &Turn,
        _result: Result<&InferenceResult, &EngineError>,
    ) -> Result<(), EngineError> {
        Ok(())
    }

    /// Called before a tool runs, once per call and run, regardless of the number of attempts.
    async fn before_tool(
        &self,
        _ctx: &RunContext,
        _effect: &ToolEffect<'_>,
    ) -> Result<(), EngineError> {
        Ok(())
    }

    /// Called when a tool that has started lets its call wait for a person. The call has no answer, and
    /// its effect is not unknown: a later run that calls the tool again calls
    /// [`before_tool`](Self::before_tool) first, with the same key. If no later run does, the call is
    /// answered without its tool.
    async fn tool_waits(
        &self,
        _ctx: &RunContext,
        _effect: &ToolEffect<'_>,
        _waiting: &PendingCall,
    ) -> Result<(), EngineError> {
        Ok(())
    }

    /// Called when a call is answered. Also called for calls that were answered without running a
    /// tool (rejected, unknown, malformed), for which [`before_tool`](Self::before_tool) was not
    /// called.
    async fn after_tool(
        &self,
        _ctx: &RunContext,
        _effect: &ToolEffect<'_>,
        _answer: &ToolUse,
    ) -> Result<(), EngineError> {
        Ok(())
    }

    /// Called if the start of the run was recorded and its prompt is not accepted, because the run was
    /// cancelled at the barrier: no other method is called, `turn` does not enter the history, and
    /// no event is published. Calls [`run_ended`](Self::run_ended) as cancelled by default.
    async fn run_withdrawn(&self, ctx: &RunContext, turn: &Turn) -> Result<(), EngineError> {
        self.run_ended(ctx, turn, &RunStatus::Cancelled).await
    }

    /// Called at the end of the run.
    async fn run_ended(
        &self,
        _ctx: &RunContext,
        _turn: &Turn,
        _status: &RunStatus,
    ) -> Result<(), EngineError> {
        Ok(())
    }
}

/// A journal that also stores the turn at the end of each run, such as that of a durable session.
/// Implemented for every type that is both.
///
/// After a cancellation, the future of [`persist`](Persister::persist) may be dropped, because the
/// end of a cancelled run does not wait for a slow store. The recorder then stores the turn later.
pub trait Recorder: RunJournal + Persister {}

impl<R: RunJournal + Persister + ?Sized> Recorder for R {}

/// Tools of a run, as visible to middleware and engines.
pub trait ToolCatalog: Send + Sync {
    /// Returns the definitions, sorted by name.
    fn definitions(&self) -> Vec<ToolDefinition>;

    /// Returns `true` if a tool has secret arguments. They are then not published as they stream,
    /// but once per call, when it is complete, masked by [`mask_arguments`](Self::mask_arguments).
    /// `false` by default.
    fn has_secret_arguments(&self, _tool: &str) -> bool {
        false
    }

    /// Returns the arguments of a complete call for events. Unchanged by default.
    fn mask_arguments(&self, _tool: &str, arguments: &Args) -> String {
        arguments.as_str().to_owned()
    }
}
