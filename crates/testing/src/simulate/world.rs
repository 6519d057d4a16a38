//! [`World`]: the shared state of one simulated session.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use fastrand::Rng;
use geppetto_engine::{EngineError, ErrorKind, RunStatus};
use geppetto_session::Session;
use geppetto_turns::Turn;
use tokio::{sync::Notify, time::Instant};

use super::{Cut, Seam, tools::ToolCallLog};

/// State shared within a simulated session: the seed and values derived from it, the cut, the
/// counts, and the observations. Cheap to clone; clones refer to the same world.
///
/// A case receives a world and builds from it what a session runs. Any randomness must come from
/// [`rng`](Self::rng), so that the seed alone reproduces it.
#[derive(Clone)]
pub struct World {
    inner: Arc<Inner>,
}

struct Inner {
    seed: u64,
    forks: AtomicU64,
    cut: Cut,
    polls: AtomicU64,
    waits: AtomicU64,
    events: AtomicU64,
    second: AtomicBool,
    shut_down: Notify,
    seen: Mutex<Seen>,
}

/// Observations.
#[derive(Default)]
pub(super) struct Seen {
    /// The session, while its first run may be disturbed.
    session: Option<Session>,
    /// Number of calls per seam.
    pub(super) calls: BTreeMap<Seam, u64>,
    /// Time at which the run was cancelled.
    pub(super) cancelled: Option<Instant>,
    /// `true` if the error or the panic occurred.
    pub(super) injected: bool,
    /// `true` if replies may break off.
    pub(super) has_breaks: bool,
    /// `true` if the tools are observed, followed by their attempts.
    pub(super) watches_tools: bool,
    pub(super) tools: Vec<ToolCallLog>,
    /// Turns passed to be stored by a run, and those received by its persister.
    pub(super) persisted: Vec<Stored>,
    pub(super) stored: Vec<Stored>,
    /// Time spent storing.
    pub(super) storing: Duration,
    /// Requests refused by the provider.
    pub(super) refusals: Vec<String>,
}

/// A turn to be stored.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stored {
    pub(super) turn: Turn,
    pub(super) status: RunStatus,
    /// `true` for a turn of the first run.
    pub(super) first: bool,
}

/// Text of every injected error and panic.
pub(super) const INJECTED: &str = "injected fault";

impl World {
    pub(super) fn new(seed: u64, cut: Cut) -> Self {
        Self {
            inner: Arc::new(Inner {
                seed,
                forks: AtomicU64::new(0),
                cut,
                polls: AtomicU64::new(0),
                waits: AtomicU64::new(0),
                events: AtomicU64::new(0),
                second: AtomicBool::new(false),
                shut_down: Notify::new(),
                seen: Mutex::default(),
            }),
        }
    }

    /// Returns the seed.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.inner.seed
    }

    /// Returns a separate generator, determined by the seed and the number of earlier ones.
    #[must_use]
    pub fn rng(&self) -> Rng {
        let fork = self.inner.forks.fetch_add(1, Ordering::Relaxed) + 1;
        Rng::with_seed(self.inner.seed ^ fork.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// Returns a duration of up to `most`, in whole milliseconds.
    #[must_use]
    pub fn delay(&self, most: Duration) -> Duration {
        let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(self.rng().u64(0..=most))
    }

    /// Passes a seam: counts the call and, if the cut is here, fails or panics.
    ///
    /// Components of [`builder`](Self::builder) and [`tools`](Self::tools) pass their seams
    /// automatically; an application's own components may call this.
    ///
    /// # Errors
    ///
    /// If this is the call that is to fail.
    pub fn seam(&self, seam: Seam) -> Result<(), EngineError> {
        if self.is_second() {
            return Ok(());
        }
        let mut seen = self.seen();
        let calls = seen.calls.entry(seam).or_default();
        let number = *calls;
        *calls += 1;
        let panics = match self.inner.cut {
            Cut::Error(cut, n) if (cut, n) == (seam, number) => false,
            Cut::Panic(cut, n) if (cut, n) == (seam, number) => true,
            _ => return Ok(()),
        };
        seen.injected = true;
        drop(seen);
        let message = format!("{INJECTED} in {seam}");
        if panics {
            // Like a panic, but without the report that the process's hook would print.
            std::panic::resume_unwind(Box::new(message));
        }
        Err(EngineError::new(ErrorKind::Other, message))
    }

    /// Returns `true` if the first run has ended and undisturbed runs follow.
    #[must_use]
    pub fn is_second(&self) -> bool {
        self.inner.second.load(Ordering::Relaxed)
    }

    pub(super) fn cut(&self) -> Cut {
        self.inner.cut
    }

    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.inner
            .seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the session whose first run may be disturbed from now on.
    pub(super) fn attach(&self, session: &Session) {
        self.seen().session = Some(session.clone());
    }

    /// Marks the first run as over: nothing is disturbed any more.
    pub(super) fn go_on(&self) {
        self.inner.second.store(true, Ordering::Relaxed);
        self.seen().session = None;
    }

    /// Returns the number of polls, of waits and of events of the first run.
    pub(super) fn first_counts(&self) -> (u64, u64, u64) {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let inner = &*self.inner;
        (
            count(&inner.polls),
            count(&inner.waits),
            count(&inner.events),
        )
    }

    pub(super) fn before_poll(&self) {
        if self.is_second() {
            return;
        }
        let n = self.inner.polls.fetch_add(1, Ordering::Relaxed);
        if self.inner.cut == Cut::Poll(n) {
            self.cancel();
        }
    }

    pub(super) fn waits(&self) {
        if self.is_second() {
            return;
        }
        let n = self.inner.waits.fetch_add(1, Ordering::Relaxed);
        match self.inner.cut {
            Cut::Wait(at) if at == n => self.cancel(),
            Cut::Shutdown(at) if at == n => {
                self.seen().cancelled = Some(Instant::now());
                self.inner.shut_down.notify_one();
            }
            _ => {}
        }
    }

    pub(super) fn event(&self) {
        if self.is_second() {
            return;
        }
        let n = self.inner.events.fetch_add(1, Ordering::Relaxed);
        if self.inner.cut == Cut::Event(n) {
            self.cancel();
        }
    }

    /// Waits until the runtime is to be shut down.
    pub(super) async fn shut_down(&self) {
        self.inner.shut_down.notified().await;
    }

    /// Cancels through the session, like an application.
    fn cancel(&self) {
        let session = self.seen().session.clone();
        if let Some(session) = session
            && session.cancel_active()
        {
            self.seen().cancelled = Some(Instant::now());
        }
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("seed", &self.inner.seed)
            .field("cut", &self.inner.cut)
            .finish_non_exhaustive()
    }
}
