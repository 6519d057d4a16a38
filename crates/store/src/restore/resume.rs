//! Continues a run that was cut off.

use std::{collections::BTreeMap, sync::Arc};

use geppetto_engine::{ContinuesRuns, Decision, PendingCall, RunTotals};
use geppetto_events::kind::ToolStatus;
use geppetto_turns::{Block, BlockKind, Turn};

use super::{
    CutRun, INTERRUPTED, OUTCOME_UNKNOWN, Restored,
    close::{Reply, ToolEnd},
    end::{completed, may_run_calls, waiting_end},
    turn::{OpenCall, open_calls, push},
};
use crate::{BrokenReply, Effect, Error, RunPhase, SessionStore};

/// Policy for a tool that had started when the process ended, has no answer, and does not declare
/// that its calls may be repeated under their key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum UnknownOutcome {
    /// The model receives [`OUTCOME_UNKNOWN`](crate::OUTCOME_UNKNOWN) as its answer. The default.
    #[default]
    Tell,
    /// The call waits for a person, who allows it to run again, rejects it, or gives its result.
    Ask,
}

/// Next step for a session that was restored.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Resumption {
    /// There is nothing to continue: no run was cut off, or its last reply was complete.
    Nothing,
    /// A run on the latest turn continues.
    Run(Continuation),
    /// Calls wait for a person's decision: [`UnknownOutcome::Ask`].
    Waits,
}

/// A run to submit, which continues a cut one: with [`continues`](Self::continues) as an extension,
/// on the latest turn.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Continuation {
    /// The runs that it continues.
    pub continues: ContinuesRuns,
    /// People's decisions that the cut run had not applied yet, by call id.
    pub decisions: BTreeMap<String, Decision>,
}

impl<S: SessionStore + 'static> Restored<S> {
    /// Prepares the continuation of a cut run, and records it: the log of events ends with the end
    /// of that run, and the turn is ready for another one. Call this before
    /// [`event_stream`](Self::event_stream) and the use of [`turns`](Self::turns).
    ///
    /// - A provider call in flight, or one whose reply broke off, is discarded, which the log announces; the provider is asked
    ///   again.
    /// - Finished tools keep their answers. Calls whose tool had not started, and those whose tool
    ///   is idempotent, run in the continuation, under the same keys; their hooks are called first.
    /// - `unknown` applies to the calls of other tools that had started and have no answer.
    ///
    /// If the last reply was complete, its calls must not run, or the run was being cancelled, it is
    /// [ended](Self::settle) instead.
    ///
    /// # Errors
    ///
    /// Those of [`SessionStore::append`]. The session can be resumed again.
    pub async fn resume(&mut self, unknown: UnknownOutcome) -> Result<Resumption, Error> {
        let Some(cut) = self.cut.clone() else {
            self.settle().await?;
            return Ok(Resumption::Nothing);
        };
        if cut.was_cancelled() {
            self.settle().await?;
            return Ok(Resumption::Nothing);
        }
        let Some(latest) = self.turns.last_mut() else {
            self.settle().await?;
            return Ok(Resumption::Nothing);
        };
        if let Some(broken) = cut.run.kept_reply() {
            remove_reply(latest, broken);
        }
        let session = self.info.id.as_str();
        let has_calls = !open_calls(session, latest).is_empty();
        let must_end = has_calls
            && cut.run.broken.is_none()
            && cut.run.phase == RunPhase::Replied
            && !may_run_calls(latest);
        if must_end || completed(session, Some(latest), &cut.run).is_some() {
            self.settle().await?;
            return Ok(Resumption::Nothing);
        }
        let tools = prepare(session, latest, &cut, unknown);
        if unknown == UnknownOutcome::Ask && cut.unknown.iter().any(|own| !own.idempotent) {
            let end = waiting_end(latest);
            self.end_run(&cut, end, tools).await?;
            return Ok(Resumption::Waits);
        }
        self.continue_run(&cut, tools).await.map(Resumption::Run)
    }

    async fn continue_run(
        &mut self,
        cut: &CutRun,
        tools: BTreeMap<String, (String, ToolEnd)>,
    ) -> Result<Continuation, Error> {
        let change = self.closing(cut, &cut.run, Reply::Discarded, &tools, None);
        let mut run = cut.run.clone();
        let mut continues = std::mem::take(&mut run.continues);
        continues.push(run.run.clone());
        let mut decisions = std::mem::take(&mut run.decisions);
        decisions.retain(|call, _| matches!(tools.get(call), Some((_, ToolEnd::Waits(_)))));
        // The run is still open: if this process ends too, the next one continues it. Its totals
        // are in the turn by now.
        run.continues.clone_from(&cut.run.continues);
        run.decisions.clone_from(&decisions);
        run.phase = RunPhase::Started;
        run.broken = None;
        run.totals = RunTotals::default();
        self.journal.inner().write(change.run(run.clone())).await?;
        self.is_abandoned &= cut.log.ended;
        self.info.run = Some(run);
        self.cut = None;
        Ok(Continuation {
            continues: ContinuesRuns(continues),
            decisions,
        })
    }
}

/// Removes a reply that broke off, because the provider is asked again.
fn remove_reply(turn: &mut Turn, broken: &BrokenReply) {
    let is_input = |block: &Arc<Block>| {
        let kind = block.kind();
        matches!(
            kind,
            BlockKind::User | BlockKind::System | BlockKind::ToolUse
        )
    };
    // Never more than the model wrote, whatever a middleware did to the turn.
    let inputs = turn.blocks.iter().rposition(is_input);
    let inputs = inputs.map_or(0, |last| last + 1);
    let from = usize::try_from(broken.from).unwrap_or(usize::MAX);
    turn.blocks.truncate(from.max(inputs));
}

/// Prepares the turn of a cut run for its continuation. Returns the ends of its open tool calls.
fn prepare(
    session: &str,
    turn: &mut Turn,
    cut: &CutRun,
    unknown: UnknownOutcome,
) -> BTreeMap<String, (String, ToolEnd)> {
    let mut waiting = PendingCall::of(turn);
    let mut tools = BTreeMap::new();
    for call in open_calls(session, turn) {
        let effect = cut.unknown.iter().find(|own: &&Effect| call.is_of(own));
        let OpenCall { id: call, name, .. } = call;
        let is_unknown = effect.is_some_and(|own| !own.idempotent);
        if is_unknown && unknown == UnknownOutcome::Tell {
            push(turn, Block::tool_error(call.as_str(), OUTCOME_UNKNOWN));
            waiting.retain(|own| own.call_id != call);
            let end = ToolEnd::Answered(OUTCOME_UNKNOWN.to_owned(), ToolStatus::Unknown);
            tools.insert(call, (name, end));
            continue;
        }
        let known = waiting.iter().find(|own| own.call_id == call);
        let question = match known {
            Some(own) => own.question.clone(),
            None => {
                let question = question(is_unknown);
                let input = cut.log.tools.iter().find(|own| own.id == call);
                let input = input.map_or("", |own| own.input.as_str());
                waiting.push(PendingCall::new(&*call, &*name, input, &*question));
                question
            }
        };
        tools.insert(call, (name, ToolEnd::Waits(question)));
    }
    PendingCall::record(turn, &waiting);
    tools
}

fn question(is_unknown: bool) -> String {
    if is_unknown {
        return format!("{OUTCOME_UNKNOWN}. May it run (again)?");
    }
    format!("{INTERRUPTED}; the call runs in its continuation")
}
