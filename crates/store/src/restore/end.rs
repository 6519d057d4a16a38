//! Ends a run that was cut off.

use std::collections::{BTreeMap, HashMap};

use geppetto_engine::{PendingCall, WaitingFor, keys};
use geppetto_events::{
    EventKind,
    kind::{self, ToolStatus},
};
use geppetto_turns::{
    Block, BlockKind, FinishClass, Incomplete, InferenceResult, Turn, keys::turn_meta,
};

use super::{
    CutRun, INTERRUPTED, OUTCOME_UNKNOWN, Restored,
    close::{Closing, Reply, ToolEnd},
    log::last_of_run,
    turn::{answer, open_calls, push},
};
use crate::{
    EffectWrite, EndStatus, Error, RunEnd, RunPhase, RunRecord, SessionStore, journal::Change,
};

impl<S: SessionStore + 'static> Restored<S> {
    /// Ends what the last process left open, and records it: a cut run is interrupted, and the log
    /// of events has a terminal event for the last run. Does nothing otherwise.
    ///
    /// In the turn of a cut run, a partial reply is kept and marked as incomplete, calls with an
    /// unknown outcome are answered with [`OUTCOME_UNKNOWN`], and calls that were not started with
    /// `not run: ` and [`INTERRUPTED`]; calls that were waiting for a person keep waiting. The log
    /// has the same answers. A run whose reply was complete when the process ended is finished, not
    /// interrupted.
    ///
    /// # Errors
    ///
    /// Those of [`SessionStore::append`]. The session can be settled again.
    pub async fn settle(&mut self) -> Result<(), Error> {
        let Some(cut) = self.cut.clone() else {
            return self.end_log().await;
        };
        if let Some(status) = completed(&self.info.id, self.turns.last(), &cut.run) {
            return self
                .end_run(&cut, RunEnd::new(status), BTreeMap::new())
                .await;
        }
        let tools = match self.turns.last_mut() {
            Some(latest) => end_turn(&self.info.id, latest, &cut),
            None => BTreeMap::new(),
        };
        let end = if cut.was_cancelled() {
            RunEnd::new(EndStatus::Cancelled)
        } else {
            RunEnd::new(EndStatus::Interrupted).because(INTERRUPTED)
        };
        self.end_run(&cut, end, tools).await
    }

    /// Adds the terminal event that the last process did not store, and stands for the events that
    /// may have followed it.
    async fn end_log(&mut self) -> Result<(), Error> {
        let Some(run) = self.info.run.clone() else {
            return Ok(());
        };
        // A run that was withdrawn has no events.
        let last = last_of_run(self.journal.store(), &self.info, &run).await?;
        let is_open = last.is_some_and(|event| !event.is_terminal());
        let seq = self.journal.inner().desk().seq();
        let mut closing = Closing::new(&self.info.id, self.turns.last(), &run, seq);
        if is_open {
            closing.push(terminal_event(&run));
        }
        if self.is_abandoned {
            closing.skip();
        }
        let rows = closing.into_rows();
        if rows.is_empty() {
            return Ok(());
        }
        let change = Change::new().synced().events(rows);
        self.journal.inner().write(change).await?;
        self.is_abandoned = false;
        Ok(())
    }

    /// Ends the cut run, whose turn was completed.
    pub(super) async fn end_run(
        &mut self,
        cut: &CutRun,
        end: RunEnd,
        tools: BTreeMap<String, (String, ToolEnd)>,
    ) -> Result<(), Error> {
        let mut run = cut.run.clone();
        run.totals = super::totals_of(&run);
        if let Some(latest) = self.turns.last_mut() {
            // Texts and numbers can always be serialized.
            let _ = latest.metadata.set(&keys::RUN_TOTALS, &run.totals);
            let end = end_of_turn(&run.run, &end);
            let _ = latest.metadata.set(&turn_meta::RUN_END, &end);
        }
        let mut change = self.closing(cut, &run, Reply::Kept, &tools, Some(&end));
        run.decisions.clear();
        run.broken = None;
        run.phase = RunPhase::Ended(end);
        change = change.run(run.clone()).synced();
        self.journal.inner().write(change).await?;
        self.is_abandoned &= cut.log.ended;
        self.info.run = Some(run);
        self.cut = None;
        Ok(())
    }

    /// Returns the change that closes the log of the cut run, with the turn and the ends of its
    /// effects. With `end`, the log gets its terminal event.
    pub(super) fn closing(
        &self,
        cut: &CutRun,
        run: &RunRecord,
        reply: Reply,
        tools: &BTreeMap<String, (String, ToolEnd)>,
        end: Option<&RunEnd>,
    ) -> Change {
        let mut change = Change::new().synced();
        let latest = self.turns.last();
        if let Some(latest) = latest {
            change = change.turn(latest);
        }
        for effect in &cut.unknown {
            let key = effect.key.clone();
            let answer = latest.and_then(|turn| answer(turn, &effect.call_id));
            change = change.effect(match answer {
                Some(answer) => EffectWrite::Finish { key, answer },
                None => EffectWrite::Wait { key },
            });
        }
        if cut.log.ended {
            return change;
        }
        let seq = self.journal.inner().desk().seq();
        let mut closing = Closing::new(&self.info.id, latest, run, seq);
        closing.lose();
        closing.close(&cut.log, latest, run, reply, tools);
        let mut ended = run.clone();
        if let Some(end) = end {
            ended.phase = RunPhase::Ended(end.clone());
        }
        closing.push(match end {
            Some(_) => terminal_event(&ended),
            None => EventKind::RunStopped(kind::RunStopped::new(INTERRUPTED)),
        });
        change.events(closing.into_rows())
    }
}

