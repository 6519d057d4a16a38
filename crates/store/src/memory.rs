//! [`MemoryStore`]: sessions in memory.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use async_trait::async_trait;
use geppetto_events::Event;
use geppetto_turns::Turn;
use tokio::time::Instant;

use crate::{
    Appended, Batch, Claim, Durability, Effect, Error, ErrorKind, Lease, Opened, Page, Request,
    SessionInfo, SessionStore, Stats, TurnRow, check_id,
};

mod interner;
mod listing;
mod plan;
mod row;
mod session;

#[cfg(test)]
mod tests;

use interner::Interner;
use plan::{Plan, encode};
use session::{Holder, Kept};

/// A store in memory, for tests and for sessions that need not outlive the process.
///
/// Cheap to clone; clones share their sessions, so that a test "restarts" by dropping everything
/// but a clone. Equal blocks are kept once, and a fork costs one entry. No operation waits: every
/// future is ready when it is polled first. Appending costs as much as the batch, whatever the
/// length of the history.
///
/// Leases expire by tokio's clock.
#[derive(Clone, Default)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    interner: Arc<Interner>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    sessions: BTreeMap<String, Kept>,
    /// Epoch of the last lease, over all sessions: no epoch repeats.
    epoch: u64,
    fails_next_sync: bool,
    poisoned: bool,
}

impl MemoryStore {
    /// Creates an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the next sync fail, for tests of programs that must handle it: the next batch with
    /// [`Durability::Synced`] is not acknowledged, and the store is poisoned until it is
    /// [reopened](Self::reopened).
    pub fn fail_next_sync(&self) {
        self.lock().fails_next_sync = true;
    }

