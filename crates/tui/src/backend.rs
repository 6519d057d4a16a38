//! [`Backend`]: the session that a chat shows, in memory or of a host.

use std::{sync::Arc, time::SystemTime};

use async_trait::async_trait;
use geppetto_engine::{Decision, EngineBuilder, PendingCall, SessionTotals};
use geppetto_events::Event;
use geppetto_session::{ExecutionHandle, Prompt};
use geppetto_turns::{Block, BlockKind, FilePart, ImagePart, Turn};
use tokio_util::sync::CancellationToken;

mod hosted;
mod memory;
mod past;

pub(crate) use hosted::Hosted;
pub(crate) use memory::Memory;
pub(crate) use past::Past;

use crate::Selection;

/// A failure, for people.
pub(crate) type Failure = String;

/// Input of a run.
#[derive(Debug, Clone)]
pub(crate) enum Input {
    /// A prompt with its images and files.
    Prompt {
        text: String,
        images: Vec<ImagePart>,
        files: Vec<FilePart>,
    },
    /// The last prompt again.
    Retry,
    /// Another text in place of the last prompt.
    Edit(String),
    /// Decisions about tool calls that wait.
    Answer(Vec<(String, Decision)>),
}

/// A run that is requested.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) input: Input,
    pub(crate) selection: Selection,
    /// System prompt from this run on; `None` keeps what there is.
    pub(crate) system: Option<String>,
    /// Cancels the run, even before it has started.
    pub(crate) cancel: CancellationToken,
}

impl Request {
    /// Applies all but the input.
    fn options(&self, prompt: Prompt) -> Prompt {
        let mut prompt = prompt.cancelled_by(&self.cancel);
        if let Some(model) = &self.selection.model {
            prompt = prompt.model(model);
        }
        if let Some(builder) = &self.selection.builder {
            prompt = prompt.engine_builder(Arc::clone(builder) as Arc<dyn EngineBuilder>);
        }
        if let Some(system) = self.system.clone() {
            prompt = prompt.edit(move |turn| set_system(turn, &system));
        }
        prompt
    }
}

/// A session as it is when it is opened.
pub(crate) struct Joined {
    pub(crate) past: Past,
    /// Events of the running inference so far.
    pub(crate) events: Vec<Event>,
    /// Sequence number before `events`.
    pub(crate) seq: u64,
    /// Tool calls that wait for a person.
    pub(crate) waits: Vec<PendingCall>,
    /// Totals of the runs so far.
    pub(crate) totals: SessionTotals,
    /// Reads the events after them.
    pub(crate) reader: Box<dyn Reader>,
}

/// A session in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) turns: u64,
    pub(crate) updated: Option<SystemTime>,
    /// What it is doing, if it is not idle.
    pub(crate) state: String,
}

/// Reads the events of a session.
#[async_trait]
pub(crate) trait Reader: Send {
    /// Waits for the next event; `None` when there will be none. Cancel safe.
    async fn next(&mut self) -> Option<Read>;
}

/// What a [`Reader`] has read.
#[derive(Debug, Clone)]
pub(crate) enum Read {
    Event(Event),
    /// So many events are missing.
    Missing(u64),
    /// Reading failed, and was given up.
    Failed(Failure),
}

/// The session that a chat shows.
#[async_trait]
pub(crate) trait Backend: Send + Sync {
    /// Returns the id of the session.
    fn id(&self) -> &str;

    /// Returns all turns.
    async fn turns(&self) -> Result<Vec<Turn>, Failure>;

    /// Returns the state of the session, and a reader of the events after it.
    async fn join(&self) -> Result<Joined, Failure>;

    /// Starts a run.
    async fn start(&self, request: Request) -> Result<ExecutionHandle, Failure>;

    /// Returns the running inference, if it runs in this process.
    fn running(&self) -> Option<ExecutionHandle>;

    /// Returns the tool calls that wait for a person.
    async fn waits(&self) -> Result<Vec<PendingCall>, Failure>;

    /// Returns the latest turn.
    async fn latest(&self) -> Result<Option<Turn>, Failure>;

    /// Returns the totals of the runs so far.
    async fn totals(&self) -> SessionTotals;

    /// Removes the latest turn, and returns it.
    async fn undo(&self) -> Result<Turn, Failure>;

    /// Creates a session.
    async fn create(&self) -> Result<Arc<dyn Backend>, Failure>;

    /// Creates a session with the history of this one.
    async fn fork(&self) -> Result<Arc<dyn Backend>, Failure>;

    /// Returns another session.
    async fn open(&self, id: &str) -> Result<Arc<dyn Backend>, Failure>;

    /// Lists sessions, newest first.
    async fn list(&self) -> Result<Vec<Listed>, Failure>;
}

/// Sets the system prompt of a turn: that of the first system message, or of a new one in front. A
/// blank text removes it.
fn set_system(turn: &mut Turn, text: &str) {
    let is_system = |own: &Arc<Block>| own.kind() == BlockKind::System;
    let at = turn.blocks.iter().position(is_system);
    match at {
        Some(at) if text.trim().is_empty() => {
            let blocks = turn.blocks.iter().enumerate();
            let kept = blocks.filter(|(index, _)| *index != at);
            turn.blocks = kept.map(|(_, own)| Arc::clone(own)).collect();
        }
        Some(_) if turn.system_prompt() == Some(text) => {}
        Some(at) => {
            if let Some(own) = turn.blocks.make_mut(at) {
                own.content = Block::system(text).content;
            }
        }
        None if text.trim().is_empty() => {}
        None => turn.prepend(Block::system(text)),
    }
}