/// Returns the end of a run as its turn stores it.
fn end_of_turn(run: &str, end: &RunEnd) -> geppetto_turns::RunEnd {
    use geppetto_turns::RunEnd as End;
    let message = end.message.as_str();
    match end.status {
        EndStatus::Finished | EndStatus::Refused => End::finished(run),
        EndStatus::Cancelled => End::stopped(run, "cancelled"),
        EndStatus::LimitReached | EndStatus::Waiting => End::stopped(run, message),
        EndStatus::Failed | EndStatus::Interrupted => {
            let kind = end.error_kind.as_deref();
            End::failed(run, message, kind.unwrap_or("interrupted"))
        }
    }
}

/// Returns the status of a run whose last reply was complete when the process ended; `None` if it
/// was not.
pub(super) fn completed(session: &str, turn: Option<&Turn>, run: &RunRecord) -> Option<EndStatus> {
    let turn = turn.filter(|_| run.phase == RunPhase::Replied && run.broken.is_none())?;
    let result = turn.metadata.get(&turn_meta::INFERENCE_RESULT).ok()??;
    let last = turn.blocks.last()?;
    let is_input = matches!(
        last.kind(),
        BlockKind::ToolUse | BlockKind::User | BlockKind::System
    );
    if last.incomplete().is_some() || is_input {
        return None;
    }
    let has_tools = turn.data.contains(&keys::TOOL_CONFIG);
    if has_tools && !open_calls(session, turn).is_empty() {
        return None;
    }
    match result.finish_class {
        FinishClass::Paused => None,
        FinishClass::Refused => Some(EndStatus::Refused),
        _ => Some(EndStatus::Finished),
    }
}

/// Returns `true` if the calls of the last reply may run: the reply was complete, and offered tools.
pub(super) fn may_run_calls(turn: &Turn) -> bool {
    let result = turn.metadata.get(&turn_meta::INFERENCE_RESULT);
    let Ok(Some(result)) = result else {
        return false;
    };
    let config = turn.data.get(&keys::TOOL_CONFIG).ok().flatten();
    let offers = config
        .is_some_and(|own| own.enabled && own.tool_choice != geppetto_engine::ToolChoice::None);
    offers && !ended_badly(&result)
}

fn ended_badly(result: &InferenceResult) -> bool {
    match &result.finish_class {
        FinishClass::Refused | FinishClass::Error | FinishClass::Interrupted => true,
        FinishClass::Unknown | FinishClass::Other(_) => result.truncated,
        _ => false,
    }
}

/// Completes the turn of a cut run that is ended. Returns the ends of its open tool calls.
fn end_turn(session: &str, turn: &mut Turn, cut: &CutRun) -> BTreeMap<String, (String, ToolEnd)> {
    if !cut.partial_text.is_empty() {
        let partial = Block::llm_text(cut.partial_text.as_str());
        push(turn, partial.with_incomplete(Incomplete::Failed));
    }
    let waiting = PendingCall::of(turn);
    let waiting: HashMap<String, String> = waiting
        .into_iter()
        .map(|own| (own.call_id, own.question))
        .collect();
    let mut tools = BTreeMap::new();
    for call in open_calls(session, turn) {
        let is_unknown = cut.unknown.iter().any(|own| call.is_of(own));
        let waits = waiting.get(&call.id).filter(|_| !is_unknown);
        if let Some(question) = waits {
            let end = ToolEnd::Waits(question.clone());
            tools.insert(call.id, (call.name, end));
            continue;
        }
        let (answer, status) = if is_unknown {
            (OUTCOME_UNKNOWN.to_owned(), ToolStatus::Unknown)
        } else {
            (format!("not run: {INTERRUPTED}"), ToolStatus::Error)
        };
        push(turn, Block::tool_error(call.id.as_str(), answer.as_str()));
        let end = ToolEnd::Answered(answer, status);
        tools.insert(call.id, (call.name, end));
    }
    PendingCall::record(turn, &PendingCall::of(turn));
    tools
}

/// Returns the end of a run that waits for decisions about the recorded calls of its turn.
pub(super) fn waiting_end(turn: &Turn) -> RunEnd {
    let waiting = WaitingFor::decisions(PendingCall::of(turn));
    RunEnd::new(EndStatus::Waiting).because(waiting.to_string())
}

/// Returns the terminal event that the run's process did not store.
fn terminal_event(run: &RunRecord) -> EventKind {
    let RunPhase::Ended(end) = &run.phase else {
        return EventKind::RunFailed(kind::RunFailed::new(INTERRUPTED));
    };
    let message = end.message.clone();
    match end.status {
        EndStatus::Finished | EndStatus::Refused => {
            EventKind::RunFinished(kind::RunFinished::new("completed"))
        }
        EndStatus::Cancelled => EventKind::RunStopped(kind::RunStopped::new("cancelled")),
        EndStatus::LimitReached | EndStatus::Waiting => {
            EventKind::RunStopped(kind::RunStopped::new(message))
        }
        EndStatus::Failed | EndStatus::Interrupted => {
            let mut failed = kind::RunFailed::new(message);
            let own = end.error_kind.clone();
            failed.error_kind = own.or_else(|| Some("interrupted".to_owned()));
            EventKind::RunFailed(failed)
        }
    }
}
