//! What a session should do, in a few lines without tasks or locks.

use std::collections::VecDeque;

use geppetto_engine::{ErrorKind, RunStatus};
use geppetto_session::BusyPolicy;

use super::steered::End;

/// What an operation says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    Done,
    Busy,
    QueueFull,
    Empty,
    EmptyPrompt,
    NoSuchTurn,
}

/// How a run should end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Ended(End),
    Cancelled,
}

impl Outcome {
    pub(crate) fn check(self, status: &RunStatus) {
        let kind = match status {
            RunStatus::Failed { kind, .. } => Some(*kind),
            _ => None,
        };
        match self {
            Self::Ended(End::Finish) => assert_eq!(*status, RunStatus::Finished),
            Self::Ended(End::Fail) => assert_eq!(kind, Some(ErrorKind::Server)),
            Self::Ended(End::Panic) => assert_eq!(kind, Some(ErrorKind::Panicked)),
            Self::Cancelled => assert_eq!(*status, RunStatus::Cancelled),
        }
    }
}

/// A session: the texts of its turns, the run that is going on, what waits, how runs ended. Runs
/// are numbered in the order in which their handles were given out.
pub(crate) struct Model {
    policy: BusyPolicy,
    pub(crate) turns: Vec<Vec<String>>,
    pub(crate) active: Option<usize>,
    queue: VecDeque<(usize, String)>,
    pub(crate) outcomes: Vec<Option<Outcome>>,
}

impl Model {
    pub(crate) fn new(policy: BusyPolicy) -> Self {
        Self {
            policy,
            turns: Vec::new(),
            active: None,
            queue: VecDeque::new(),
            outcomes: Vec::new(),
        }
    }

    pub(crate) fn queued(&self) -> Vec<&str> {
        self.queue.iter().map(|(_, text)| text.as_str()).collect()
    }

    fn begin(&mut self) -> Said {
        self.active = Some(self.outcomes.len());
        self.outcomes.push(None);
        Said::Done
    }

    fn grow(&mut self, text: &str) {
        let mut turn = self.turns.last().cloned().unwrap_or_default();
        turn.push(text.to_owned());
        self.turns.push(turn);
    }

    pub(crate) fn submit(&mut self, text: &str) -> Said {
        if text.trim().is_empty() {
            return Said::EmptyPrompt;
        }
        match (self.active, self.policy) {
            (None, _) => {}
            (Some(_), BusyPolicy::Replace) => self.over(Outcome::Cancelled),
            (Some(_), BusyPolicy::Queue { max }) if self.queue.len() < max => {
                self.queue.push_back((self.outcomes.len(), text.to_owned()));
                self.outcomes.push(None);
                return Said::Done;
            }
            (Some(_), BusyPolicy::Queue { .. }) => return Said::QueueFull,
            (Some(_), _) => return Said::Busy,
        }
        self.grow(text);
        self.begin()
    }

    pub(crate) fn start_inference(&mut self) -> Said {
        match (self.active, self.policy) {
            (None, _) => {}
            (Some(_), BusyPolicy::Replace) => self.over(Outcome::Cancelled),
            (Some(_), _) => return Said::Busy,
        }
        if self.turns.last().is_none_or(Vec::is_empty) {
            return Said::Empty;
        }
        self.begin()
    }

    pub(crate) fn append(&mut self, turn: Vec<String>) -> Said {
        if self.active.is_some() {
            return Said::Busy;
        }
        self.turns.push(turn);
        Said::Done
    }

    pub(crate) fn append_prompt(&mut self, text: &str) -> Said {
        if text.is_empty() {
            return Said::EmptyPrompt;
        }
        if self.active.is_some() {
            return Said::Busy;
        }
        self.grow(text);
        Said::Done
    }

    /// The active run is over: its turn has the reply, and the next of the queue begins.
    fn over(&mut self, outcome: Outcome) {
        let Some(run) = self.active.take() else {
            return;
        };
        self.outcomes[run] = Some(outcome);
        self.turns.last_mut().unwrap().push("so".to_owned());
        if let Some((run, prompt)) = self.queue.pop_front() {
            self.grow(&prompt);
            self.active = Some(run);
        }
    }

    pub(crate) fn end(&mut self, end: End) {
        self.over(Outcome::Ended(end));
    }

    pub(crate) fn cancel_active(&mut self) -> bool {
        let was_running = self.active.is_some();
        self.over(Outcome::Cancelled);
        was_running
    }

    pub(crate) fn cancel(&mut self, run: usize) {
        if self.active == Some(run) {
            self.over(Outcome::Cancelled);
        }
        self.remove_queued(run);
    }

    pub(crate) fn remove_queued(&mut self, run: usize) -> bool {
        let before = self.queue.len();
        self.queue.retain(|(own, _)| *own != run);
        if self.queue.len() < before {
            self.outcomes[run] = Some(Outcome::Cancelled);
        }
        self.queue.len() < before
    }

    pub(crate) fn fork(&self, index: usize) -> Said {
        match index < self.turns.len() {
            true => Said::Done,
            false => Said::NoSuchTurn,
        }
    }
}
