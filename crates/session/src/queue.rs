//! [`Queue`]: prompts that wait for the end of the running inference.

mod control;
mod join;
mod pause;

use std::{collections::VecDeque, sync::Arc};

use geppetto_turns::Block;

pub(crate) use join::Joins;
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
    /// `true` if it joins the running inference once its model is called again
    /// ([`Prompt::join_running`](crate::Prompt::join_running)).
    pub joins: bool,
}

#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) run: Arc<Run>,
    pub(crate) request: Request,
    /// `true` if a run took it and ended before it was part of the conversation.
    was_taken: bool,
}

impl Waiting {
    pub(crate) fn new(run: &Arc<Run>, request: Request) -> Self {
        Self {
            run: Arc::clone(run),
            request,
            was_taken: false,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: VecDeque<Waiting>,
    /// Number of times that a prompt replaced all waiting ones.
    replacements: u64,
}

impl Queue {
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Lets a prompt join the running inference. Returns `true` if it is queued and may.
    pub(crate) fn join(&mut self, run_id: &str) -> bool {
        let mut waiting = self.waiting.iter_mut();
        let found = waiting.find(|waiting| waiting.run.id == run_id);
        found.is_some_and(|waiting| {
            waiting.request.options.joins = true;
            waiting.request.may_join()
        })
    }

    /// Returns `true` if a prompt waits; without `any`, one that was to join the run that ended.
    pub(crate) fn has_next(&self, any: bool) -> bool {
        let next = self.waiting.front();
        next.is_some_and(|waiting| any || waiting.request.may_join())
    }

    /// Takes the prompts that join the running inference, in order.
    fn take_joining(&mut self) -> Vec<Waiting> {
        if !self
            .waiting
            .iter()
            .any(|waiting| waiting.request.may_join())
        {
            return Vec::new();
        }
        let all = std::mem::take(&mut self.waiting).into_iter();
        let (joining, others): (Vec<_>, Vec<_>) =
            all.partition(|waiting| waiting.request.may_join());
        self.waiting = others.into();
        joining
    }

    /// Puts a prompt that was taken back to the front, behind those that were put back before.
    fn put_back(&mut self, mut waiting: Waiting) {
        waiting.was_taken = true;
        let earlier = self.waiting.iter().take_while(|own| own.was_taken).count();
        self.waiting.insert(earlier, waiting);
    }

    pub(crate) fn push(&mut self, waiting: Waiting) {
        self.waiting.push_back(waiting);
    }

    pub(crate) fn pop(&mut self) -> Option<Waiting> {
        self.waiting.pop_front()
    }

    /// Replaces all waiting prompts by one.
    pub(crate) fn replace(&mut self, waiting: Waiting) -> VecDeque<Waiting> {
        self.replacements += 1;
        std::mem::replace(&mut self.waiting, VecDeque::from([waiting]))
    }

    pub(crate) fn replacements(&self) -> u64 {
        self.replacements
    }

    pub(crate) fn remove(&mut self, run_id: &str) -> Option<Waiting> {
        let index = self
            .waiting
            .iter()
            .position(|waiting| waiting.run.id == run_id)?;
        self.waiting.remove(index)
    }

    /// Returns `true` if the run was queued.
    pub(crate) fn move_to_front(&mut self, run_id: &str) -> bool {
        let Some(waiting) = self.remove(run_id) else {
            return false;
        };
        self.waiting.push_front(waiting);
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
        self.waiting
            .iter()
            .map(|waiting| QueuedPrompt {
                run_id: waiting.run.id.clone(),
                text: text(waiting),
                joins: waiting.request.may_join(),
            })
            .collect()
    }
}
