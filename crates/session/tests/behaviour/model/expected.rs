//! Expected behaviour of a session, in a few lines without tasks or locks.

use std::collections::VecDeque;

use geppetto_engine::{ErrorKind, RunStatus};
use geppetto_session::{BusyPolicy, PauseAfter};

use super::steered::End;

/// Result of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    Done,
    Busy,
    QueueFull,
    QueuePaused,
    Empty,
    EmptyPrompt,
    NoSuchTurn,
}

/// Expected end of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Ended(End),
    Cancelled,
    /// It never started: the latest turn was empty when it was due.
    Empty,
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
            Self::Ended(End::Deny) => assert_eq!(kind, Some(ErrorKind::Authentication)),
            Self::Empty => assert_eq!(kind, Some(ErrorKind::Other)),
            Self::Ended(End::Panic) => assert_eq!(kind, Some(ErrorKind::Panicked)),
            Self::Cancelled => assert_eq!(*status, RunStatus::Cancelled),
        }
    }
}

/// A session: the texts of its turns, the current run, the queue, and the ends of runs. Runs are
/// numbered in the order in which their handles were returned.
pub(crate) struct Model {
    policy: BusyPolicy,
    pub(crate) turns: Vec<Vec<String>>,
    pub(crate) active: Option<usize>,
    queue: VecDeque<(usize, Option<String>)>,
    pub(crate) paused: bool,
    pause_after: PauseAfter,
    pub(crate) outcomes: Vec<Option<Outcome>>,
}

impl Model {
    pub(crate) fn new(policy: BusyPolicy, pause_after: PauseAfter) -> Self {
        Self {
            policy,
            paused: false,
            pause_after,
            turns: Vec::new(),
            active: None,
            queue: VecDeque::new(),
            outcomes: Vec::new(),
        }
    }

    pub(crate) fn queued(&self) -> Vec<String> {
        let text =
            |(_, text): &'_ (usize, Option<String>)| text.as_deref().unwrap_or_default().to_owned();
        self.queue.iter().map(text).collect()
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
            (None, _) if !self.paused => {}
            (_, BusyPolicy::Replace) => return self.replace(Some(text)),
            (_, BusyPolicy::Queue { max }) if self.queue.len() < max => {
                return self.wait(Some(text));
            }
            (_, BusyPolicy::Queue { .. }) => return Said::QueueFull,
            (None, _) => return Said::QueuePaused,
            (Some(_), _) => return Said::Busy,
        }
        self.grow(text);
        self.begin()
    }

    pub(crate) fn start_inference(&mut self) -> Said {
        match (self.active, self.policy) {
            (None, _) => {}
            (Some(_), BusyPolicy::Replace) => return self.replace(None),
            (Some(_), _) => return Said::Busy,
        }
        if self.is_empty() {
            return Said::Empty;
        }
        self.begin()
    }

    fn is_empty(&self) -> bool {
        self.turns.last().is_none_or(Vec::is_empty)
    }

    fn wait(&mut self, prompt: Option<&str>) -> Said {
        let prompt = prompt.map(str::to_owned);
        self.queue.push_back((self.outcomes.len(), prompt));
        self.outcomes.push(None);
        Said::Done
    }

    /// Cancels the current run, and replaces the queued ones.
    fn replace(&mut self, prompt: Option<&str>) -> Said {
        for (run, _) in std::mem::take(&mut self.queue) {
            self.outcomes[run] = Some(Outcome::Cancelled);
        }
        self.over(Outcome::Cancelled);
        self.wait(prompt);
        self.next();
        Said::Done
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

    /// Ends the active run: its turn has the reply, and the next queued one starts.
    fn over(&mut self, outcome: Outcome) {
        let Some(run) = self.active.take() else {
            return;
        };
        self.outcomes[run] = Some(outcome);
        self.turns.last_mut().unwrap().push("so".to_owned());
        let is_queue = matches!(self.policy, BusyPolicy::Queue { .. });
        if is_queue && !self.queue.is_empty() && self.pause_after_applies(outcome) {
            self.paused = true;
        }
        self.next();
    }

    fn pause_after_applies(&self, outcome: Outcome) -> bool {
        use PauseAfter::{Failure, FailureOrCancel};
        match outcome {
            Outcome::Ended(End::Finish) | Outcome::Empty => false,
            Outcome::Ended(End::Deny) => self.pause_after != PauseAfter::Never,
            Outcome::Ended(_) => matches!(self.pause_after, Failure | FailureOrCancel),
            Outcome::Cancelled => self.pause_after == FailureOrCancel,
        }
    }

    /// Starts the first queued run.
    fn next(&mut self) {
        while self.active.is_none() && !self.paused {
            let Some((run, prompt)) = self.queue.pop_front() else {
                return;
            };
            match prompt {
                Some(text) => self.grow(&text),
                None if self.is_empty() => {
                    self.outcomes[run] = Some(Outcome::Empty);
                    continue;
                }
                None => {}
            }
            self.active = Some(run);
        }
    }

    pub(crate) fn pause_queue(&mut self) {
        self.paused = true;
    }

    pub(crate) fn cancel_active_and_pause_queue(&mut self) -> bool {
        self.paused = true;
        self.cancel_active()
    }

    pub(crate) fn resume_queue(&mut self) -> bool {
        let was_paused = std::mem::take(&mut self.paused);
        self.next();
        was_paused
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
