//! [`Effect`]: the effect of a tool call on the world outside of the store.

use std::sync::Arc;

use geppetto_turns::Block;

/// Effect of a tool call.
///
/// An effect that is [begun](EffectState::Begun) in a session without a running process has an
/// unknown outcome: the tool may have acted or not.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Effect {
    /// Idempotency key, unique within a session
    /// ([`RunContext::effect_key`](geppetto_engine::RunContext::effect_key)).
    pub key: String,
    /// Id of the run that began it last.
    pub run: String,
    /// Index of the turn with the call.
    pub turn: u64,
    /// Id of the tool call.
    pub call_id: String,
    /// Name of the tool.
    pub tool: String,
    /// `true` if the tool declares that a call may be repeated under its key.
    pub idempotent: bool,
    /// Number of times that it was begun.
    pub begun: u32,
    /// State.
    pub state: EffectState,
}

/// State of an [`Effect`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EffectState {
    /// The tool was started, and there is no result.
    Begun,
    /// The tool lets its call wait for a person. A later run begins it again.
    Waiting,
    /// The call was answered with this tool use block.
    Finished(Arc<Block>),
}

/// Change of an [`Effect`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EffectWrite {
    /// The tool is about to start. If the key exists, the effect is begun again: its state becomes
    /// [`Begun`](EffectState::Begun), and [`begun`](Effect::begun) is incremented.
    Begin(EffectStart),
    /// The tool lets its call wait. The key must exist.
    Wait {
        /// Key of the effect.
        key: String,
    },
    /// The call is answered. The key must exist.
    Finish {
        /// Key of the effect.
        key: String,
        /// Tool use block.
        answer: Arc<Block>,
    },
}

/// Data of an effect that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EffectStart {
    /// Idempotency key.
    pub key: String,
    /// Id of the run.
    pub run: String,
    /// Index of the turn with the call.
    pub turn: u64,
    /// Id of the tool call.
    pub call_id: String,
    /// Name of the tool.
    pub tool: String,
    /// `true` if a call may be repeated under its key.
    pub idempotent: bool,
}

impl EffectStart {
    /// Creates the start of an effect of `run` in turn `turn`, not idempotent.
    pub fn new(key: impl Into<String>, run: impl Into<String>, turn: u64) -> Self {
        Self {
            key: key.into(),
            run: run.into(),
            turn,
            call_id: String::new(),
            tool: String::new(),
            idempotent: false,
        }
    }

    /// Sets the id of the call, the name of the tool, and whether it is idempotent.
    #[must_use]
    pub fn call(
        mut self,
        call_id: impl Into<String>,
        tool: impl Into<String>,
        idempotent: bool,
    ) -> Self {
        self.call_id = call_id.into();
        self.tool = tool.into();
        self.idempotent = idempotent;
        self
    }
}

impl Effect {
    /// Returns the state of the effect after it was begun once more; `earlier` is the number of
    /// times before. For implementations of stores.
    #[must_use]
    pub fn begin(start: &EffectStart, earlier: u32) -> Self {
        Self {
            key: start.key.clone(),
            run: start.run.clone(),
            turn: start.turn,
            call_id: start.call_id.clone(),
            tool: start.tool.clone(),
            idempotent: start.idempotent,
            begun: earlier.saturating_add(1),
            state: EffectState::Begun,
        }
    }

    /// Returns `true` if the tool was started and there is no result. Without a running process,
    /// the outcome is unknown.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == EffectState::Begun
    }

    /// Returns the answer, if the effect is finished.
    #[must_use]
    pub fn answer(&self) -> Option<&Arc<Block>> {
        match &self.state {
            EffectState::Finished(answer) => Some(answer),
            _ => None,
        }
    }
}

impl EffectWrite {
    /// Returns the key of the effect.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Begin(start) => &start.key,
            Self::Wait { key } | Self::Finish { key, .. } => key,
        }
    }
}
