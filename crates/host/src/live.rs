//! [`Live`]: a session in memory.

use std::{
    collections::HashSet,
    fmt,
    ops::Deref,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use geppetto_engine::RunStatus;
use geppetto_session::{ExecutionHandle, Session};
use geppetto_store::{JournalOf, SessionStore};
use tokio::{
    sync::{Notify, Semaphore, SemaphorePermit},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::{Error, ErrorKind, host::RunPlace};

pub(crate) type Journal = JournalOf<Arc<dyn SessionStore>>;

/// Number of submits that may wait for their acknowledgement at once. A change of the history takes
/// all places.
const SUBMITS: u32 = 1 << 16;

/// A session in memory, which belongs to the host.
pub(crate) struct Live {
    pub(crate) session: Session,
    pub(crate) journal: Journal,
    /// Number of callers that use it.
    users: AtomicUsize,
    state: Mutex<Times>,
    /// Cancelled when the session leaves memory.
    pub(crate) gone: CancellationToken,
    /// Held by submits until they are acknowledged.
    submits: Semaphore,
    /// Idempotency keys of submits that are not acknowledged.
    keys: Mutex<HashSet<String>>,
    key_released: Notify,
}

struct Times {
    used: Instant,
    renewed: Instant,
}

impl Live {
    /// Creates a session whose lease was claimed no earlier than at `claimed`.
    pub(crate) fn new(session: Session, journal: Journal, claimed: Instant) -> Self {
        let now = Instant::now();
        Self {
            session,
            journal,
            users: AtomicUsize::new(0),
            state: Mutex::new(Times {
                used: now,
                renewed: claimed,
            }),
            gone: CancellationToken::new(),
            submits: Semaphore::new(usize::try_from(SUBMITS).unwrap_or(usize::MAX)),
            keys: Mutex::default(),
            key_released: Notify::new(),
        }
    }

    fn times(&self) -> MutexGuard<'_, Times> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of a renewal that was sent at some time.
    pub(crate) fn renewed(&self, sent: Instant) {
        self.times().renewed = sent;
    }

    pub(crate) fn last_renewed(&self) -> Instant {
        self.times().renewed
    }

    pub(crate) fn last_used(&self) -> Instant {
        self.times().used
    }

    /// Returns `true` if nobody uses the session and it runs nothing.
    pub(crate) fn is_idle(&self) -> bool {
        self.users.load(Ordering::Acquire) == 0
            && !self.session.is_running()
            && self.session.queued().is_empty()
    }

    /// Waits for permission to submit, which no change of the history has in the meantime.
    pub(crate) async fn submitting(&self) -> Result<SemaphorePermit<'_>, Error> {
        let permit = self.submits.acquire().await;
        permit.map_err(|_| Error::shutting_down())
    }

    /// Takes the permission to change the history, unless a prompt is being submitted.
    pub(crate) fn changing(&self) -> Result<SemaphorePermit<'_>, Error> {
        let permit = self.submits.try_acquire_many(SUBMITS);
        permit.map_err(|_| {
            let message = format!(
                "a prompt is being submitted to session `{}`; wait for it or cancel it first",
                self.session.id()
            );
            let running = self.session.active().map(|run| run.id().to_owned());
            Error::new(ErrorKind::Busy, message).running_is(running)
        })
    }

    /// Waits until no other submit with this key is unacknowledged.
    pub(crate) async fn claim_key(&self, key: &str) -> KeyClaim<'_> {
        loop {
            let released = self.key_released.notified();
            let is_free = {
                let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
                keys.insert(key.to_owned())
            };
            if is_free {
                return KeyClaim {
                    live: self,
                    key: key.to_owned(),
                };
            }
            released.await;
        }
    }
}

/// An idempotency key whose submit is not acknowledged.
pub(crate) struct KeyClaim<'a> {
    live: &'a Live,
    key: String,
}

impl Drop for KeyClaim<'_> {
    fn drop(&mut self) {
        let keys = &self.live.keys;
        let mut keys = keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.remove(&self.key);
        drop(keys);
        self.live.key_released.notify_waiters();
    }
}

/// Keeps a session in memory.
pub(crate) struct Using {
    live: Arc<Live>,
}

impl Using {
    pub(crate) fn new(live: Arc<Live>) -> Self {
        live.users.fetch_add(1, Ordering::AcqRel);
        Self { live }
    }

    pub(crate) fn live(&self) -> &Arc<Live> {
        &self.live
    }

    /// Keeps the session in memory until a run is over.
    pub(crate) fn until_over(self, run: ExecutionHandle, place: RunPlace) {
        tokio::spawn(async move {
            let outcome = run.outcome().await;
            if let RunStatus::Failed {
                kind: geppetto_engine::ErrorKind::Fenced,
                ..
            } = outcome.status
            {
                place.host().lose(&self.live);
            } else if self.live.journal.is_stuck() {
                place.host().give_up(&self.live).await;
            }
            drop(place);
        });
    }
}

impl Clone for Using {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.live))
    }
}

impl Deref for Using {
    type Target = Live;

    fn deref(&self) -> &Live {
        &self.live
    }
}

impl Drop for Using {
    fn drop(&mut self) {
        self.live.times().used = Instant::now();
        self.live.users.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A session that stays in memory until this is dropped. Dereferences to the [`Session`], whose runs
/// are recorded.
///
/// For interfaces that are built on a session. Changes of the history other than by runs (`append`,
/// `undo`, `update_latest`) are not recorded: use those of [`HostedSession`](crate::HostedSession).
pub struct OpenSession(pub(crate) Using);

impl Deref for OpenSession {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.0.live.session
    }
}

impl fmt::Debug for OpenSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OpenSession").field(&self.0.session).finish()
    }
}
