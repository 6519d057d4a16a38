//! [`Host`]: the sessions of a program.

use std::{
    fmt,
    sync::{
        Arc, Once,
        atomic::{AtomicUsize, Ordering},
    },
};

use geppetto_engine::EngineBuilder;
use geppetto_store::{Page, SessionInfo, SessionStore};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::{
    Error, ErrorKind, HostBuilder, HostedSession, NewSession, State, options::Options, slots::Slots,
};

/// Runs sessions by their ids, over a store.
///
/// Cheap to clone; clones are the same host. Sessions are opened by their first use, once, whatever
/// the number of callers, and belong to the host until they are idle for some time
/// ([`HostBuilder::idle_after`]). Dropping the host releases nothing: use
/// [`shutdown`](Self::shutdown).
#[derive(Clone)]
pub struct Host {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) store: Arc<dyn SessionStore>,
    pub(crate) builder: Arc<dyn EngineBuilder>,
    pub(crate) options: Options,
    pub(crate) slots: Slots,
    /// Number of runs that have not ended.
    runs: AtomicUsize,
    /// Number of submits that wait for a place.
    waiting: AtomicUsize,
    place_is_free: Notify,
    /// Places for runs that are continued by the host itself.
    pub(crate) recovering: Arc<Semaphore>,
    /// Cancelled when the host shuts down.
    pub(crate) stopping: CancellationToken,
    /// Starts the background task.
    pub(crate) keeper: Once,
}

/// How much a host has to do ([`Host::load`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Load {
    /// Number of inferences that run or are queued in their sessions.
    pub runs: usize,
    /// Maximum of `runs` for new requests.
    pub max_runs: usize,
    /// Number of submits that wait for an inference to end.
    pub waiting: usize,
    /// Maximum of `waiting`.
    pub max_waiting: usize,
    /// Number of sessions in memory.
    pub sessions: usize,
    /// Maximum of `sessions`.
    pub max_sessions: usize,
}

