//! [`JournalOf`]: the journal and persister of a session over any store.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use geppetto_turns::Turn;
use tokio::sync::{Semaphore, watch};

use crate::{Error, ErrorKind, Lease, Opened, RunEnd, RunPhase, SessionStore};

mod desk;
mod hooks;
mod lost;
mod pump;
mod schedule;
mod title;
mod wait;

pub(crate) use desk::Change;
use desk::Desk;
pub use schedule::EventSchedule;

/// Maximum delay until events that no barrier has stored are written: 100 ms; twice that while more
/// than 100 sessions of the store have some ([`EventSchedule`]).
pub const STORE_EVENTS_AFTER: Duration = Duration::from_millis(100);

/// Time to wait for the store when a runtime shuts down during a run: 1 s. A store that depends on
/// the runtime is never ready.
const STORE_AT_SHUTDOWN: Duration = Duration::from_secs(1);

/// Journal and persister of one session, which record its runs in a store.
///
/// Give it to the engine builder twice, as [`RunJournal`](geppetto_engine::RunJournal) and as
/// [`Persister`](geppetto_engine::Persister), and let the session acknowledge prompts once they are
/// recorded. Cheap to clone; clones share their state. [`Restored::open`](crate::Restored::open)
/// creates it.
///
/// | barrier | what is recorded | durability |
/// |---|---|---|
/// | `run_started` | the turn with the prompt, the run | synced |
/// | `input_joins` | the turn with the message, its request | synced |
/// | `before_provider_call` | the run, the turn if it changed | written |
/// | `after_provider_call` | the reply, the run | synced |
/// | `before_tool` | the effect as begun | synced |
/// | `tool_waits` | the effect as waiting | synced |
/// | `after_tool` | the effect with its answer | synced |
/// | `run_ended` | the turn, the end of the run | written |
/// | `run_withdrawn` | the removal of the turn | synced |
/// | `persist` | the turn with its totals, the end of the run | synced |
///
/// Each write also has the events published until then. In between, a task writes them
/// at most [`STORE_EVENTS_AFTER`] they were published ([`EventSchedule`]); subscribers of the session do not wait for it. It
/// also writes a run's terminal event, which follows `persist`; [`flush`](Self::flush) waits for
/// that.
///
/// Barriers that arrive during a write, such as those of parallel tools, share the next one. If a
/// write fails or its caller goes away, the same batch is written again by the next barrier, before
/// anything else. A batch that the store refuses for its content ([`Invalid`](ErrorKind::Invalid)) is
/// not: the barrier fails, a prompt in it is withdrawn, and the next barrier writes the rest. If the
/// rest is refused too, its effects and events are given up, so that turns and runs can be written: a
/// tool whose effect was given up does not start, and an event of the log says how many are missing.
///
/// After a failure of a fenced lease or a poisoned store every barrier fails, and with it the run:
/// nothing is acknowledged that is not recorded.
///
/// A turn is identified by its id: a turn with the id of the latest recorded one replaces it, any
/// other one is appended. Turns that an application appends without a run are recorded with
/// [`record_turn`](Self::record_turn), if they should be.
pub struct JournalOf<S: SessionStore + 'static> {
    inner: Arc<Inner<S>>,
}

pub(crate) struct Inner<S> {
    store: S,
    lease: Lease,
    /// Held by the task that writes. One permit.
    writing: Semaphore,
    desk: Mutex<Desk>,
    clock: fn() -> SystemTime,
    schedule: EventSchedule,
    /// Closed when the journal is dropped.
    alive: watch::Sender<()>,
    /// `true` once nothing may be written any more.
    abandoned: watch::Sender<bool>,
    /// Whether a run whose runtime shuts down stays open in the store.
    leaves_open: AtomicBool,
}

