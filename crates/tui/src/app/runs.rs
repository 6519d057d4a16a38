//! Runs: prompts, the queue, cancellation, the end.

use std::time::Duration;

use geppetto_engine::{Decision, RunStatus};
use geppetto_turns::Turn;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{App, Effect, FromRun, SPIN};
use crate::{
    backend::{Input, Request},
    commands::{
        self, Typed,
        files::{Attached, Part},
    },
};

/// Time within which the last event of a run that is over is read.
const READ_WITHIN: Duration = Duration::from_secs(1);

/// The run that the chat waits for.
#[derive(Debug)]
pub(crate) struct Active {
    /// Number of the run.
    pub(crate) token: u64,
    /// Id, once it has started.
    pub(crate) id: Option<String>,
    pub(crate) started: Instant,
    /// Cancels it, even before it has started.
    pub(crate) cancel: CancellationToken,
    /// `true` if the chat has not started it: it runs on since before the session was opened.
    pub(crate) is_adopted: bool,
    /// What was sent, which returns if it is refused.
    sent: Option<Draft>,
}

/// A run that is over.
#[derive(Debug)]
pub(crate) struct EndedRun {
    pub(crate) id: String,
    pub(crate) turn: Turn,
    /// Time until which its last event is waited for: one that never started has none.
    pub(crate) until: Instant,
}

/// A prompt that was typed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Draft {
    pub(crate) text: String,
    pub(crate) attached: Vec<Attached>,
    /// `true` if it replaces the last prompt.
    pub(crate) is_edit: bool,
}

impl Active {
    /// Returns the number of frames of the spinner so far.
    pub(crate) fn frames(&self, now: Instant) -> usize {
        let time = now.saturating_duration_since(self.started).as_millis();
        usize::try_from(time / SPIN.as_millis()).unwrap_or_default()
    }

    pub(crate) fn time(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.started)
    }
}

impl App {
    /// Sends what was typed, or does what it commands.
    pub(super) fn submit(&mut self) {
        self.menu = None;
        if !self.is_open {
            self.say("the session is being opened");
            return;
        }
        let typed = match commands::read(self.editor.text()) {
            Typed::Prompt(text) => text,
            Typed::Command(command) => {
                let text = self.editor.take();
                self.history.push(&text);
                self.command(command);
                return;
            }
            Typed::Wrong(what) => {
                self.error(what);
                return;
            }
        };
        if typed.trim().is_empty() && self.attached.is_empty() {
            return;
        }
        self.history.push(&typed);
        self.editor.take();
        self.panel = None;
        let draft = Draft {
            text: typed,
            attached: std::mem::take(&mut self.attached),
            is_edit: std::mem::take(&mut self.is_edit),
        };
        if self.run.is_some() {
            self.queued.push_back(draft);
        } else {
            self.send(draft);
        }
    }

    /// Starts a run with a prompt.
    pub(super) fn send(&mut self, draft: Draft) {
        // A new prompt ends the wait of tool calls.
        self.approval = None;
        let input = if draft.is_edit {
            Input::Edit(draft.text.clone())
        } else {
            let parts = || draft.attached.iter().map(|own| own.part.clone());
            Input::Prompt {
                text: draft.text.clone(),
                images: parts().filter_map(Part::image).collect(),
                files: parts().filter_map(Part::file).collect(),
            }
        };
        self.start(input, Some(draft));
    }

    /// Starts a run that continues with decisions.
    pub(super) fn answer(&mut self, decisions: Vec<(String, Decision)>) {
        self.start(Input::Answer(decisions), None);
    }

    /// Starts a run.
    pub(super) fn start(&mut self, input: Input, sent: Option<Draft>) {
        self.token += 1;
        let cancel = CancellationToken::new();
        let request = Request {
            input,
            selection: self.selection.clone(),
            system: self.system_of_next_run(),
            cancel: cancel.clone(),
        };
        self.run = Some(Active {
            token: self.token,
            id: None,
            started: self.now,
            cancel,
            is_adopted: false,
            sent,
        });
        self.flash = None;
        self.effects
            .push(Effect::Start(self.token, Box::new(request)));
    }

