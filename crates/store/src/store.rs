//! [`SessionStore`]: the contract of a store.

use std::{sync::Arc, time::SystemTime};

use async_trait::async_trait;
use geppetto_events::Event;
use geppetto_turns::Turn;

use crate::{
    Appended, Batch, Claim, Effect, Error, EventSchedule, Lease, Opened, Page, Request,
    SessionInfo, Stats, TurnRow,
};

/// Maximum length of a session's id, in bytes: 512.
pub const MAX_ID_BYTES: usize = 512;

/// Stores sessions: turns, events, effects and the state of runs.
///
/// # Calls
///
/// Methods are called from any task and any thread, concurrently for different sessions and for
/// reads of one session. Writes of one session are sequential: a caller appends batch `n + 1` only
/// after [`append`](Self::append) of batch `n` returned. A call must not block its thread; a store
/// with blocking I/O has a thread of its own. It may take as long as the disk needs; callers have
/// time limits. Dropping a future is allowed at any time: the operation has then happened entirely
/// or not at all, and for an append the caller finds out by appending the same batch again.
///
/// # Writes
///
/// [`append`](Self::append) is the only method that changes the content of a session. A batch is
/// applied entirely or not at all, and readers see it entirely or not at all. A batch that was
/// acknowledged is visible to every later read. What survives a crash is the batch's
/// [`Durability`](crate::Durability).
///
/// # Ownership
///
/// [`open`](Self::open) grants a [`Lease`] whose epoch is greater than that of every earlier lease
/// of the id. The store compares the epoch within the transaction of each write. A write with an
/// older epoch fails with [`ErrorKind::Fenced`](crate::ErrorKind::Fenced) and changes nothing. Reads
/// need no lease.
///
/// # Failures
///
/// After an error of kind [`Unavailable`](crate::ErrorKind::Unavailable) the outcome of an append is
/// unknown, and the caller repeats it. After any other error nothing was written. A store whose sync
/// failed is poisoned: that append and all later writes fail with
/// [`ErrorKind::Poisoned`](crate::ErrorKind::Poisoned), and a sync is never retried, because the
/// operating system may have dropped the unwritten pages. Opening the storage again shows what the
/// disk has.
///
/// # Secrets
///
/// A store writes what it is given. Turns may contain unmasked tool arguments; files of stores are
/// readable by their owner only.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Returns when the events of sessions are written. A store that groups writes returns clones of
    /// one schedule; the default implementation returns a new one for each session.
    fn schedule(&self) -> EventSchedule {
        EventSchedule::new()
    }

    /// Claims a session for writing, and creates it if it does not exist. Called once per process
    /// and session, before its first write.
    ///
    /// A claim succeeds if the session is free, its lease has expired, the owner is the same, or
    /// the claim takes over. It then fences every earlier lease of the session.
    ///
    /// # Errors
    ///
    /// [`Held`](crate::ErrorKind::Held) if another owner has the session, which is unchanged.
    /// [`Invalid`](crate::ErrorKind::Invalid) if the id is empty or longer than [`MAX_ID_BYTES`].
    async fn open(&self, session: &str, claim: &Claim) -> Result<Opened, Error>;

    /// Extends a lease by the time limit of its claim, from now on. Called by the owner, before the
    /// lease expires.
    ///
    /// # Errors
    ///
    /// [`Fenced`](crate::ErrorKind::Fenced) if the lease is no longer valid.
    async fn renew(&self, lease: &Lease) -> Result<(), Error>;

    /// Ends a lease: the session is free, and the lease is fenced. Called once, by an owner that
    /// stops.
    ///
    /// # Errors
    ///
    /// [`Fenced`](crate::ErrorKind::Fenced) if the lease is no longer valid.
    async fn release(&self, lease: &Lease) -> Result<(), Error>;

    /// Writes a batch. Called for each barrier of a run, and in between for events.
    ///
    /// Batches of a lease are numbered from 1. A batch with the number of the last one written
    /// under this lease is not written again; its result is returned. This is how a caller recovers
    /// from an unknown outcome, so a repeated batch is always the same.
    ///
    /// # Errors
    ///
    /// [`Fenced`](crate::ErrorKind::Fenced) before any other error, if the lease is no longer valid.
    /// [`Invalid`](crate::ErrorKind::Invalid) if a number, a turn, an event, an effect or a request
    /// does not follow what is stored. Those of the storage.
    async fn append(&self, lease: &Lease, batch: Arc<Batch>) -> Result<Appended, Error>;

    /// Returns the state of a session.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if it does not exist.
    async fn info(&self, session: &str) -> Result<SessionInfo, Error>;

    /// Returns the turn at an index, counted from 0.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such session or turn.
    async fn turn(&self, session: &str, index: u64) -> Result<Turn, Error>;

    /// Returns up to `limit` turns from index `from` on, each relative to the turn before it; empty
    /// if there are none. Costs as much as the new blocks of these turns.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such session.
    async fn turn_rows(
        &self,
        session: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<TurnRow>, Error>;

    /// Returns the events after sequence number `after`, in order, from at most `limit` rows. Deltas
    /// may be merged; the first event begins right after `after`, even in the middle of merged
    /// deltas. Empty only if there are no events after it.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such session.
    async fn events(&self, session: &str, after: u64, limit: usize) -> Result<Vec<Event>, Error>;

    /// Returns the effect with an idempotency key; `None` if it was never begun.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such session.
    async fn effect(&self, session: &str, key: &str) -> Result<Option<Effect>, Error>;

    /// Returns the effects of the turn at an index, in the order in which they began first.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such session.
    async fn effects(&self, session: &str, turn: u64) -> Result<Vec<Effect>, Error>;

    /// Returns the submit with an idempotency key; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such session.
    async fn request(&self, session: &str, key: &str) -> Result<Option<Request>, Error>;

    /// Lists sessions, in the order of the page ([`Order`](crate::Order)).
    ///
    /// # Errors
    ///
    /// Those of the storage.
    async fn list(&self, page: &Page) -> Result<Vec<SessionInfo>, Error>;

    /// Creates session `to`, whose history is that of `from` up to and including turn `index`. All
    /// blocks and turns are shared; the cost does not depend on their number. It has the title and
    /// the group of `from`, no events, effects, requests and runs, and is free. It does not change
    /// if `from` does. `at` is the time of the fork, for listings.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorKind::NotFound) if there is no such session or turn,
    /// [`Exists`](crate::ErrorKind::Exists) if `to` exists, [`Invalid`](crate::ErrorKind::Invalid)
    /// if its id is not valid.
    async fn fork(
        &self,
        from: &str,
        index: u64,
        to: &str,
        at: SystemTime,
    ) -> Result<SessionInfo, Error>;

    /// Deletes a session and everything that no other session shares. Fences its lease, even if
    /// the session is created again. Returns `false` if it did not exist.
    ///
    /// # Errors
    ///
    /// Those of the storage.
    async fn delete(&self, session: &str) -> Result<bool, Error>;

    /// Returns the size of the store.
    ///
    /// # Errors
    ///
    /// Those of the storage.
    async fn stats(&self) -> Result<Stats, Error>;

    /// Waits for a hint that another process wrote to a session, at most for about a second. For
    /// readers of a session that another process runs. A hint may be missing or wrong: read what is
    /// stored after it.
    ///
    /// The default returns after 250 ms.
    async fn changed(&self, session: &str) {
        let _ = session;
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }

    /// Asks the owner of a session, which may be another process, to cancel its run. Returns `true` if
    /// the request was stored for the owner, who takes it by
    /// [`asked_cancels`](Self::asked_cancels), also if that is another one by then; `false` if there is
    /// no run, or if the store passes no
    /// requests on, which is the default.
    ///
    /// # Errors
    ///
    /// Those of the storage.
    async fn ask_cancel(&self, session: &str) -> Result<bool, Error> {
        let _ = session;
        Ok(false)
    }

    /// Takes the requests to cancel runs of sessions that `owner` owns: returns the ids of the
    /// sessions, each request once. `None` if the store passes no requests on, which is the default.
    ///
    /// # Errors
    ///
    /// Those of the storage.
    async fn asked_cancels(&self, owner: &str) -> Result<Option<Vec<String>>, Error> {
        let _ = owner;
        Ok(None)
    }
}

