//! Ends a run that was cut off.

use std::sync::Arc;

use geppetto_engine::keys;
use geppetto_events::{Correlation, Event, EventKind, EventMeta, EventRow, kind};
use geppetto_turns::{Block, Incomplete, Turn};

use super::{CutRun, Restored, is_open_ended, status_of, totals_of};
use crate::{Effect, EndStatus, Error, RunEnd, RunPhase, RunRecord, SessionStore, journal::Change};

/// Answer to a call whose tool had started when the process ended.
pub const OUTCOME_UNKNOWN: &str = "outcome unknown: the program ended while the tool ran, so it \
     may have taken effect or not; check before repeating it";

/// Answer to a call whose tool had not started when the process ended, and message of a run that
/// was cut off.
pub const INTERRUPTED: &str = "interrupted: the program ended during the run";

impl<S: SessionStore + 'static> Restored<S> {
    /// Ends what the last process left open, and records it: a cut run is interrupted, and the log
    /// of events has a terminal event for the last run. Does nothing otherwise.
    ///
    /// In the turn of a cut run, a partial reply is kept and marked as incomplete, calls with an
    /// unknown outcome are answered with [`OUTCOME_UNKNOWN`], and calls that were not started with
    /// `not run: ` and [`INTERRUPTED`].
    ///
    /// # Errors
    ///
    /// Those of [`SessionStore::append`]. The session can be settled again.
    pub async fn settle(&mut self) -> Result<(), Error> {
        let seq = self.journal.inner().desk().seq();
        let store = self.journal.store();
        let mut change = Change::new().synced();
        let run = match (&self.cut, &self.info.run) {
            (Some(cut), _) => {
                let mut run = cut.run.clone();
                let end = RunEnd::new(EndStatus::Interrupted).because(INTERRUPTED);
                run.totals = totals_of(&run);
                run.phase = RunPhase::Ended(end);
                if let Some(latest) = self.turns.last_mut() {
                    end_turn(latest, cut, &run);
                    change = change.turn(latest);
                }
                change = change.run(run.clone());
                run
            }
            (None, Some(run)) => run.clone(),
            (None, None) => return Ok(()),
        };
        if is_open_ended(store, &self.info.id, seq).await? {
            let turn = self.turns.last();
            change = change.event(terminal_event(&self.info.id, turn, &run, seq + 1));
        } else if self.cut.is_none() {
            return Ok(());
        }
        self.journal.inner().write(change).await?;
        self.info.run = Some(run);
        self.cut = None;
        Ok(())
    }
}

/// Appends the answers of finished effects to a turn that lacks them, in the order of the calls.
pub(super) fn answer_finished(turn: &mut Turn, effects: &[Effect]) {
    let open: Vec<String> = open_calls(turn);
    for call in open {
        // An id that a provider used before belongs to the last effect.
        let effect = effects.iter().rev().find(|own| own.call_id == call);
        if let Some(answer) = effect.and_then(Effect::answer) {
            push(turn, Block::clone(answer));
        }
    }
}

fn open_calls(turn: &Turn) -> Vec<String> {
    let calls = turn.pending_tool_calls(0).into_iter();
    calls.map(|call| call.id.clone()).collect()
}

/// Appends a block with an id that only depends on the turn.
fn push(turn: &mut Turn, block: Block) {
    let index = turn.blocks.len();
    let id = format!("{}-{index}", turn.id);
    turn.push(block);
    turn.assign_block_ids(index, || id.clone());
}

fn end_turn(turn: &mut Turn, cut: &CutRun, run: &RunRecord) {
    if !cut.partial_text.is_empty() {
        let partial = Block::llm_text(cut.partial_text.as_str());
        push(turn, partial.with_incomplete(Incomplete::Failed));
    }
    for call in open_calls(turn) {
        let is_unknown = cut.unknown.iter().any(|own| own.call_id == call);
        let answer = if is_unknown {
            OUTCOME_UNKNOWN.to_owned()
        } else {
            format!("not run: {INTERRUPTED}")
        };
        push(turn, Block::tool_error(call, answer));
    }
    // Numbers can always be serialized.
    let _ = turn.metadata.set(&keys::RUN_TOTALS, &run.totals);
}

/// Returns the terminal event that the run's process did not store.
fn terminal_event(session: &str, turn: Option<&Turn>, run: &RunRecord, seq: u64) -> EventRow {
    let message = match &run.phase {
        RunPhase::Ended(end) => end.message.clone(),
        _ => String::new(),
    };
    let kind = match status_of(run) {
        Some(EndStatus::Finished | EndStatus::Refused) => {
            EventKind::RunFinished(kind::RunFinished::new("completed"))
        }
        Some(EndStatus::Cancelled) => EventKind::RunStopped(kind::RunStopped::new("cancelled")),
        Some(EndStatus::LimitReached | EndStatus::Waiting) => {
            EventKind::RunStopped(kind::RunStopped::new(message))
        }
        Some(EndStatus::Failed | EndStatus::Interrupted) | None => {
            let mut failed = kind::RunFailed::new(message);
            let own = match &run.phase {
                RunPhase::Ended(end) => end.error_kind.clone(),
                _ => None,
            };
            failed.error_kind = own.or_else(|| Some("interrupted".to_owned()));
            EventKind::RunFailed(failed)
        }
    };
    let (mut correlation, mut meta) = (Correlation::default(), EventMeta::default());
    correlation.session_id = Some(session.to_owned());
    correlation.run_id = Some(run.run.clone());
    correlation.turn_id = turn.map(|turn| turn.id.clone());
    meta.message_id.clone_from(&run.run);
    meta.session_id.clone_from(&correlation.session_id);
    meta.inference_id.clone_from(&correlation.run_id);
    meta.turn_id.clone_from(&correlation.turn_id);
    let mut event = Event::in_context(kind, Arc::new(meta), Arc::new(correlation));
    event.seq = seq;
    EventRow::single(event)
}
