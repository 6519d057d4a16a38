//! [`Options`]: the options of a run.

use std::{fmt, sync::Arc, time::Duration};

use geppetto_engine::{Decision, EngineBuilder, Extensions, RunContext, RunSettings};
use geppetto_events::EventSink;
use geppetto_turns::{Block, Turn};
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
            .finish_non_exhaustive()
    }
}
