//! [`Snapshot`]: the state of a session at one point in time.

use std::sync::Arc;

use geppetto_engine::PendingCall;
use geppetto_events::Event;
use geppetto_session::QueuedPrompt;
use geppetto_store::{EndStatus, RunPhase, SessionInfo, SessionStore as _};
use geppetto_turns::Turn;

use crate::{Error, host::Shared};

/// State of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// No inference is running.
    Idle,
    /// An inference runs in this process.
    Running {
        /// Id of the run.
        run: String,
    },
    /// The last run waits for a person.
    Waiting,
    /// The last run has no end: its process ended during it, or another process runs it.
    Open {
        /// Id of the run.
        run: String,
        /// Name of the process that holds the session, or held it last.
        owner: Option<String>,
    },
}

/// State of a session at one moment. `turn` and `events` together are sufficient to display the
/// latest turn; [`HostedSession::events`](crate::HostedSession::events) after `seq` continues.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Snapshot {
    /// Stored state of the session.
    pub info: SessionInfo,
    /// State.
    pub state: State,
    /// Number of turns.
    pub turn_count: u64,
    /// The latest turn. While an inference runs in this process, the turn as of its start.
    pub turn: Option<Turn>,
    /// Events of the inference that runs in this process, with adjacent deltas merged.
    pub events: Vec<Event>,
    /// Queued prompts, in order.
    pub queued: Vec<QueuedPrompt>,
    /// Tool calls that wait for a person's decision.
    pub waits: Vec<PendingCall>,
    /// Sequence number of the last event that is included.
    pub seq: u64,
}

impl Shared {
    pub(crate) async fn snapshot(self: &Arc<Self>, id: &str) -> Result<Snapshot, Error> {
        let info = self.store.info(id).await?;
        let Some(using) = self.owned(id).await else {
            return self.stored(info).await;
        };
        let own = using.session.snapshot();
        let waits = match own.running {
            Some(_) => Vec::new(),
            None => own.turn.as_ref().map_or_else(Vec::new, PendingCall::of),
        };
        let state = match own.running {
            Some(run) => State::Running { run },
            None if waits.is_empty() => State::Idle,
            None => State::Waiting,
        };
        Ok(Snapshot {
            info,
            state,
            turn_count: own.turn_count as u64,
            turn: own.turn,
            events: own.events,
            queued: own.queued,
            waits,
            seq: own.seq,
        })
    }

    /// Returns the state of a session that is not in memory.
    async fn stored(&self, info: SessionInfo) -> Result<Snapshot, Error> {
        let turn = match info.turns.checked_sub(1) {
            Some(latest) => Some(self.store.turn(&info.id, latest).await?),
            None => None,
        };
        let state = self.state(&info);
        // The turn of an open run is that of its last barrier, and so is the number.
        let (waits, seq) = match (&state, &info.run) {
            (State::Open { .. }, Some(run)) => (Vec::new(), run.seq),
            _ => {
                let waits = turn.as_ref().map_or_else(Vec::new, PendingCall::of);
                (waits, info.last_seq)
            }
        };
        Ok(Snapshot {
            state,
            turn_count: info.turns,
            turn,
            events: Vec::new(),
            queued: Vec::new(),
            waits,
            seq,
            info,
        })
    }

    /// Returns the state of a session, from memory if it is there.
    pub(crate) fn state(&self, info: &SessionInfo) -> State {
        let running = self.slots.get(&info.id).map(|using| {
            let running = using.session.active();
            running.map(|run| run.id().to_owned())
        });
        let is_live = running.is_some();
        if let Some(run) = running.flatten() {
            return State::Running { run };
        }
        match &info.run {
            Some(run) => match &run.phase {
                RunPhase::Ended(end) if end.status == EndStatus::Waiting => State::Waiting,
                RunPhase::Ended(_) => State::Idle,
                _ if is_live => State::Idle,
                _ => State::Open {
                    run: run.run.clone(),
                    owner: info.owner.clone(),
                },
            },
            None => State::Idle,
        }
    }
}