impl<S: SessionStore + 'static> JournalOf<S> {
    /// Creates the journal of a session that was just opened, and has written nothing yet.
    #[must_use]
    pub fn new(store: S, opened: Opened) -> Self {
        let Opened {
            lease,
            info,
            latest,
        } = opened;
        Self {
            inner: Arc::new(Inner {
                schedule: store.schedule(),
                store,
                lease,
                writing: Semaphore::new(1),
                desk: Mutex::new(Desk::new(&info, latest)),
                clock: SystemTime::now,
                alive: watch::Sender::new(()),
                abandoned: watch::Sender::new(false),
                leaves_open: AtomicBool::new(false),
            }),
        }
    }

    /// Returns the store.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.inner.store
    }

    /// Returns the lease, to renew it.
    #[must_use]
    pub fn lease(&self) -> &Lease {
        &self.inner.lease
    }

    /// Records a turn that no run has produced, such as one that the application appended or
    /// edited. It replaces the latest recorded turn if it has its id, and is appended otherwise.
    /// Must not be called during a run.
    ///
    /// # Errors
    ///
    /// Those of [`SessionStore::append`]; [`Invalid`](ErrorKind::Invalid) if the turn has no id.
    pub async fn record_turn(&self, turn: &Turn) -> Result<(), Error> {
        check_turn(turn)?;
        self.inner.write(Change::new().turn(turn).synced()).await
    }

    /// Records that the latest turn `removed` was removed, without a run. `latest` is the turn before
    /// it. Must not be called during a run.
    ///
    /// # Errors
    ///
    /// Those of [`SessionStore::append`]; [`Invalid`](ErrorKind::Invalid) if `removed` is not the
    /// latest turn that was recorded.
    pub async fn record_removal(&self, removed: &Turn, latest: Option<&Turn>) -> Result<(), Error> {
        // The turn must be recorded before it is removed.
        self.inner.write(Change::new()).await?;
        self.inner.desk().check_latest(&removed.id)?;
        let mut change = Change::new().dropping_latest(latest).synced();
        if let Some(latest) = latest {
            change = change.turn(latest);
        }
        self.inner.write(change).await
    }

    /// Records the end of the last run, if it has none: a run that was cut off and does not continue.
    ///
    /// # Errors
    ///
    /// Those of [`SessionStore::append`].
    pub async fn record_end(&self, end: RunEnd) -> Result<(), Error> {
        let run = self.inner.desk().run_record().cloned();
        let Some(run) = run.filter(|run| !run.is_ended()) else {
            return Ok(());
        };
        let run = run.at(RunPhase::Ended(end));
        self.inner.write(Change::new().run(run).synced()).await
    }

    /// Records title and group of the session, as far as given. Without a title, a session is titled
    /// with the first words of its first prompt.
    ///
    /// # Errors
    ///
    /// Those of [`SessionStore::append`].
    pub async fn record_labels(
        &self,
        title: Option<&str>,
        group: Option<&str>,
    ) -> Result<(), Error> {
        let change = Change::new().labels(title, group).synced();
        self.inner.write(change).await
    }

    /// Writes all events published until now, the terminal event of the last run among them, and
    /// whatever an earlier failure left unwritten. Synced.
    ///
    /// # Errors
    ///
    /// Those of [`SessionStore::append`].
    pub async fn flush(&self) -> Result<(), Error> {
        self.inner.write(Change::new().synced()).await
    }

    /// Writes everything ([`flush`](Self::flush)) and releases the lease, also if something cannot be
    /// written. Afterwards, all barriers fail. Without it, the session stays held until the lease
    /// expires or is taken over.
    ///
    /// # Errors
    ///
    /// Those of [`SessionStore::append`] and [`SessionStore::release`].
    pub async fn close(&self) -> Result<(), Error> {
        let flushed = self.flush().await;
        let released = self.inner.store.release(&self.inner.lease).await;
        flushed.and(released)
    }

    /// Writes nothing from here on: every barrier fails, as if another process owned the session
    /// ([`Fenced`](ErrorKind::Fenced)), also those that wait for the store. For an owner that may soon
    /// lose its lease: the session stays as it is, so that its run continues elsewhere, and is not
    /// ended as cancelled.
    pub fn abandon(&self) {
        self.inner.abandoned.send_replace(true);
    }

    /// Leaves a run open in the store when its runtime shuts down, as a kill of the process does: the
    /// next one who opens the session finds a run that was cut off. Otherwise, such a run is stored
    /// with what it has, as [failed](geppetto_engine::ErrorKind::Shutdown). For owners that continue
    /// cut runs.
    pub fn leave_open_at_shutdown(&self) {
        self.inner.leaves_open.store(true, Ordering::Relaxed);
    }

    /// Returns `true` if the store refuses whatever is written, such as a turn that is too large for
    /// it. Nothing that was acknowledged is missing; open the session again to continue from there.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        self.inner.desk().is_stuck()
    }

    pub(crate) fn inner(&self) -> &Arc<Inner<S>> {
        &self.inner
    }
}

impl<S: SessionStore> Inner<S> {
    /// Writes a change, and everything that was not written before it.
    pub(crate) async fn write(&self, change: Change) -> Result<(), Error> {
        let mut abandoned = self.abandoned.subscribe();
        tokio::select! {
            biased;
            _ = abandoned.wait_for(|own| *own) => Err(Error::fenced(self.lease.session())),
            written = self.write_in_order(change) => written,
        }
    }

    async fn write_in_order(&self, change: Change) -> Result<(), Error> {
        let has_effects = change.has_effects();
        let ticket = self.desk().add(change);
        let closed = |_| Error::new(ErrorKind::Unavailable, "the journal was closed");
        let _permit = self.writing.acquire().await.map_err(closed)?;
        while !self.desk().is_written(ticket) {
            self.write_next().await?;
        }
        if has_effects && self.desk().gave_up_effects_of(ticket) {
            let message = "the store refused the effect of a tool call, which was not recorded";
            return Err(Error::invalid(message));
        }
        Ok(())
    }

    async fn write_next(&self) -> Result<(), Error> {
        let batch = self.desk().next_batch((self.clock)());
        let Some(batch) = batch else {
            return Ok(());
        };
        let session = self.lease.session();
        match self.store.append(&self.lease, batch).await {
            Ok(appended) => self.desk().acknowledged(session, appended),
            Err(error) if error.kind() == ErrorKind::Invalid && self.desk().refused(&error) => {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Writes a change while the runtime shuts down. Blocks the thread; a store with threads of its
    /// own, such as SQLite, needs milliseconds.
    pub(crate) fn write_now(&self, change: Change) -> Result<(), Error> {
        wait::block_for(self.write(change), STORE_AT_SHUTDOWN).unwrap_or_else(|| {
            let message = "not stored: the runtime shut down";
            Err(Error::new(ErrorKind::Unavailable, message))
        })
    }

    pub(crate) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn check_turn(turn: &Turn) -> Result<(), Error> {
    if turn.id.is_empty() {
        return Err(Error::invalid(
            "the turn has no id; a session gives each of its turns one",
        ));
    }
    Ok(())
}

impl<S: SessionStore> Clone for JournalOf<S> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<S: SessionStore> fmt::Debug for JournalOf<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JournalOf")
            .field("lease", &self.inner.lease)
            .finish_non_exhaustive()
    }
}
