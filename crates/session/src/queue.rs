//! [`Queue`]: prompts that wait for the end of the running inference.

mod control;
mod pause;

use std::{collections::VecDeque, sync::Arc};

use geppetto_turns::Block;

pub use pause::{PauseAfter, PauseReason};

use crate::{
    options::{Input, Request},
    run::Run,
};

/// A prompt that waits for the running inference to end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueuedPrompt {
    /// Id of its future run.
    pub run_id: String,
    /// Text of the prompt; empty for an inference on the latest turn.
    pub text: String,
}

#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) run: Arc<Run>,
    pub(crate) request: Request,
}

#[derive(Debug, Default)]
pub(crate) struct Queue(VecDeque<Waiting>);

impl Queue {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn push(&mut self, waiting: Waiting) {
        self.0.push_back(waiting);
    }

    pub(crate) fn pop(&mut self) -> Option<Waiting> {
        self.0.pop_front()
    }

    /// Replaces all waiting prompts by one.
    pub(crate) fn replace(&mut self, waiting: Waiting) -> VecDeque<Waiting> {
        std::mem::replace(&mut self.0, VecDeque::from([waiting]))
    }

    pub(crate) fn remove(&mut self, run_id: &str) -> Option<Waiting> {
        let index = self.0.iter().position(|waiting| waiting.run.id == run_id)?;
        self.0.remove(index)
    }

    /// Returns `true` if the run was queued.
    pub(crate) fn move_to_front(&mut self, run_id: &str) -> bool {
        let Some(waiting) = self.remove(run_id) else {
            return false;
        };
        self.0.push_front(waiting);
        true
    }

    pub(crate) fn prompts(&self) -> Vec<QueuedPrompt> {
        let text = |waiting: &Waiting| match &waiting.request.input {
            Input::Prompt(blocks) => {
                let texts: Vec<&str> = blocks.iter().filter_map(Block::text).collect();
                texts.join("\n")
            }
            Input::Latest | Input::Replaces(_) => String::new(),
        };
        self.0
            .iter()
            .map(|waiting| QueuedPrompt {
                run_id: waiting.run.id.clone(),
                text: text(waiting),
            })
            .collect()
    }
}
