//! [`Options`]: the options of a run.

use std::{fmt, sync::Arc, time::Duration};

use geppetto_engine::{Decision, EngineBuilder, Extensions, RunContext, RunSettings};
use geppetto_events::EventSink;
use geppetto_turns::{Block, BlockKind, Turn};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Input of a run.
#[derive(Debug)]
pub(crate) enum Input {
    /// A new turn: the latest one extended with this prompt.
    Prompt(Vec<Block>),
    /// A turn in place of the latest one: the turn before it, extended with a prompt. `None` is the
    /// prompt of the latest turn.
    Replaces(Option<Vec<Block>>),
    /// The latest turn, unchanged.
    Latest,
}

impl Input {
    /// Returns the blocks of the prompt.
    pub(crate) fn blocks(&self) -> &[Block] {
        match self {
            Self::Prompt(blocks) | Self::Replaces(Some(blocks)) => blocks,
            Self::Replaces(None) | Self::Latest => &[],
        }
    }
}

/// An edit of the turn on which a run starts.
pub(crate) type Edit = Box<dyn FnOnce(&mut Turn) + Send>;

/// A requested run.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) input: Input,
    pub(crate) options: Options,
}

/// Options of a run.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) settings: RunSettings,
    pub(crate) extensions: Extensions,
    pub(crate) sinks: Vec<Arc<dyn EventSink>>,
    pub(crate) time_limit: Option<Duration>,
    pub(crate) deadline: Option<Instant>,
    pub(crate) token: Option<CancellationToken>,
    pub(crate) parent: Option<RunContext>,
    pub(crate) builder: Option<Arc<dyn EngineBuilder>>,
    pub(crate) edits: Vec<Edit>,
    /// Decisions of people, by call id, if the run answers waiting calls.
    pub(crate) decisions: Option<Vec<(String, Decision)>>,
    /// Accept the prompt only once the journal has recorded it; `None` uses the session's setting.
    pub(crate) recorded: Option<bool>,
    /// Join the running inference, if its model is called again.
    pub(crate) joins: bool,
}

impl Request {
    /// Returns `true` if this may join a run in progress: it was asked to, and consists of a user's
    /// messages without options that the run would have to have.
    pub(crate) fn may_join(&self) -> bool {
        let Input::Prompt(blocks) = &self.input else {
            return false;
        };
        let is_message = |block: &Block| block.kind() == BlockKind::User;
        self.options.joins && self.options.are_shared() && blocks.iter().all(is_message)
    }
}

impl Options {
    /// Returns `true` if the prompt can join a run that does not have these options. Model, settings,
    /// engine builder and edits are those for a run of its own.
    fn are_shared(&self) -> bool {
        self.settings.output.is_none()
            && self.sinks.is_empty()
            && self.time_limit.is_none()
            && self.deadline.is_none()
            && self.token.is_none()
            && self.parent.is_none()
            && self.decisions.is_none()
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("settings", &self.settings)
            .field("extensions", &self.extensions)
            .field("sinks", &self.sinks.len())
            .field("time_limit", &self.time_limit)
            .field("deadline", &self.deadline)
            .field("edits", &self.edits.len())
            .field("decisions", &self.decisions.as_ref().map(Vec::len))
            .field("recorded", &self.recorded)
            .field("joins", &self.joins)
            .finish_non_exhaustive()
    }
}
