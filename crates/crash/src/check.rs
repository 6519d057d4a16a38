//! Checks a store against the [`Model`], while no process has it open.

use std::collections::BTreeMap;

use geppetto_events::Grammar;
use geppetto_store::{ErrorKind, SessionStore, TurnRow};
use geppetto_turns::{BlockKind, Content, Turn};

use crate::{
    model::{Expected, Model},
    note::End,
    prompt::{Kind, Prompt},
};

mod effects;

/// A violation of a promise.
pub(crate) type Violations = Vec<String>;

/// How much may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// Right after a kill.
    Killed,
    /// After a process that ended everything.
    Settled,
}

/// Compares everything in the store with the model.
pub(crate) async fn check<S: SessionStore>(store: &S, model: &mut Model, when: When) -> Violations {
    let mut found: Violations = std::mem::take(&mut model.problems);
    let mut all: BTreeMap<String, History> = BTreeMap::new();
    for (id, expected) in &model.sessions {
        match history(store, id).await {
            Ok(history) => {
                all.insert(id.clone(), history);
            }
            Err(None) if expected.must_exist() => {
                found.push(format!("{id}: the session is gone"));
            }
            Err(None) => {}
            Err(Some(error)) => found.push(format!("{id}: {error}")),
        }
    }
    for (id, History { turns, rows }) in &all {
        let Some(expected) = model.sessions.get_mut(id) else {
            continue;
        };
        let source = expected.origin.as_ref().map(|(from, turn)| {
            let turns = all.get(from).map_or(&[][..], |from| &from.turns[..]);
            (turns, *turn)
        });
        let mut own = Checked {
            id,
            expected,
            found: &mut found,
        };
        own.prompts(turns, source);
        own.answers(turns, when);
        own.frozen(turns, rows);
        effects::check(id, turns, &model.acts, when, &mut found);
        events(store, id, when, &mut found).await;
    }
    found
}

/// The turns of a session, whole and as stored.
#[derive(Default)]
struct History {
    turns: Vec<Turn>,
    rows: Vec<TurnRow>,
}

/// Reads the turns; `Err(None)` if there is no such session.
async fn history<S: SessionStore>(store: &S, id: &str) -> Result<History, Option<String>> {
    let rows = match store.turn_rows(id, 0, usize::MAX).await {
        Ok(rows) => rows,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(None),
        Err(error) => return Err(Some(error.to_string())),
    };
    let mut turns: Vec<Turn> = Vec::new();
    for row in &rows {
        let turn = row.onto(turns.last());
        turns.push(turn.ok_or_else(|| Some("a turn shares too many blocks".to_owned()))?);
    }
    Ok(History { turns, rows })
}

/// The event log has no gaps and its order is valid.
async fn events<S: SessionStore>(store: &S, id: &str, when: When, found: &mut Violations) {
    let events = match store.events(id, 0, usize::MAX).await {
        Ok(events) => events,
        Err(error) => return found.push(format!("{id}: events: {error}")),
    };
    let mut grammar = Grammar::new();
    for event in &events {
        if let Err(error) = grammar.accept(event) {
            return found.push(format!("{id}: event {}: {error}", event.seq));
        }
    }
    if when == When::Settled
        && let Err(error) = grammar.finish()
    {
        found.push(format!("{id}: after the last event: {error}"));
    }
}

impl Expected {
    fn must_exist(&self) -> bool {
        self.exists || self.ops.iter().any(|op| op.acknowledged)
    }
}

/// A session that is checked.
struct Checked<'a> {
    id: &'a str,
    expected: &'a mut Expected,
    found: &'a mut Violations,
}

impl Checked<'_> {
    /// Acknowledged prompts are there once, in order, and nothing that was not submitted.
    fn prompts(&mut self, turns: &[Turn], source: Option<(&[Turn], u64)>) {
        let mut own = turns;
        if let Some((from, turn)) = source {
            let shared = usize::try_from(turn).map_or(0, |turn| turn + 1);
            let is_copy = turns.len() >= shared && from.get(..shared) == turns.get(..shared);
            if !is_copy {
                self.fail("is not the fork that was asked for");
            }
            own = turns.get(shared..).unwrap_or_default();
        }
        let stored: Vec<Option<u64>> = own.iter().map(|turn| prompt(turn).map(|p| p.op)).collect();
        let expected: Vec<(u64, bool)> = self
            .expected
            .ops
            .iter()
            .map(|op| (op.op, op.acknowledged))
            .collect();
        let mut next = stored.iter().peekable();
        for (op, acknowledged) in expected {
            if next.peek() == Some(&&Some(op)) {
                next.next();
            } else if acknowledged {
                self.fail(&format!(
                    "prompt {op} was acknowledged; stored are {stored:?}"
                ));
            }
        }
        if next.next().is_some() {
            self.fail(&format!(
                "the store has prompts that nobody submitted, or twice: {stored:?}"
            ));
        }
    }

    /// Replies that were told to be finished are there; at the end, all of them.
    fn answers(&mut self, turns: &[Turn], when: When) {
        for turn in turns {
            let Some(prompt) = prompt(turn) else { continue };
            let op = self.expected.ops.iter().find(|op| op.op == prompt.op);
            let end = op.and_then(|op| op.end);
            let is_whole = last_text(turn) == Some(prompt.answer());
            let told = end == Some(End::Finished);
            if !is_whole
                && (told || (when == When::Settled && end.is_none() && prompt.kind != Kind::Long))
            {
                let message = format!("prompt {} has no whole answer (told: {end:?})", prompt.op);
                self.fail(&message);
            }
        }
    }

    /// What was final has not changed.
    fn frozen(&mut self, turns: &[Turn], rows: &[TurnRow]) {
        for ((turn, row), index) in turns.iter().zip(rows).zip(0_u64..) {
            let is_latest = index + 1 == turns.len() as u64;
            let op =
                prompt(turn).and_then(|own| self.expected.ops.iter().find(|op| op.op == own.op));
            let is_final = !is_latest || op.is_some_and(|op| op.end.is_some());
            match self.expected.frozen.get(&index) {
                Some(before) if before != row => {
                    self.fail(&format!("turn {index} was final and has changed"));
                }
                None if is_final => {
                    self.expected.frozen.insert(index, row.clone());
                }
                _ => {}
            }
        }
    }

    fn fail(&mut self, message: &str) {
        self.found.push(format!("{}: {message}", self.id));
    }
}

/// Returns the prompt of a turn: its last one.
fn prompt(turn: &Turn) -> Option<Prompt> {
    let users = turn.blocks_of(BlockKind::User);
    let Content::User(user) = &users.last()?.content else {
        return None;
    };
    Prompt::parse(&user.text)
}

fn last_text(turn: &Turn) -> Option<String> {
    match &turn.blocks.last()?.content {
        Content::LlmText(text) => Some(text.text.clone()),
        _ => None,
    }
}
