//! [`Restored`]: a session as a store has it, ready to continue.

use geppetto_engine::{RunTotals, SessionTotals, keys};
use geppetto_events::EventStream;
use geppetto_turns::Turn;

use crate::{
    Claim, Effect, Error, JournalOf, Opened, RunPhase, RunRecord, SessionInfo, SessionStore,
};

mod close;
mod end;
mod log;
mod resume;
mod turn;

use log::OpenLog;
pub use resume::{Continuation, Resumption, UnknownOutcome};

/// Answer to a call whose tool had started when the process ended.
pub const OUTCOME_UNKNOWN: &str = "outcome unknown: the program ended while the tool ran, so it \
     may have taken effect or not; check before repeating it";

/// Answer to a call whose tool had not started when the process ended, and message of a run that
/// was cut off.
pub const INTERRUPTED: &str = "interrupted: the program ended during the run";

/// Number of turns that are read at once.
const PAGE: usize = 256;

/// A session as a store has it: everything that a new process needs to continue it.
///
/// The [`turns`](Self::turns) are the history of the new session; its
/// [totals](geppetto_engine::SessionTotals) are in their metadata, those of a cut run included. The
/// [`event_stream`](Self::event_stream) continues the event numbers, and the
/// [`journal`](Self::journal) records the next runs.
///
/// If the last run was [cut off](Self::cut), the latest turn has the prompt, all replies and the
/// answers of all finished tools, whose effects are not repeated. The other calls are open. An
/// application decides:
///
/// - [`resume`](Self::resume) prepares a run on the latest turn that continues it, with the tools
///   that had not started or may be repeated.
/// - [`settle`](Self::settle) ends it as interrupted, and answers the open calls: for a tool that
///   had started, with [`OUTCOME_UNKNOWN`]. The model then sees what is known.
/// - Without either, the run stays open in the store, and the next process finds it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Restored<S: SessionStore + 'static> {
    /// The turns of the session.
    pub turns: Vec<Turn>,
    /// State of the session when it was opened.
    pub info: SessionInfo,
    /// The last run, if a process ended during it.
    pub cut: Option<CutRun>,
    /// `true` if the last process did not release the session.
    is_abandoned: bool,
    journal: JournalOf<S>,
}

/// A run that was cut off, because its process ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CutRun {
    /// How far it got.
    pub run: RunRecord,
    /// Effects that were begun and have no answer: the tool may have acted or not.
    pub unknown: Vec<Effect>,
    /// Text of the reply that was in flight, as far as its events were stored; empty if there was
    /// none. It is not in the turn, because the reply is incomplete.
    pub partial_text: String,
    log: OpenLog,
}

impl CutRun {
    /// Returns `true` if the run was being cancelled.
    pub(crate) fn was_cancelled(&self) -> bool {
        let broken = self.run.broken.as_ref();
        broken.is_some_and(|broken| broken.cancelled)
    }
}

impl<S: SessionStore + 'static> Restored<S> {
    /// Opens a session for writing and reads its history. Creates it if it does not exist.
    ///
    /// Reads each block once, in pages of turns.
    ///
    /// # Errors
    ///
    /// Those of [`SessionStore::open`] and of its reads.
    pub async fn open(store: S, session: &str, claim: &Claim) -> Result<Self, Error> {
        let before = store.info(session).await;
        let is_abandoned = before.is_ok_and(|info| info.owner.is_some());
        let claim = claim.clone().without_latest();
        let opened = store.open(session, &claim).await?;
        let Opened {
            lease,
            info,
            latest: _,
        } = opened;
        let mut turns = read_turns(&store, &info).await?;
        let latest = turns.last().cloned();
        let cut = match &info.run {
            Some(run) if !run.is_ended() => Some(read_cut(&store, &info, run, &mut turns).await?),
            _ => None,
        };
        let opened = Opened::new(lease, info.clone(), latest);
        Ok(Self {
            turns,
            info,
            cut,
            is_abandoned,
            journal: JournalOf::new(store, opened),
        })
    }

    /// Returns the journal and persister of the session.
    #[must_use]
    pub fn journal(&self) -> JournalOf<S> {
        self.journal.clone()
    }

    /// Returns an event stream that continues the event numbers of the session.
    #[must_use]
    pub fn event_stream(&self) -> EventStream {
        EventStream::new().starting_after(self.journal.inner().desk().seq())
    }

    /// Returns the totals of all runs of the session, including a cut one, as far as recorded.
    #[must_use]
    pub fn totals(&self) -> SessionTotals {
        let latest = self.turns.last();
        let stored = latest.and_then(|turn| turn.metadata.get(&keys::SESSION_TOTALS).ok()?);
        stored.unwrap_or_default()
    }
}

/// Reads all turns of a session, in pages. Each block is read once.
///
/// # Errors
///
/// Those of [`SessionStore::turn_rows`]; [`Corrupt`](crate::ErrorKind::Corrupt) if a turn does not fit
/// the one before it.
pub async fn read_turns<S: SessionStore>(
    store: &S,
    info: &SessionInfo,
) -> Result<Vec<Turn>, Error> {
    let mut turns: Vec<Turn> = Vec::new();
    while (turns.len() as u64) < info.turns {
        let rows = store.turn_rows(&info.id, turns.len() as u64, PAGE).await?;
        if rows.is_empty() {
            return Err(Error::no_turn(&info.id, turns.len() as u64));
        }
        for row in rows {
            let turn = row.onto(turns.last()).ok_or_else(|| {
                let message = format!(
                    "turn {} of session `{}` shares {} blocks with a shorter turn",
                    row.index, info.id, row.kept
                );
                Error::new(crate::ErrorKind::Corrupt, message)
            })?;
            turns.push(turn);
        }
    }
    Ok(turns)
}

/// Reads the state of a cut run, and completes its turn with the answers of finished tools.
async fn read_cut<S: SessionStore>(
    store: &S,
    info: &SessionInfo,
    run: &RunRecord,
    turns: &mut [Turn],
) -> Result<CutRun, Error> {
    let effects = store.effects(&info.id, run.turn).await?;
    let log = OpenLog::read(store, info, run).await?;
    let mut open = Vec::new();
    if let Some(turn) = turns.last_mut() {
        turn::answer_finished(&info.id, turn, &effects);
        add_totals(turn, run);
        open = turn::open_calls(&info.id, turn);
    }
    let mut unknown = effects;
    unknown.retain(|own| own.is_open() && open.iter().any(|call| call.is_of(own)));
    let partial_text = match run.kept_reply() {
        Some(_) => String::new(),
        None => log.partial_text().to_owned(),
    };
    Ok(CutRun {
        run: run.clone(),
        unknown,
        partial_text,
        log,
    })
}

/// Adds the totals of a cut run to those of the session. Its turn has no totals of the run, by
/// which a later run recognises that it was interrupted.
fn add_totals(turn: &mut Turn, run: &RunRecord) {
    let earlier = turn.metadata.get(&keys::SESSION_TOTALS).ok().flatten();
    let mut totals: SessionTotals = earlier.unwrap_or_default();
    totals += &SessionTotals::from(&totals_of(run));
    // Numbers can always be serialized.
    let _ = turn.metadata.set(&keys::SESSION_TOTALS, &totals);
}

/// Returns the totals of a run, including the provider call in flight.
fn totals_of(run: &RunRecord) -> RunTotals {
    let mut totals = run.totals.clone();
    if run.phase == RunPhase::Calling {
        totals.provider_calls = totals.provider_calls.saturating_add(1);
        totals.usage.unreported_calls = totals.usage.unreported_calls.saturating_add(1);
    }
    totals
}
