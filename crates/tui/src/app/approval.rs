//! [`Approval`]: the person's decisions about tool calls.

use std::{collections::VecDeque, time::Duration};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use geppetto_engine::{Decision, PendingCall};
use tokio::time::Instant;

use super::App;
use crate::view::transcript::Decided;

/// Time without a key before a question takes keys: what is being typed when it appears is not an
/// answer.
pub(crate) const QUIET: Duration = Duration::from_millis(500);

/// Tool calls that wait for the person's decisions.
#[derive(Debug)]
pub(crate) struct Approval {
    /// Calls without a decision; the first one is asked about.
    pub(crate) open: VecDeque<PendingCall>,
    pub(crate) count: usize,
    /// Number of lines of the arguments above the first one shown.
    pub(crate) scrolled: usize,
    decided: Vec<(String, Decision)>,
    deadline: Instant,
    /// The draft, while a reason is typed.
    pub(crate) reason: Option<String>,
}

impl Approval {
    /// Returns the time at which the calls are refused.
    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Returns the decisions that wait for those about the other calls.
    pub(crate) fn decided(&self) -> Decided {
        let word = |decision: &Decision| match decision {
            Decision::Reject(_) => "refused",
            _ => "allowed",
        };
        let decided = self.decided.iter();
        decided.map(|(id, own)| (id.clone(), word(own))).collect()
    }
}

impl App {
    /// Asks about tool calls that wait.
    pub(super) fn ask(&mut self, waits: Vec<PendingCall>) {
        if waits.is_empty() || self.run.is_some() {
            return;
        }
        let (allowed, open): (Vec<_>, VecDeque<_>) = {
            let (allowed, open): (Vec<_>, Vec<_>) = waits
                .into_iter()
                .partition(|call| self.always.contains(&call.tool_name));
            (allowed, open.into())
        };
        let decided = allowed
            .into_iter()
            .map(|call| (call.call_id, Decision::Allow));
        self.approval = Some(Approval {
            count: open.len(),
            open,
            scrolled: 0,
            decided: decided.collect(),
            deadline: self.now + self.setup.approval,
            reason: None,
        });
        self.send_decisions();
    }

    /// Handles a key while calls wait. Returns `false` for a key that belongs to the draft.
    pub(super) fn on_approval_key(&mut self, key: KeyEvent) -> bool {
        let Some(approval) = &mut self.approval else {
            return false;
        };
        if approval.reason.is_some() {
            return self.on_reason_key(key);
        }
        let is_typing = self
            .last_key
            .is_some_and(|last| self.now.duration_since(last) < QUIET);
        let is_shortcut = key
            .modifiers
            .intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match key.code {
            KeyCode::Esc => {
                self.leave_approval();
                true
            }
            // Reading is not typing.
            KeyCode::PageUp | KeyCode::PageDown => {
                self.scroll_question(key.code == KeyCode::PageUp)
            }
            _ if is_typing || is_shortcut => false,
            KeyCode::Char('y' | 'Y') => {
                self.decide(Decision::Allow);
                true
            }
            KeyCode::Char('a' | 'A') => {
                self.allow_always();
                true
            }
            KeyCode::Char('n' | 'N') => {
                approval.reason = Some(self.editor.take());
                true
            }
            KeyCode::Char(_) | KeyCode::Enter => {
                self.say("answer first: y allows, a allows always, n refuses, Esc leaves it open");
                true
            }
            _ => false,
        }
    }

    fn on_reason_key(&mut self, key: KeyEvent) -> bool {
        let draft = |app: &mut Self| {
            let approval = app.approval.as_mut();
            approval
                .and_then(|own| own.reason.take())
                .unwrap_or_default()
        };
        match key.code {
            KeyCode::Esc => {
                let draft = draft(self);
                self.editor.set(draft);
            }
            KeyCode::Enter if key.modifiers.is_empty() => {
                let draft = draft(self);
                let reason = self.editor.take();
                self.editor.set(draft);
                self.refuse(&reason);
            }
            _ => return false,
        }
        true
    }

    /// Allows the first call, and all others of its tool in this session.
    pub(super) fn allow_always(&mut self) {
        let approval = self.approval.as_ref();
        if let Some(call) = approval.and_then(|own| own.open.front()) {
            self.always.insert(call.tool_name.clone());
        }
        self.decide(Decision::Allow);
    }

    /// Refuses the first call, with a word to the model.
    pub(super) fn refuse(&mut self, reason: &str) {
        let mut text = "the person refused this call".to_owned();
        if !reason.trim().is_empty() {
            text = format!("{text}: {}", reason.trim());
        }
        self.decide(Decision::reject(text));
    }

    /// Decides about the first call, and about others of a tool that is always allowed.
    pub(super) fn decide(&mut self, decision: Decision) {
        let Some(approval) = &mut self.approval else {
            return;
        };
        if let Some(call) = approval.open.pop_front() {
            approval.decided.push((call.call_id, decision));
            approval.scrolled = 0;
        }
        while let Some(call) = approval.open.pop_front() {
            if !self.always.contains(&call.tool_name) {
                approval.open.push_front(call);
                break;
            }
            approval.decided.push((call.call_id, Decision::Allow));
        }
        self.flash = None;
        self.send_decisions();
    }

    /// Continues the run, if all calls are decided about.
    fn send_decisions(&mut self) {
        let is_complete = |own: &mut Approval| own.open.is_empty();
        if let Some(approval) = self.approval.take_if(is_complete) {
            self.answer(approval.decided);
        }
    }

    /// Leaves the calls open: the next prompt answers them as not run.
    pub(super) fn leave_approval(&mut self) {
        if let Some(draft) = self.approval.take().and_then(|own| own.reason) {
            self.editor.set(draft);
        }
        self.say("left open: the next prompt refuses the call, /retry asks again");
    }

    /// Refuses the calls whose deadline is over.
    pub(super) fn check_deadline(&mut self) {
        let is_over = |own: &mut Approval| own.deadline <= self.now;
        let Some(mut approval) = self.approval.take_if(is_over) else {
            return;
        };
        if let Some(draft) = approval.reason.take() {
            self.editor.set(draft);
        }
        let minutes = time(self.setup.approval);
        let reason = format!("nobody decided about this call within {minutes}, so it was not run");
        let late = approval.open.drain(..);
        let late = late.map(|call| (call.call_id, Decision::reject(reason.clone())));
        approval.decided.extend(late);
        self.answer(approval.decided);
        self.say(format!("refused: no decision within {minutes}"));
    }
}

/// Returns a time limit for people.
pub(super) fn time(limit: Duration) -> String {
    match limit.as_secs() {
        seconds if seconds >= 120 => format!("{} minutes", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}