/// Checks the id of a session. For implementations of stores.
///
/// # Errors
///
/// [`Invalid`](crate::ErrorKind::Invalid) if it is empty or longer than [`MAX_ID_BYTES`].
pub fn check_id(session: &str) -> Result<(), Error> {
    if session.is_empty() {
        return Err(Error::invalid("the id of a session must not be empty"));
    }
    if session.len() > MAX_ID_BYTES {
        let message = format!(
            "the id of a session has {} bytes; allowed are {MAX_ID_BYTES}",
            session.len()
        );
        return Err(Error::invalid(message));
    }
    Ok(())
}

#[async_trait]
impl<S: SessionStore + ?Sized> SessionStore for Arc<S> {
    fn schedule(&self) -> EventSchedule {
        (**self).schedule()
    }

    async fn open(&self, session: &str, claim: &Claim) -> Result<Opened, Error> {
        (**self).open(session, claim).await
    }

    async fn renew(&self, lease: &Lease) -> Result<(), Error> {
        (**self).renew(lease).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), Error> {
        (**self).release(lease).await
    }

    async fn append(&self, lease: &Lease, batch: Arc<Batch>) -> Result<Appended, Error> {
        (**self).append(lease, batch).await
    }

    async fn info(&self, session: &str) -> Result<SessionInfo, Error> {
        (**self).info(session).await
    }

    async fn turn(&self, session: &str, index: u64) -> Result<Turn, Error> {
        (**self).turn(session, index).await
    }

    async fn turn_rows(
        &self,
        session: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<TurnRow>, Error> {
        (**self).turn_rows(session, from, limit).await
    }

    async fn events(&self, session: &str, after: u64, limit: usize) -> Result<Vec<Event>, Error> {
        (**self).events(session, after, limit).await
    }

    async fn effect(&self, session: &str, key: &str) -> Result<Option<Effect>, Error> {
        (**self).effect(session, key).await
    }

    async fn effects(&self, session: &str, turn: u64) -> Result<Vec<Effect>, Error> {
        (**self).effects(session, turn).await
    }

    async fn request(&self, session: &str, key: &str) -> Result<Option<Request>, Error> {
        (**self).request(session, key).await
    }

    async fn list(&self, page: &Page) -> Result<Vec<SessionInfo>, Error> {
        (**self).list(page).await
    }

    async fn fork(
        &self,
        from: &str,
        index: u64,
        to: &str,
        at: SystemTime,
    ) -> Result<SessionInfo, Error> {
        (**self).fork(from, index, to, at).await
    }

    async fn delete(&self, session: &str) -> Result<bool, Error> {
        (**self).delete(session).await
    }

    async fn stats(&self) -> Result<Stats, Error> {
        (**self).stats().await
    }

    async fn changed(&self, session: &str) {
        (**self).changed(session).await;
    }

    async fn ask_cancel(&self, session: &str) -> Result<bool, Error> {
        (**self).ask_cancel(session).await
    }

    async fn asked_cancels(&self, owner: &str) -> Result<Option<Vec<String>>, Error> {
        (**self).asked_cancels(owner).await
    }
}