    /// Waits for a run that the chat has not started.
    pub(super) fn adopt(&mut self, id: &str) {
        self.token += 1;
        self.run = Some(Active {
            token: self.token,
            id: Some(id.to_owned()),
            started: self.now,
            cancel: CancellationToken::new(),
            is_adopted: true,
            sent: None,
        });
        self.effects.push(Effect::Adopt(self.token, id.to_owned()));
    }

    /// Cancels the run. The input is usable at once; a prompt that is sent before the run is over
    /// follows it.
    pub(super) fn cancel(&mut self) {
        let Some(run) = &self.run else {
            return;
        };
        if run.is_adopted {
            self.effects.push(Effect::CancelRunning);
        }
        run.cancel.cancel();
        self.unqueue();
    }

    /// Moves the queued prompts into the draft, in front of what is there.
    fn unqueue(&mut self) {
        if self.queued.is_empty() {
            return;
        }
        let mut texts = Vec::new();
        let mut attached = Vec::new();
        for draft in self.queued.drain(..) {
            self.is_edit |= draft.is_edit;
            texts.push(draft.text);
            attached.extend(draft.attached);
        }
        if !self.editor.is_empty() {
            texts.push(self.editor.text().to_owned());
        }
        self.editor.set(texts.join("\n"));
        attached.append(&mut self.attached);
        self.attached = attached;
    }

    /// Brings the last queued prompt back into the empty draft. Returns `true` if there was one.
    pub(super) fn unqueue_last(&mut self) -> bool {
        let Some(draft) = self.queued.pop_back() else {
            return false;
        };
        self.restore(draft);
        true
    }

    fn restore(&mut self, draft: Draft) {
        if self.editor.is_empty() {
            self.editor.set(draft.text);
            self.is_edit = draft.is_edit;
        }
        let newer = std::mem::replace(&mut self.attached, draft.attached);
        self.attached.extend(newer);
    }

    /// Applies news of a run.
    pub(super) fn on_run(&mut self, token: u64, what: FromRun) {
        let Some(run) = self.run.as_mut().filter(|run| run.token == token) else {
            return;
        };
        match what {
            FromRun::Started { id } => run.id = Some(id),
            FromRun::Refused(failure) => {
                let was_cancelled = run.cancel.is_cancelled();
                let sent = run.sent.take();
                self.run = None;
                if let Some(draft) = sent {
                    self.restore(draft);
                }
                if was_cancelled {
                    self.say("cancelled before it started");
                } else {
                    self.unqueue();
                    self.error(failure);
                }
                self.after_run();
            }
            FromRun::Over(over) => {
                let over = *over;
                self.last_time = Some(run.time(self.now));
                let id = run.id.take();
                let was_cancelled = run.cancel.is_cancelled();
                self.run = None;
                self.totals = over.totals;
                let until = self.now + READ_WITHIN;
                self.ended = id.map(|id| EndedRun {
                    id,
                    turn: over.turn,
                    until,
                });
                self.sync_read();
                if let Some(reason) = over.not_stored {
                    self.error(format!("the answer may not be stored: {reason}"));
                }
                self.on_status(&over.status, was_cancelled);
                self.after_run();
            }
        }
    }

    /// Ends a run that is known from its events alone.
    pub(super) fn adopted_is_over(&mut self) {
        self.run = None;
        self.effects.push(Effect::AskWaits(self.epoch));
        self.after_run();
    }

    fn on_status(&mut self, status: &RunStatus, was_cancelled: bool) {
        match status {
            RunStatus::Waiting(_) => {
                self.unqueue();
                self.effects.push(Effect::AskWaits(self.epoch));
            }
            RunStatus::Finished | RunStatus::Refused => {}
            // What was sent after the cancellation follows.
            RunStatus::Cancelled if was_cancelled => {}
            // The same would happen to what follows.
            _ => self.unqueue(),
        }
    }

    /// Continues after a run: ends the chat, or sends the next prompt.
    fn after_run(&mut self) {
        if self.quit_at.is_some() {
            self.is_done = true;
            return;
        }
        if self.run.is_none()
            && let Some(next) = self.queued.pop_front()
        {
            self.send(next);
        }
    }

    /// Returns the system prompt that the next run sets: one that was chosen, or that of the
    /// application for a session without turns.
    fn system_of_next_run(&mut self) -> Option<String> {
        if let Some(system) = self.system.take() {
            return Some(system);
        }
        let is_new = !self.has_turns();
        self.setup.system.clone().filter(|_| is_new)
    }
}
