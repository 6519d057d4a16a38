//! [`Queue`]: prompts that wait for the running inference to end.

use std::{collections::VecDeque, sync::Arc};

use geppetto_engine::{EngineError, RunStatus};
use geppetto_turns::{Block, Turn};

use crate::{RunOutcome, handle::Run};

/// A prompt that waits for the running inference to end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct QueuedPrompt {
    /// The id of the run that it becomes.
    pub run_id: String,
    /// Its text.
    pub text: String,
}

#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) run: Arc<Run>,
    pub(crate) prompt: Vec<Block>,
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

    pub(crate) fn remove(&mut self, run_id: &str) -> Option<Waiting> {
        let index = self.0.iter().position(|waiting| waiting.run.id == run_id)?;
        self.0.remove(index)
    }

    pub(crate) fn prompts(&self) -> Vec<QueuedPrompt> {
        let text = |waiting: &Waiting| {
            let texts: Vec<&str> = waiting.prompt.iter().filter_map(Block::text).collect();
            texts.join("\n")
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

impl Waiting {
    /// The prompt will not run: it was taken out of the queue, or could not be started.
    pub(crate) fn never_runs(self, latest: Turn, error: EngineError) {
        self.run.finished(RunOutcome {
            status: RunStatus::from(&error),
            turn: latest,
            report: None,
            error: Some(Arc::new(error)),
            persist_error: None,
        });
    }
}
