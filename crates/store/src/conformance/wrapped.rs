//! [`Wrapped`]: a store that passes calls on to another one.

use std::{ops::Deref, sync::Arc, time::SystemTime};

use async_trait::async_trait;
use geppetto_events::Event;
use geppetto_turns::Turn;

use crate::{
    Appended, Batch, Claim, Effect, Error, EventSchedule, Lease, Opened, Page, Request,
    SessionInfo, SessionStore, Stats, TurnRow,
};

/// Part of a store that differs from the store below it, such as a fault or a delay in a test. Every
/// method passes the call on unless it is overridden. [`Wrapped`] makes it a store.
///
/// ```
/// # use std::sync::atomic::{AtomicU64, Ordering};
/// use geppetto_store::{
///     Claim, Error, MemoryStore, Opened, SessionStore, async_trait,
///     conformance::{Wrapped, Wraps},
/// };
///
/// #[derive(Default)]
/// struct Counting {
///     inner: MemoryStore,
///     opened: AtomicU64,
/// }
///
/// #[async_trait]
/// impl Wraps for Counting {
///     type Store = MemoryStore;
///
///     fn inner(&self) -> &MemoryStore {
///         &self.inner
///     }
///
///     async fn open(&self, session: &str, claim: &Claim) -> Result<Opened, Error> {
///         self.opened.fetch_add(1, Ordering::Relaxed);
///         self.inner.open(session, claim).await
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let store = Wrapped(Counting::default());
/// store.open("chat-1", &Claim::new("a")).await?;
/// assert_eq!(store.info("chat-1").await?.turns, 0);
/// assert_eq!(store.opened.load(Ordering::Relaxed), 1);
/// # Ok(())
/// # }
/// ```
#[async_trait]
#[expect(missing_docs, reason = "as in `SessionStore`")]
pub trait Wraps: Send + Sync {
    /// Type of the store below.
    type Store: SessionStore;

    /// Returns the store below.
    fn inner(&self) -> &Self::Store;

    async fn open(&self, session: &str, claim: &Claim) -> Result<Opened, Error> {
        self.inner().open(session, claim).await
    }

    async fn renew(&self, lease: &Lease) -> Result<(), Error> {
        self.inner().renew(lease).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), Error> {
        self.inner().release(lease).await
    }

    async fn append(&self, lease: &Lease, batch: Arc<Batch>) -> Result<Appended, Error> {
        self.inner().append(lease, batch).await
    }

    async fn info(&self, session: &str) -> Result<SessionInfo, Error> {
        self.inner().info(session).await
    }

    async fn turn(&self, session: &str, index: u64) -> Result<Turn, Error> {
        self.inner().turn(session, index).await
    }

    async fn turn_rows(
        &self,
        session: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<TurnRow>, Error> {
        self.inner().turn_rows(session, from, limit).await
    }

    async fn events(&self, session: &str, after: u64, limit: usize) -> Result<Vec<Event>, Error> {
        self.inner().events(session, after, limit).await
    }

    async fn effect(&self, session: &str, key: &str) -> Result<Option<Effect>, Error> {
        self.inner().effect(session, key).await
    }

    async fn effects(&self, session: &str, turn: u64) -> Result<Vec<Effect>, Error> {
        self.inner().effects(session, turn).await
    }

    async fn request(&self, session: &str, key: &str) -> Result<Option<Request>, Error> {
        self.inner().request(session, key).await
    }

    async fn list(&self, page: &Page) -> Result<Vec<SessionInfo>, Error> {
        self.inner().list(page).await
    }

    async fn fork(
        &self,
        from: &str,
        index: u64,
        to: &str,
        at: SystemTime,
    ) -> Result<SessionInfo, Error> {
        self.inner().fork(from, index, to, at).await
    }

    async fn delete(&self, session: &str) -> Result<bool, Error> {
        self.inner().delete(session).await
    }

    async fn stats(&self) -> Result<Stats, Error> {
        self.inner().stats().await
    }

    async fn changed(&self, session: &str) {
        self.inner().changed(session).await;
    }

    async fn ask_cancel(&self, session: &str) -> Result<bool, Error> {
        self.inner().ask_cancel(session).await
    }

    async fn asked_cancels(&self, owner: &str) -> Result<Option<Vec<String>>, Error> {
        self.inner().asked_cancels(owner).await
    }
}

/// The store of a [`Wraps`], to which it dereferences.
#[derive(Debug, Clone, Default)]
pub struct Wrapped<W>(pub W);

impl<W> Deref for Wrapped<W> {
    type Target = W;

    fn deref(&self) -> &W {
        &self.0
    }
}

#[async_trait]
impl<W: Wraps> SessionStore for Wrapped<W> {
    fn schedule(&self) -> EventSchedule {
        self.0.inner().schedule()
    }

    async fn open(&self, session: &str, claim: &Claim) -> Result<Opened, Error> {
        self.0.open(session, claim).await
    }

    async fn renew(&self, lease: &Lease) -> Result<(), Error> {
        self.0.renew(lease).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), Error> {
        self.0.release(lease).await
    }

    async fn append(&self, lease: &Lease, batch: Arc<Batch>) -> Result<Appended, Error> {
        self.0.append(lease, batch).await
    }

    async fn info(&self, session: &str) -> Result<SessionInfo, Error> {
        self.0.info(session).await
    }

    async fn turn(&self, session: &str, index: u64) -> Result<Turn, Error> {
        self.0.turn(session, index).await
    }

    async fn turn_rows(
        &self,
        session: &str,
        from: u64,
        limit: usize,
    ) -> Result<Vec<TurnRow>, Error> {
        self.0.turn_rows(session, from, limit).await
    }

    async fn events(&self, session: &str, after: u64, limit: usize) -> Result<Vec<Event>, Error> {
        self.0.events(session, after, limit).await
    }

    async fn effect(&self, session: &str, key: &str) -> Result<Option<Effect>, Error> {
        self.0.effect(session, key).await
    }

    async fn effects(&self, session: &str, turn: u64) -> Result<Vec<Effect>, Error> {
        self.0.effects(session, turn).await
    }

    async fn request(&self, session: &str, key: &str) -> Result<Option<Request>, Error> {
        self.0.request(session, key).await
    }

    async fn list(&self, page: &Page) -> Result<Vec<SessionInfo>, Error> {
        self.0.list(page).await
    }

    async fn fork(
        &self,
        from: &str,
        index: u64,
        to: &str,
        at: SystemTime,
    ) -> Result<SessionInfo, Error> {
        self.0.fork(from, index, to, at).await
    }

    async fn delete(&self, session: &str) -> Result<bool, Error> {
        self.0.delete(session).await
    }

    async fn stats(&self) -> Result<Stats, Error> {
        self.0.stats().await
    }

    async fn changed(&self, session: &str) {
        self.0.changed(session).await;
    }

    async fn ask_cancel(&self, session: &str) -> Result<bool, Error> {
        self.0.ask_cancel(session).await
    }

    async fn asked_cancels(&self, owner: &str) -> Result<Option<Vec<String>>, Error> {
        self.0.asked_cancels(owner).await
    }
}
