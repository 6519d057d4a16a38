//! [`Storage`]: where sessions are kept.

use std::{path::PathBuf, sync::Arc, time::Duration};

use etcetera::BaseStrategy as _;
use geppetto_engine::EngineBuilder;
use geppetto_host::{CutRuns, Host, HostBuilder};
use geppetto_store::{MemoryStore, SessionStore};
use geppetto_store_postgres::PostgresStore;
use geppetto_store_sqlite::SqliteStore;

use crate::{
    failure::Failure,
    owner::{Owner, Role},
    say,
};

/// Time limit for runs that go on when the program ends.
const LIMIT: Duration = Duration::from_secs(2);

/// Flags that say where sessions are kept.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct StoreFlags {
    /// File with the sessions, or postgres://USER:PASSWORD@HOST/DATABASE, which servers on several
    /// machines share [default: geppetto/sessions.db in the user's data folder, or sessions.db in
    /// GEPPETTO_DATA]. Give an URL with a password in GEPPETTO_STORE: others see arguments.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "GEPPETTO_STORE",
        hide_env_values = true,
        help_heading = "Sessions"
    )]
    pub(crate) store: Option<PathBuf>,
}

/// As [`StoreFlags`], for verbs that can do without a file.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct OptionalStoreFlags {
    #[command(flatten)]
    pub(crate) file: StoreFlags,
    /// Keep nothing: the session ends with the program.
    #[arg(long, help_heading = "Sessions")]
    pub(crate) no_store: bool,
}

impl StoreFlags {
    /// Returns the path of the file.
    pub(crate) fn path(&self) -> Result<PathBuf, Failure> {
        if let Some(path) = &self.store {
            return Ok(path.clone());
        }
        if let Some(folder) = std::env::var_os("GEPPETTO_DATA").filter(|folder| !folder.is_empty())
        {
            return Ok(PathBuf::from(folder).join("sessions.db"));
        }
        let strategy = etcetera::choose_base_strategy().map_err(|_| {
            Failure::Usage(
                "the user's data folder is unknown, because no home folder is set; name a file \
                 with --store or a folder with GEPPETTO_DATA"
                    .to_owned(),
            )
        })?;
        Ok(strategy.data_dir().join("geppetto").join("sessions.db"))
    }

    /// Returns the URL of a store that machines share, if it is one.
    fn url(&self) -> Option<&str> {
        let text = self.store.as_ref()?.to_str()?;
        let schemes = ["postgres://", "postgresql://"];
        schemes
            .iter()
            .any(|scheme| text.starts_with(scheme))
            .then_some(text)
    }

    /// Opens the file, and creates it if it is missing.
    pub(crate) async fn open(&self) -> Result<Storage, Failure> {
        self.open_as(Role::Program).await
    }

    /// As [`open`](Self::open), for a kind of program.
    pub(crate) async fn open_as(&self, role: Role) -> Result<Storage, Failure> {
        if let Some(url) = self.url() {
            return Storage::shared(url, role).await;
        }
        let path = self.path()?;
        let store = SqliteStore::open(&path)
            .await
            .map_err(|error| Failure::Run(format!("{error}; name another file with --store")))?;
        Ok(Storage {
            owner: Some(Owner::claim(store.path(), role)),
            store: Arc::new(store.clone()),
            file: Some(store),
            shared: None,
        })
    }
}

impl OptionalStoreFlags {
    /// Opens the file, or keeps the sessions in memory. If no file was named and the default one
    /// cannot be opened, such as in a container without a writable home, a warning says so.
    pub(crate) async fn open(&self, needs_file: bool) -> Result<Storage, Failure> {
        self.open_as(Role::Program, needs_file).await
    }

    /// As [`open`](Self::open), for a kind of program.
    pub(crate) async fn open_as(&self, role: Role, needs_file: bool) -> Result<Storage, Failure> {
        if self.no_store {
            return Ok(Storage::memory());
        }
        match self.file.open_as(role).await {
            Ok(storage) => Ok(storage),
            Err(error) if needs_file || self.file.store.is_some() => Err(error),
            Err(error) => {
                say::warning(&format!(
                    "the session is not kept: {error}, or use --no-store"
                ));
                Ok(Storage::memory())
            }
        }
    }
}

/// An open store.
pub(crate) struct Storage {
    store: Arc<dyn SessionStore>,
    file: Option<SqliteStore>,
    owner: Option<Owner>,
    shared: Option<Shared>,
}

/// A store that machines share.
struct Shared {
    store: PostgresStore,
    role: Role,
}

impl Storage {
    async fn shared(url: &str, role: Role) -> Result<Self, Failure> {
        let store = PostgresStore::connect(url).await;
        let store = store.map_err(|error| Failure::Run(error.to_string()))?;
        Ok(Self {
            store: Arc::new(store.clone()),
            file: None,
            owner: None,
            shared: Some(Shared { store, role }),
        })
    }

    /// Returns `true` if other machines use the store too.
    pub(crate) fn is_shared(&self) -> bool {
        self.shared.is_some()
    }

    /// Returns `true` if sessions outlive the program.
    pub(crate) fn is_kept(&self) -> bool {
        self.file.is_some() || self.shared.is_some()
    }

    fn memory() -> Self {
        Self {
            store: Arc::new(MemoryStore::new()),
            file: None,
            owner: None,
            shared: None,
        }
    }

    /// Returns the store.
    pub(crate) fn store(&self) -> &Arc<dyn SessionStore> {
        &self.store
    }

    /// Returns the file; `None` in memory, and for a store that machines share.
    pub(crate) fn file(&self) -> Option<&SqliteStore> {
        self.file.as_ref()
    }

    /// Creates a host for the sessions. A run that was cut off by the end of its process ends as
    /// interrupted: a person who goes on gives the next prompt.
    pub(crate) fn host(&self, builder: impl EngineBuilder + 'static) -> Host {
        self.host_builder(builder).cut_runs(CutRuns::End).build()
    }

    /// Returns the builder of a host that owns its sessions under the name of this program.
    pub(crate) fn host_builder(&self, builder: impl EngineBuilder + 'static) -> HostBuilder {
        let host = Host::builder(Arc::clone(&self.store), builder);
        match (&self.owner, &self.shared) {
            (Some(owner), _) => host.owner(owner.name()),
            (None, Some(shared)) => host.owner(shared.role.name_of_its_own()),
            (None, None) => host,
        }
    }

    /// Leaves what runs to another server that shares the store, and releases all sessions.
    pub(crate) async fn hand_over(self, host: &Host) {
        let ended = host.hand_over(LIMIT).await;
        for session in ended.handed_over {
            say::detail(&format!("session `{session}` goes on at another server"));
        }
        self.end().await;
    }

    async fn end(self) {
        if let Some(file) = self.file {
            file.close().await;
        }
        if let Some(shared) = self.shared {
            shared.store.close().await;
        }
    }

    /// Ends everything that runs, and stores it.
    pub(crate) async fn close(self, host: &Host) {
        let ended = host.shutdown(LIMIT).await;
        for (session, reason) in ended.not_stored {
            say::warning(&format!(
                "session `{session}` was not stored completely: {reason}"
            ));
        }
        self.end().await;
    }
}