    /// Opens the store again: no longer poisoned, with the same content. Leases stay valid.
    #[must_use]
    pub fn reopened(&self) -> Self {
        {
            let mut state = self.lock();
            state.poisoned = false;
            state.fails_next_sync = false;
        }
        self.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn session(&self, id: &str) -> Result<&Kept, Error> {
        self.sessions.get(id).ok_or_else(|| Error::no_session(id))
    }

    /// Returns the session that a lease may write to.
    fn leased(&mut self, lease: &Lease) -> Result<&mut Kept, Error> {
        let kept = self.sessions.get_mut(lease.session());
        kept.filter(|kept| kept.is_held_with(lease.epoch()))
            .ok_or_else(|| Error::fenced(lease.session()))
    }

    fn check_writable(&self) -> Result<(), Error> {
        if !self.poisoned {
            return Ok(());
        }
        let message = "an earlier sync failed, so the store accepts no writes; open it again";
        Err(Error::new(ErrorKind::Poisoned, message))
    }

    /// Fails if a sync is required and set to fail.
    fn sync(&mut self, durability: Durability) -> Result<(), Error> {
        if durability != Durability::Synced || !std::mem::take(&mut self.fails_next_sync) {
            return Ok(());
        }
        self.poisoned = true;
        let message = "the sync failed; it is unknown what was stored";
        Err(Error::new(ErrorKind::Poisoned, message))
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn open(&self, session: &str, claim: &Claim) -> Result<Opened, Error> {
        check_id(session)?;
        let mut state = self.lock();
        state.check_writable()?;
        let now = Instant::now();
        if let Some(kept) = state.sessions.get(session) {
            kept.check_claim(session, claim, now)?;
        }
        state.epoch += 1;
        let epoch = state.epoch;
        let kept = state.sessions.entry(session.to_owned()).or_default();
        kept.holder = Some(Holder::new(claim, epoch, now));
        kept.last_batch = 0;
        let lease = Lease::new(session, epoch, claim.clone());
        let head = kept.head.as_ref().filter(|_| claim.reads_latest);
        let latest = head.map(|row| row.turn().clone());
        Ok(Opened::new(lease, kept.info(session), latest))
    }

    async fn renew(&self, lease: &Lease) -> Result<(), Error> {
        let mut state = self.lock();
        state.leased(lease)?;
        state.check_writable()?;
        let kept = state.leased(lease)?;
        kept.holder = Some(Holder::new(lease.claim(), lease.epoch(), Instant::now()));
        Ok(())
    }

    async fn release(&self, lease: &Lease) -> Result<(), Error> {
        let mut state = self.lock();
        state.leased(lease)?.holder = None;
        Ok(())
    }

    async fn append(&self, lease: &Lease, batch: Arc<Batch>) -> Result<Appended, Error> {
        // Encoding takes the most time, and needs no lock.
        let encoded = encode(&batch)?;
        let mut state = self.lock();
        state.leased(lease)?;
        state.check_writable()?;
        let kept = state.leased(lease)?;
        if batch.number == kept.last_batch && batch.number != 0 {
            return Ok(kept.appended());
        }
        let plan = Plan::new(kept, &batch, encoded, &self.shared.interner)?;
        state.sync(batch.durability)?;
        let kept = state.leased(lease)?;
        let replaced = plan.apply(kept, &batch);
        let appended = kept.appended();
        drop(state);
        // May free many turns.
        drop(replaced);
        Ok(appended)
    }

    async fn info(&self, session: &str) -> Result<SessionInfo, Error> {
        Ok(self.lock().session(session)?.info(session))
    }

    async fn turn(&self, session: &str, index: u64) -> Result<Turn, Error> {
        let state = self.lock();
        let row = state.session(session)?.row(index);
        let turn = row.map(|row| row.turn().clone());
        turn.ok_or_else(|| Error::no_turn(session, index))
    }

    async fn turn_rows(
        &self,
        session: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<TurnRow>, Error> {
        Ok(self.lock().session(session)?.rows(from, limit))
    }

    async fn events(&self, session: &str, after: u64, limit: usize) -> Result<Vec<Event>, Error> {
        Ok(self.lock().session(session)?.events_after(after, limit))
    }

    async fn effect(&self, session: &str, key: &str) -> Result<Option<Effect>, Error> {
        Ok(self.lock().session(session)?.effects.get(key).cloned())
    }

    async fn effects(&self, session: &str, turn: u64) -> Result<Vec<Effect>, Error> {
        Ok(self.lock().session(session)?.effects_of(turn))
    }

    async fn request(&self, session: &str, key: &str) -> Result<Option<Request>, Error> {
        Ok(self.lock().session(session)?.requests.get(key).cloned())
    }

    async fn list(&self, page: &Page) -> Result<Vec<SessionInfo>, Error> {
        Ok(listing::list(&self.lock().sessions, page))
    }

    async fn fork(
        &self,
        from: &str,
        index: u64,
        to: &str,
        at: SystemTime,
    ) -> Result<SessionInfo, Error> {
        check_id(to)?;
        let mut state = self.lock();
        state.check_writable()?;
        let origin = state.session(from)?;
        let row = origin.row(index);
        let row = row.ok_or_else(|| Error::no_turn(from, index))?;
        let fork = origin.fork(Arc::clone(row), from, index, at);
        if state.sessions.contains_key(to) {
            let message = format!("session `{to}` exists already");
            return Err(Error::new(ErrorKind::Exists, message));
        }
        let info = fork.info(to);
        state.sessions.insert(to.to_owned(), fork);
        Ok(info)
    }

    async fn delete(&self, session: &str) -> Result<bool, Error> {
        let mut state = self.lock();
        state.check_writable()?;
        let deleted = state.sessions.remove(session);
        drop(state);
        Ok(deleted.is_some())
    }

    async fn ask_cancel(&self, session: &str) -> Result<bool, Error> {
        let mut state = self.lock();
        let kept = state.sessions.get_mut(session);
        let running = kept.filter(|kept| kept.has_open_run());
        Ok(running.map(|kept| kept.cancel = true).is_some())
    }

    async fn asked_cancels(&self, owner: &str) -> Result<Option<Vec<String>>, Error> {
        let mut state = self.lock();
        let own = state.sessions.iter_mut();
        let asked = own.filter(|(_, kept)| kept.cancel && kept.is_held_by(owner));
        let take = |(id, kept): (&String, &mut Kept)| {
            kept.cancel = false;
            id.clone()
        };
        Ok(Some(asked.map(take).collect()))
    }

    async fn stats(&self) -> Result<Stats, Error> {
        let sessions = self.lock().sessions.len() as u64;
        Ok(self.shared.interner.stats(sessions))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("sessions", &self.lock().sessions.len())
            .finish_non_exhaustive()
    }
}
