//! Messages that join a run in progress.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use geppetto_turns::Block;

use super::{Extensions, RunContext};
use crate::EngineError;

/// Source of the messages that are submitted while a run is in progress and join it.
pub trait InputSource: Send + Sync {
    /// Takes the messages that have arrived, in order. Must not block.
    fn take(&self) -> Vec<JoiningInput>;
}

/// What became of a message that was taken for a run.
#[derive(Debug)]
#[non_exhaustive]
pub enum InputFate<'a> {
    /// It is part of the conversation. The event that says so follows, so that its readers find out what
    /// joined.
    Joined,
    /// The journal refused it. It is not part of the conversation.
    Refused(&'a EngineError),
    /// The run ended first. It is not part of the conversation.
    NotRead,
}

type OnFate = Box<dyn FnOnce(InputFate<'_>) + Send>;

/// A prompt that joins a run in progress. Dropped, it reports [`InputFate::NotRead`].
#[must_use = "dropped, it is not read"]
pub struct JoiningInput {
    blocks: Vec<Block>,
    extensions: Extensions,
    on_fate: Mutex<Option<OnFate>>,
}

impl JoiningInput {
    /// Creates a prompt that consists of `blocks`. `on_fate` is called once.
    pub fn new(blocks: Vec<Block>, on_fate: impl FnOnce(InputFate<'_>) + Send + 'static) -> Self {
        Self {
            blocks,
            extensions: Extensions::default(),
            on_fate: Mutex::new(Some(Box::new(on_fate))),
        }
    }

    /// Sets the extensions of the prompt, for the journal.
    pub fn with_extensions(mut self, extensions: Extensions) -> Self {
        self.extensions = extensions;
        self
    }

    /// Returns the blocks of the prompt.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Returns the prompt's extension of type `T`, if there is one.
    #[must_use]
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.extensions.get()
    }

    pub(crate) fn end(mut self, fate: InputFate<'_>) {
        self.report(fate);
    }

    fn report(&mut self, fate: InputFate<'_>) {
        let on_fate = self
            .on_fate
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(on_fate) = on_fate.take() {
            on_fate(fate);
        }
    }
}

impl Drop for JoiningInput {
    fn drop(&mut self) {
        self.report(InputFate::NotRead);
    }
}

impl fmt::Debug for JoiningInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoiningInput")
            .field("blocks", &self.blocks.len())
            .finish_non_exhaustive()
    }
}

impl RunContext {
    /// Sets the source of the messages that join the run. Inner work does not have it.
    #[must_use]
    pub fn with_input(mut self, source: Arc<dyn InputSource>) -> Self {
        self.input = Some(source);
        self
    }

    /// Takes the messages that join the run; [`steps::join_input`](crate::steps::join_input) adds
    /// them to a turn.
    pub(crate) fn take_input(&self) -> Vec<JoiningInput> {
        self.input.as_ref().map_or_else(Vec::new, |own| own.take())
    }
}
