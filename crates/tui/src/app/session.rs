//! The open session: its events, and changes of its history.

use geppetto_events::EventKind;
use geppetto_timeline::{Content, Patch};
use geppetto_turns::Turn;

use super::{App, Effect, EndedRun, Opened, Why};
use crate::{
    backend::{Failure, Read},
    view::transcript::Transcript,
};

impl App {
    /// Shows a session that was opened.
    pub(super) fn on_opened(&mut self, mut opened: Opened) {
        self.epoch += 1;
        self.is_open = true;
        opened.backend.id().clone_into(&mut self.session);
        let joined = &mut opened.joined;
        let past = std::mem::take(&mut joined.past);
        self.timeline = past.timeline().starting_after(joined.seq);
        self.earlier = past.earlier;
        let system = past.latest().and_then(Turn::system_prompt);
        self.opened_system = system.map(ToOwned::to_owned);
        for event in joined.events.drain(..) {
            self.timeline.apply(&event);
        }
        let folded = self.transcript.is_folded();
        self.transcript = Transcript::new(self.setup.theme);
        self.transcript.set_folded(folded);
        self.totals = joined.totals.clone();
        if opened.why != Why::Again {
            self.learn_prompts();
            self.always.clear();
        }
        self.run = None;
        self.ended = None;
        self.last_time = None;
        self.approval = None;
        self.queued.clear();
        self.rewrites = true;
        self.say_opened(opened.why, past.count());
        let waits = std::mem::take(&mut joined.waits);
        if let Some(id) = opened.running.take() {
            self.adopt(&id);
        }
        let follow = Effect::Follow(self.epoch, Box::new(opened));
        self.effects.insert(0, follow);
        self.ask(waits);
        if let Some(prompt) = self.setup.first_prompt.take() {
            self.history.push(&prompt);
            self.send(super::Draft {
                text: prompt,
                ..super::Draft::default()
            });
        }
    }

    fn say_opened(&mut self, why: Why, turns: usize) {
        let id = &self.session;
        match why {
            Why::Start if turns == 0 => {}
            Why::Start | Why::Chosen => {
                let turns = crate::commands::counted(turns, "turn");
                self.banner.push(format!("session {id}, {turns}"));
            }
            Why::Again => {}
            Why::New => self.banner.push("new session".to_owned()),
            Why::Fork => self.banner.push(format!("copy of the session: {id}")),
        }
    }

    /// Adds the prompts of the session to the history.
    fn learn_prompts(&mut self) {
        let prompts = self.timeline.view().entities();
        let prompts = prompts.filter_map(|own| match &own.content {
            Content::User(message) if own.parent.is_none() => Some(message.text.clone()),
            _ => None,
        });
        for prompt in prompts.collect::<Vec<_>>() {
            self.history.push(&prompt);
        }
    }

    /// Applies what was read from the session.
    pub(super) fn on_read(&mut self, read: Vec<Read>) {
        for one in read {
            match one {
                Read::Event(event) => {
                    let run = event.correlation.run_id.clone();
                    let replaces = match &event.kind {
                        EventKind::RunStarted(started) => {
                            self.on_run_started(run.as_deref());
                            started.replaces.is_some()
                        }
                        _ => false,
                    };
                    let patches = self.timeline.apply(&event);
                    self.changed(&patches);
                    if replaces {
                        self.rewrite();
                    }
                    if event.is_terminal() {
                        self.last_read.clone_from(&run);
                        self.sync_read();
                        self.on_terminal(run.as_deref());
                    }
                }
                Read::Missing(missing) => {
                    let patches = self.timeline.lagged(missing);
                    self.changed(&patches);
                }
                Read::Failed(failure) => self.error(format!("events cannot be read: {failure}")),
            }
        }
    }

    fn on_run_started(&mut self, id: Option<&str>) {
        // The last event of the run before is missing.
        self.sync_ended(|own| Some(own.id.as_str()) != id);
        match (&self.run, id) {
            // A run that was cut off continues, or another program runs the session.
            (None, Some(id)) => self.adopt(id),
            (Some(run), Some(id)) if run.is_adopted && run.id.as_deref() != Some(id) => {
                self.adopt(id);
            }
            _ => {}
        }
    }

    fn on_terminal(&mut self, id: Option<&str>) {
        let is_adopted = self
            .run
            .as_ref()
            .is_some_and(|run| run.is_adopted && run.id.as_deref() == id);
        if is_adopted {
            self.adopted_is_over();
        }
    }

    fn changed(&mut self, patches: &[Patch]) {
        self.transcript.apply(patches, self.timeline.view());
    }

    /// Shows what the turn of a run that is over has and its events do not, if `is_due`.
    pub(super) fn sync_ended(&mut self, is_due: impl FnOnce(&mut EndedRun) -> bool) {
        if let Some(ended) = self.ended.take_if(is_due) {
            let patches = self.timeline.sync(&ended.turn);
            self.changed(&patches);
        }
    }

    /// Does so if the last event of the run has arrived.
    pub(super) fn sync_read(&mut self) {
        let last = self.last_read.clone();
        self.sync_ended(|own| last.as_deref() == Some(own.id.as_str()));
    }

    /// Shows that the latest turn was removed.
    pub(super) fn on_undone(&mut self, result: Result<Turn, Failure>) {
        let turn = match result {
            Ok(turn) => turn,
            Err(failure) => return self.error(failure),
        };
        let prompt = self.last_prompt();
        let patches = self.timeline.retract(&turn.id);
        self.changed(&patches);
        self.approval = None;
        self.rewrite();
        if self.editor.is_empty()
            && let Some(prompt) = prompt
        {
            self.editor.set(prompt);
        }
        self.say("removed the last prompt and its answer");
        if self.earlier > 0 && self.last_prompt().is_none() {
            self.effects.push(Effect::Reopen);
        }
    }

    /// Returns `true` if the session has turns.
    pub(super) fn has_turns(&self) -> bool {
        self.earlier > 0 || !self.timeline.view().is_empty()
    }

    /// Returns the text of the last prompt.
    pub(super) fn last_prompt(&self) -> Option<String> {
        let prompts = self.timeline.view().entities();
        let mut prompts = prompts.filter_map(|own| match &own.content {
            Content::User(message) if own.parent.is_none() => Some((&own.turn_id, &message.text)),
            _ => None,
        });
        let (turn, last) = prompts.next_back()?;
        // Further messages may have joined the run.
        let first = prompts.find(|(own, _)| turn.is_some() && *own == turn);
        Some(first.map_or(last, |(_, text)| text).clone())
    }

    /// Returns the text of the last answer.
    pub(super) fn last_answer(&self) -> Option<String> {
        let view = self.timeline.view();
        view.entities().rev().find_map(|own| match &own.content {
            Content::Answer(answer) if own.parent.is_none() => Some(answer.text.clone()),
            _ => None,
        })
    }
}
