//! Traits for observing and storing runs.

use std::{error::Error as StdError, fmt, time::Duration};

use async_trait::async_trait;
use geppetto_turns::{Args, InferenceResult, ToolCall, ToolUse, Turn};

use crate::{EngineError, RunContext, RunStatus, ToolDefinition};

mod shared;

/// Where a run is when the turn is shown to a [`SnapshotHook`].
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
    /// The name in files: `pre_inference`, `post_inference`, `post_tools`, `final`.
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
/// Called on the run's own task: it must not block. Cloning a turn costs next to nothing, so a
/// hook that wants to do more sends a clone elsewhere.
pub trait SnapshotHook: Send + Sync {
    /// Takes a look at the turn.
    fn snapshot(&self, ctx: &RunContext, turn: &Turn, phase: Phase);
}

impl<F: Fn(&RunContext, &Turn, Phase) + Send + Sync> SnapshotHook for F {
    fn snapshot(&self, ctx: &RunContext, turn: &Turn, phase: Phase) {
        self(ctx, turn, phase);
    }
}

/// Stores turns.
///
/// What the run took (tokens, provider calls, tool calls) is in the turn's metadata under
/// [`keys::RUN_TOTALS`](crate::keys::RUN_TOTALS), on every outcome.
#[async_trait]
pub trait Persister: Send + Sync {
    /// Stores the turn as a run left it. Called once on every outcome, and awaited before the run
    /// counts as over; only when the run's task is dropped, as a runtime does that shuts down,
    /// [`persist_now`](Self::persist_now) is called instead.
    ///
    /// # Errors
    ///
    /// If the turn could not be stored. The run keeps its outcome; the failure is reported in
    /// addition.
    async fn persist(&self, turn: &Turn, status: &RunStatus) -> Result<(), StoreError>;

    /// Stores the turn where nothing can be awaited: the run's task was dropped. Also called when
    /// the task was dropped inside of [`persist`](Self::persist), so storing the same turn twice
    /// must do no harm. It may block for as long as the shutdown can wait.
    ///
    /// # Errors
    ///
    /// When the turn is not stored, which the run's outcome then says. That is the default: a
    /// store that can write without awaiting overrides this.
    fn persist_now(&self, _turn: &Turn, _status: &RunStatus) -> Result<(), StoreError> {
        Err(StoreError::shut_down())
    }
}

/// A turn could not be stored, or a journal not be written.
#[derive(Debug)]
pub struct StoreError {
    message: String,
    fenced: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl StoreError {
    /// An error; `message` says what happened.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            fenced: false,
            source: None,
        }
    }

    /// An error of a store that refuses to write because another process owns the session now. The
    /// run ends with [`ErrorKind::Fenced`](crate::ErrorKind::Fenced).
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

    /// The turn was to be stored when nothing could be awaited any more.
    pub(crate) fn shut_down() -> Self {
        Self::new("not stored: the runtime shut down")
    }

    /// Keeps what caused the error.
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

/// The effect of a tool call, as a [`RunJournal`] records it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ToolEffect<'a> {
    /// The call, with the arguments that the tool gets: those of the model, or of a hook.
    pub call: &'a ToolCall,
    /// The idempotency key, which depends on session, turn and the model's call alone: a run that
    /// continues in another process gives the same call the same key
    /// ([`RunContext::effect_key`]).
    pub key: &'a str,
    /// `true` if the tool declares that a call may be repeated under its key. The effect of another
    /// one that began and has no answer is unknown, and must not be repeated.
    pub idempotent: bool,
}

impl<'a> ToolEffect<'a> {
    /// The effect of `call` under `key`.
    #[must_use]
    pub fn new(call: &'a ToolCall, key: &'a str, idempotent: bool) -> Self {
        Self {
            call,
            key,
            idempotent,
        }
    }
}

/// How long a [`RunJournal`] may take at each barrier, before the run fails and says so: 30 s.
pub const JOURNAL_TIMEOUT: Duration = Duration::from_secs(30);

/// Records the steps of a run, before and after each. Each call is a barrier: the run continues
/// when it returns. The order of the calls is that of the methods below.
///
/// The defaults do nothing. An error ends the run before the step that was to be written down; so
/// does a call that takes longer than [`JOURNAL_TIMEOUT`]. After an error of kind
/// [`Fenced`](crate::ErrorKind::Fenced) the journal is not called again.
#[async_trait]
pub trait RunJournal: Send + Sync {
    /// A run starts. Called once per run, before its first provider call; by a session that
    /// acknowledges prompts after this barrier, before the prompt is in the history.
    async fn run_started(&self, _ctx: &RunContext, _turn: &Turn) -> Result<(), EngineError> {
        Ok(())
    }

    /// A provider call is about to be made.
    async fn before_provider_call(
        &self,
        _ctx: &RunContext,
        _turn: &Turn,
    ) -> Result<(), EngineError> {
        Ok(())
    }

    /// A provider call is over; the turn holds what it produced.
    async fn after_provider_call(
        &self,
        _ctx: &RunContext,
        _turn: &Turn,
        _result: Result<&InferenceResult, &EngineError>,
    ) -> Result<(), EngineError> {
        Ok(())
    }

    /// A tool is about to have its effect. Called once per call, whatever the number of attempts.
    async fn before_tool(
        &self,
        _ctx: &RunContext,
        _effect: &ToolEffect<'_>,
    ) -> Result<(), EngineError> {
        Ok(())
    }

    /// A call has its answer. Also called for calls that were answered without running a tool
    /// (rejected, unknown, malformed), which had no [`before_tool`](Self::before_tool).
    async fn after_tool(
        &self,
        _ctx: &RunContext,
        _effect: &ToolEffect<'_>,
        _answer: &ToolUse,
    ) -> Result<(), EngineError> {
        Ok(())
    }

    /// The run is over.
    async fn run_ended(
        &self,
        _ctx: &RunContext,
        _turn: &Turn,
        _status: &RunStatus,
    ) -> Result<(), EngineError> {
        Ok(())
    }
}

/// The tools that a run has, as far as a middleware or an engine may want to know.
pub trait ToolCatalog: Send + Sync {
    /// The definitions, sorted by name.
    fn definitions(&self) -> Vec<ToolDefinition>;

    /// Returns `true` if a tool has arguments that events must not show. The arguments of its calls
    /// are then not published as they stream, but once per call, when it is complete, masked by
    /// [`mask_arguments`](Self::mask_arguments). `false` by default.
    fn has_secret_arguments(&self, _tool: &str) -> bool {
        false
    }

    /// The arguments of a whole call as events show them: as they are by default.
    fn mask_arguments(&self, _tool: &str, arguments: &Args) -> String {
        arguments.as_str().to_owned()
    }
}
