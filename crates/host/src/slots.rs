//! [`Slots`]: the sessions of a host that are in memory, or are being opened or closed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use geppetto_store::Restored;
use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};

use crate::{
    Error, ErrorKind,
    host::Shared,
    live::{Live, Using},
    options::CutRuns,
    shutdown::CLOSE,
};

/// Sessions by id.
#[derive(Default)]
pub(crate) struct Slots(Mutex<HashMap<String, Arc<Slot>>>);

/// What happens to a session that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    IsCreated,
    IsAnError,
}

/// Place of a session.
pub(crate) struct Slot {
    /// Held while the session is opened or closed. One permit.
    gate: Semaphore,
    live: Mutex<Option<Arc<Live>>>,
}

impl Slot {
    fn new() -> Self {
        Self {
            gate: Semaphore::new(1),
            live: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Live>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn using(&self) -> Option<Using> {
        let live = self.lock();
        live.as_ref().map(|live| Using::new(Arc::clone(live)))
    }

    fn put(&self, live: Live) -> Using {
        let live = Arc::new(live);
        let using = Using::new(Arc::clone(&live));
        *self.lock() = Some(live);
        using
    }

    /// Takes the session out if it satisfies a condition.
    fn take_if(&self, condition: impl FnOnce(&Arc<Live>) -> bool) -> Option<Arc<Live>> {
        let mut live = self.lock();
        if live.as_ref().is_some_and(condition) {
            return live.take();
        }
        None
    }
}

impl Slots {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Slot>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slot(&self, id: &str) -> Arc<Slot> {
        let mut slots = self.lock();
        if let Some(slot) = slots.get(id) {
            return Arc::clone(slot);
        }
        let slot = Arc::new(Slot::new());
        slots.insert(id.to_owned(), Arc::clone(&slot));
        slot
    }

    /// Removes the slot of a session that is not in memory, unless somebody waits for it.
    fn tidy(&self, id: &str, own: Arc<Slot>) {
        let mut slots = self.lock();
        drop(own);
        let is_unused = slots
            .get(id)
            .is_some_and(|slot| Arc::strong_count(slot) == 1 && slot.lock().is_none());
        if is_unused {
            slots.remove(id);
        }
    }

    /// Returns a session, if it is in memory.
    pub(crate) fn get(&self, id: &str) -> Option<Using> {
        let slot = self.lock().get(id).cloned()?;
        slot.using()
    }

    /// Returns all sessions in memory. The caller does not count as a user.
    pub(crate) fn live(&self) -> Vec<Arc<Live>> {
        let slots: Vec<Arc<Slot>> = self.lock().values().cloned().collect();
        let live = slots.iter().filter_map(|slot| slot.lock().clone());
        live.collect()
    }
}

impl Slots {
    /// Waits for the sessions that are being opened or closed.
    pub(crate) async fn settle(&self) {
        let slots: Vec<Arc<Slot>> = self.lock().values().cloned().collect();
        for slot in slots {
            drop(slot.gate.acquire().await);
        }
    }
}

impl Shared {
    /// Returns a session in memory; opens it if it is not, and creates it if it does not exist.
    pub(crate) async fn acquire(self: &Arc<Self>, id: &str) -> Result<Using, Error> {
        self.acquire_with(id, self.options.cut_runs, Missing::IsCreated)
            .await
    }

    /// Like [`acquire`](Self::acquire), with a policy for a cut run. Fails if there is no such
    /// session.
    pub(crate) async fn acquire_existing(
        self: &Arc<Self>,
        id: &str,
        cut_runs: CutRuns,
    ) -> Result<Using, Error> {
        self.acquire_with(id, cut_runs, Missing::IsAnError).await
    }

    async fn acquire_with(
        self: &Arc<Self>,
        id: &str,
        cut_runs: CutRuns,
        missing: Missing,
    ) -> Result<Using, Error> {
        if self.stopping.is_cancelled() {
            return Err(Error::shutting_down());
        }
        let slot = self.slots.slot(id);
        if let Some(using) = slot.using() {
            if using.journal.is_stuck() {
                self.give_up(using.live()).await;
            } else if self.owns(using.live()).await {
                return Ok(using);
            }
        }
        self.keep();
        // A session that opens after the shutdown would never be closed.
        let opened = tokio::select! {
            biased;
            () = self.gave_up() => Err(Error::shutting_down()),
            opened = self.open_in(&slot, id, cut_runs, missing) => opened,
        };
        if opened.is_err() {
            self.slots.tidy(id, slot);
        }
        opened
    }

    /// Waits until the host has been shut down for as long as a store may take.
    async fn gave_up(&self) {
        self.stopping.cancelled().await;
        sleep(CLOSE).await;
    }

    async fn open_in(
        self: &Arc<Self>,
        slot: &Arc<Slot>,
        id: &str,
        cut_runs: CutRuns,
        missing: Missing,
    ) -> Result<Using, Error> {
        let _permit = slot.gate.acquire().await;
        if let Some(using) = slot.using() {
            return Ok(using);
        }
        if self.stopping.is_cancelled() {
            return Err(Error::shutting_down());
        }
        if missing == Missing::IsAnError {
            self.store.info(id).await?;
        }
        self.make_room().await?;
        let opened = self.open(id, cut_runs).await?;
        let using = slot.put(opened.live);
        if let Some((run, place)) = opened.continues {
            using.clone().until_over(run, place);
        }
        Ok(using)
    }

    /// Removes sessions from memory until there is room for another one.
    async fn make_room(self: &Arc<Self>) -> Result<(), Error> {
        loop {
            let mut live = self.slots.live();
            if live.len() < self.options.max_sessions {
                return Ok(());
            }
            live.retain(|live| live.is_idle());
            let oldest = live.into_iter().min_by_key(|live| live.last_used());
            let Some(oldest) = oldest else {
                let message = format!(
                    "{} sessions are in use; send the request again later",
                    self.options.max_sessions
                );
                return Err(Error::new(ErrorKind::AtCapacity, message));
            };
            self.close(oldest.session.id(), Live::is_idle).await;
        }
    }

    /// Removes a session from memory if it satisfies a condition: writes what is left, and releases
    /// it. Returns an error if that failed.
    pub(crate) async fn close(
        &self,
        id: &str,
        condition: impl FnOnce(&Live) -> bool,
    ) -> Option<Result<(), geppetto_store::Error>> {
        let slot = self.slots.slot(id);
        let closed = {
            let _permit = slot.gate.acquire().await;
            match slot.take_if(|live| condition(live)) {
                Some(live) => {
                    let closed = timeout(CLOSE, live.journal.close()).await;
                    live.gone.cancel();
                    Some(closed.unwrap_or_else(|_| Err(stalled())))
                }
                None => None,
            }
        };
        if let Some(Err(error)) = &closed {
            tracing::warn!(session = id, %error, "a session was not closed properly");
        }
        self.slots.tidy(id, slot);
        closed
    }

    /// Removes a session from memory whose lease is lost. Nothing is written.
    pub(crate) fn lose(&self, live: &Arc<Live>) {
        let id = live.session.id();
        let slot = self.slots.slot(id);
        forget(&slot, live);
        self.slots.tidy(id, slot);
    }

    /// Removes a session from memory whose store refuses its latest changes, and ends its run there,
    /// so that the next use continues with what the store has.
    pub(crate) async fn give_up(&self, live: &Arc<Live>) {
        let id = live.session.id();
        tracing::warn!(
            session = id,
            "the store refuses the changes of a session; it continues without them"
        );
        let slot = self.slots.slot(id);
        {
            let _permit = slot.gate.acquire().await;
            if forget(&slot, live)
                && let Err(error) = self.settle(id).await
            {
                tracing::warn!(session = id, %error, "the end of a run was not stored");
            }
        }
        self.slots.tidy(id, slot);
    }

    /// Ends the run of a session that is not in memory, and releases the session.
    async fn settle(&self, id: &str) -> Result<(), geppetto_store::Error> {
        let store = Arc::clone(&self.store);
        let mut restored = Restored::open(store, id, &self.options.claim()).await?;
        let settled = restored.settle().await;
        let closed = restored.journal().close().await;
        settled.map(drop).and(closed)
    }

    /// Deletes a session that nobody else holds, and keeps others from opening it in the meantime.
    pub(crate) async fn delete(self: &Arc<Self>, id: &str) -> Result<bool, Error> {
        let slot = self.slots.slot(id);
        let deleted = {
            let _permit = slot.gate.acquire().await;
            self.delete_in(&slot, id).await
        };
        self.slots.tidy(id, slot);
        deleted
    }

    async fn delete_in(&self, slot: &Slot, id: &str) -> Result<bool, Error> {
        let live = slot.lock().clone();
        if let Some(live) = live {
            live.session.cancel_active_and_pause_queue();
            for queued in live.session.queued() {
                live.session.remove_queued(&queued.run_id);
            }
            if let Some(run) = live.session.active() {
                run.outcome().await;
            }
            // Another host may own it by now.
            let owned = self.store.renew(live.journal.lease()).await;
            if owned.as_ref().is_err_and(geppetto_store::Error::is_fenced) {
                forget(slot, &live);
                return self.delete_stored(id).await;
            }
            owned?;
            slot.lock().take();
            let deleted = self.store.delete(id).await;
            live.gone.cancel();
            return Ok(deleted?);
        }
        self.delete_stored(id).await
    }

    /// Deletes a session that is not in memory.
    async fn delete_stored(&self, id: &str) -> Result<bool, Error> {
        match self.store.info(id).await {
            Err(error) if error.kind() == geppetto_store::ErrorKind::NotFound => return Ok(false),
            other => drop(other?),
        }
        if let Err(error) = self.store.open(id, &self.options.claim()).await {
            return Err(self.not_opened(id, error).await);
        }
        Ok(self.store.delete(id).await?)
    }
}

fn stalled() -> geppetto_store::Error {
    let message = format!("the store took longer than {CLOSE:?}");
    geppetto_store::Error::new(geppetto_store::ErrorKind::Unavailable, message)
}

/// Removes a session from memory without writing anything. Returns `false` if it was not there.
fn forget(slot: &Slot, live: &Arc<Live>) -> bool {
    let taken = slot.take_if(|own| Arc::ptr_eq(own, live));
    // Before the run is cancelled: it continues elsewhere, and must not be stored as cancelled.
    live.journal.abandon();
    live.session.cancel_active_and_pause_queue();
    live.gone.cancel();
    taken.is_some()
}
