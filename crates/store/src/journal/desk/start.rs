//! The start of a run, and its withdrawal.

use geppetto_engine::ReplacesTurn;
use geppetto_turns::Turn;

use super::Desk;
use crate::{EndStatus, Error, RequestKey, RequestWrite, RunEnd, RunPhase, RunRecord};

/// State before the start of the current run.
pub(super) struct Undo {
    id: String,
    before: Option<Turn>,
    run: Option<RunRecord>,
    /// Idempotency key of its request.
    request: Option<String>,
    /// The turn before the one that is replaced.
    replaced: Option<Option<Turn>>,
}

impl Desk {
    /// Remembers the state before a run on `turn` starts, and removes the turn that it replaces.
    pub(in crate::journal) fn begin(
        &mut self,
        turn: &Turn,
        request: Option<&RequestKey>,
        replaces: Option<&ReplacesTurn>,
    ) -> Result<(), Error> {
        let recorded = match &self.waiting.drops_to {
            Some(before) => before.as_ref(),
            None => self.latest.as_ref(),
        };
        let before = self.waiting.turns.last().or(recorded);
        if let Some(replaces) = replaces {
            check_latest(before, &replaces.turn_id)?;
        }
        self.undo = Some(Undo {
            id: turn.id.clone(),
            before: before.cloned(),
            run: self.run.clone(),
            request: request.map(|own| own.key.clone()),
            replaced: replaces.map(|own| own.base.clone()),
        });
        if let Some(replaces) = replaces {
            self.waiting.drops_to = Some(replaces.base.clone());
            self.open.clear();
        }
        Ok(())
    }

    /// Fails unless the latest turn, including one that waits, has this id.
    pub(in crate::journal) fn check_latest(&self, id: &str) -> Result<(), Error> {
        check_latest(self.waiting.turns.last().or(self.latest.as_ref()), id)
    }

    /// Undoes the start of the current run.
    pub(in crate::journal) fn withdraw(&mut self) {
        let Some(Undo {
            id,
            before,
            run,
            request,
            replaced,
        }) = self.undo.take()
        else {
            return;
        };
        self.withdraw_request(request);
        self.open.clear();
        let waits = self.waiting.turns.last().is_some_and(|turn| turn.id == id);
        if waits {
            self.waiting.turns.pop();
        }
        match before {
            // The replaced turn comes back.
            before if replaced.is_some() => {
                self.waiting.drops_to = replaced.filter(|_| !waits);
                if !waits {
                    self.waiting.turns.extend(before);
                }
            }
            Some(before) if before.id == id => self.waiting.turns.push(before),
            before if !waits => self.waiting.drops_to = Some(before),
            _ => {}
        }
        // There is no run that a later process has to end.
        let withdrawn = self.run.take();
        self.run = run.or_else(|| {
            let end = RunEnd::new(EndStatus::Cancelled);
            withdrawn.map(|own| own.at(RunPhase::Ended(end)))
        });
        self.waiting.run = true;
    }

    pub(super) fn withdraw_request(&mut self, key: Option<String>) {
        let Some(key) = key else {
            return;
        };
        let waiting = &mut self.waiting.requests;
        let is_put = |own: &RequestWrite| matches!(own, RequestWrite::Put(own) if own.key == key);
        match waiting.iter().position(is_put) {
            Some(put) => drop(waiting.remove(put)),
            None => waiting.push(RequestWrite::Remove { key }),
        }
    }
}

/// Fails unless `latest` has this id.
fn check_latest(latest: Option<&Turn>, id: &str) -> Result<(), Error> {
    let latest = latest.map_or("", |latest| latest.id.as_str());
    if latest == id {
        return Ok(());
    }
    let message = format!(
        "turn `{id}` cannot be removed: the latest turn that was recorded is `{latest}`; record the \
         turns that no run has produced (`record_turn`)"
    );
    Err(Error::invalid(message))
}