/// A place among the submits that wait.
struct Waiting(Arc<Shared>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A place for a run.
pub(crate) struct RunPlace(Arc<Shared>);

impl RunPlace {
    pub(crate) fn host(&self) -> &Arc<Shared> {
        &self.0
    }
}

impl Drop for RunPlace {
    fn drop(&mut self) {
        self.0.runs.fetch_sub(1, Ordering::AcqRel);
        self.0.place_is_free.notify_one();
    }
}

impl Host {
    /// Creates a host with default options.
    pub fn new(store: impl SessionStore + 'static, builder: impl EngineBuilder + 'static) -> Self {
        Self::builder(store, builder).build()
    }

    /// Returns a builder, for a host with its own owner, policies and limits. Every session runs
    /// what `builder` builds, and needs no journal or persister: the host records the runs.
    pub fn builder(
        store: impl SessionStore + 'static,
        builder: impl EngineBuilder + 'static,
    ) -> HostBuilder {
        HostBuilder::new(Arc::new(store), Arc::new(builder))
    }

    pub(crate) fn with(
        store: Arc<dyn SessionStore>,
        builder: Arc<dyn EngineBuilder>,
        options: Options,
    ) -> Self {
        let recover_at_once = options.recover_at_once;
        let host = Self {
            shared: Arc::new(Shared {
                store,
                builder,
                options,
                slots: Slots::default(),
                runs: AtomicUsize::new(0),
                waiting: AtomicUsize::new(0),
                place_is_free: Notify::new(),
                recovering: Arc::new(Semaphore::new(recover_at_once)),
                stopping: CancellationToken::new(),
                keeper: Once::new(),
            }),
        };
        host.keep_sweeping();
        host
    }

    /// Returns a session by its id. Does nothing else: the session is opened, and created if it does
    /// not exist, by its first prompt.
    pub fn session(&self, id: impl Into<String>) -> HostedSession {
        HostedSession::new(self, id.into())
    }

    /// Creates a session without a turn.
    ///
    /// # Errors
    ///
    /// [`Exists`](ErrorKind::Exists) if there is a session with this id.
    pub async fn create(&self, new: NewSession) -> Result<HostedSession, Error> {
        let id = new.id.unwrap_or_else(|| self.shared.options.ids.next_id());
        let session = self.session(id);
        let exists = || {
            let message = format!("session `{}` exists already", session.id());
            Error::new(ErrorKind::Exists, message)
        };
        match session.info().await {
            Ok(_) => return Err(exists()),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let using = self.shared.acquire(session.id()).await?;
        // Of several callers, the first one creates it.
        let _permit = using.changing().map_err(|_| exists())?;
        if session.info().await?.created_at.is_some() {
            return Err(exists());
        }
        let (title, group) = (new.title.as_deref(), new.group.as_deref());
        using.journal.record_labels(title, group).await?;
        Ok(session)
    }

    /// Lists sessions with their states, whether they are in memory or not.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn list(&self, page: &Page) -> Result<Vec<(SessionInfo, State)>, Error> {
        let infos = self.shared.store.list(page).await?;
        let with_state = |info: SessionInfo| {
            let state = self.shared.state(&info);
            (info, state)
        };
        Ok(infos.into_iter().map(with_state).collect())
    }

    /// Returns the number of sessions in memory.
    #[must_use]
    pub fn sessions_in_memory(&self) -> usize {
        self.shared.slots.live().len()
    }

    /// Returns how much the host has to do.
    #[must_use]
    pub fn load(&self) -> Load {
        let (shared, options) = (&self.shared, &self.shared.options);
        Load {
            runs: shared.runs.load(Ordering::Acquire),
            max_runs: options.max_runs,
            waiting: shared.waiting.load(Ordering::Acquire),
            max_waiting: options.max_waiting,
            sessions: self.sessions_in_memory(),
            max_sessions: options.max_sessions,
        }
    }

    /// Returns the name under which the host owns its sessions.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.shared.options.owner
    }

    /// Returns the engine builder that sessions run.
    #[must_use]
    pub fn engine_builder(&self) -> &Arc<dyn EngineBuilder> {
        &self.shared.builder
    }

    /// Returns the store.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn SessionStore> {
        &self.shared.store
    }
}

impl Shared {
    /// Returns a place for a run. Waits for one if the host may let submits wait.
    pub(crate) async fn place_for_run(self: &Arc<Self>) -> Result<RunPlace, Error> {
        let max = self.options.max_runs;
        let mut waiting = None;
        loop {
            let freed = self.place_is_free.notified();
            let taken = self
                .runs
                .fetch_update(Ordering::AcqRel, Ordering::Acquire, |runs| {
                    (runs < max).then_some(runs + 1)
                });
            if taken.is_ok() {
                return Ok(RunPlace(Arc::clone(self)));
            }
            if waiting.is_none() {
                waiting = self.wait();
            }
            if waiting.is_none() {
                break;
            }
            tokio::select! {
                () = freed => {}
                () = self.stopping.cancelled() => return Err(Error::shutting_down()),
            }
        }
        let message = format!("{max} inferences run or wait already; send the request again later");
        Err(Error::new(ErrorKind::AtCapacity, message))
    }

    /// Returns a place among the submits that wait, if there is one.
    fn wait(self: &Arc<Self>) -> Option<Waiting> {
        let before = self.waiting.fetch_add(1, Ordering::AcqRel);
        let place = Waiting(Arc::clone(self));
        (before < self.options.max_waiting).then_some(place)
    }

    /// Returns a place for a run that continues an earlier one, or a prompt that may join one.
    pub(crate) fn place_for_continuation(self: &Arc<Self>) -> RunPlace {
        self.runs.fetch_add(1, Ordering::AcqRel);
        RunPlace(Arc::clone(self))
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("owner", &self.shared.options.owner)
            .field("sessions", &self.sessions_in_memory())
            .finish_non_exhaustive()
    }
}
