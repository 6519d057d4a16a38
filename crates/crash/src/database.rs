//! The databases that the harness knows.

use std::{
    error::Error,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use geppetto_cluster::Postgres;
use geppetto_store_postgres::PostgresStore;
use geppetto_store_sqlite::SqliteStore;

use crate::{
    check::{Violations, When, check},
    model::Model,
};

type Failure = Box<dyn Error + Send + Sync>;

/// Scheme of the URL of a store that is not a file.
const POSTGRES: &str = "postgres://";

/// Time in which the server notices that a killed process has gone.
const GONE: Duration = Duration::from_secs(20);

/// Which kind of store is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    /// Files of SQLite.
    Sqlite,
    /// Databases of a private Postgres.
    Postgres,
}

/// Where the stores of a campaign are.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Files,
    Server(Arc<Postgres>),
}

impl Place {
    pub(crate) fn new(kind: Kind) -> Result<Self, Failure> {
        Ok(match kind {
            Kind::Sqlite => Self::Files,
            // What was written survives the kill of another process in any case.
            Kind::Postgres => {
                let settings = ["fsync = off", "full_page_writes = off"];
                Self::Server(Arc::new(Postgres::start(&settings)?))
            }
        })
    }

    /// Creates a store with the notes at a path.
    pub(crate) fn database(&self, path: &Path) -> Result<Database, Failure> {
        match self {
            Self::Files => Ok(Database::File(path.with_extension("db"))),
            Self::Server(server) => {
                let number = path.file_stem().and_then(|stem| stem.to_str());
                let name = format!("store_{}", number.unwrap_or_default());
                server.sql(&format!("create database {name}"))?;
                let server = Arc::clone(server);
                Ok(Database::Postgres { server, name })
            }
        }
    }
}

/// A store, which outlives the processes that use it.
#[derive(Debug)]
pub(crate) enum Database {
    File(PathBuf),
    Postgres { server: Arc<Postgres>, name: String },
}

impl Database {
    /// Returns the argument of a child.
    pub(crate) fn argument(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Postgres { server, name } => server.url_of(name),
        }
    }

    /// Returns the longest time that a child runs which is killed at a random time. On a server, the
    /// beginning takes longer.
    pub(crate) fn longest_life(&self) -> u64 {
        match self {
            Self::File(_) => 200,
            Self::Postgres { .. } => 500,
        }
    }

    /// Compares the store with the model, and looks for damage.
    pub(crate) async fn check(&self, model: &mut Model, when: When) -> Result<Violations, Failure> {
        match self {
            Self::File(path) => {
                let store = SqliteStore::open(path).await?;
                let mut found = check(&store, model, when).await;
                let damage = store.check().await?;
                if !damage.is_clean() {
                    found.push(format!("{damage:?}"));
                }
                store.close().await;
                Ok(found)
            }
            Self::Postgres { server, name } => {
                settled(server, name).await?;
                let url = server.url_of(name);
                let store = PostgresStore::options().readers(1).connect(&url).await?;
                let mut found = check(&store, model, when).await;
                store.close().await;
                // A child that was killed early has created no schema.
                let dangling = server.sql_in(
                    name,
                    "select count(*) from geppetto.position left join geppetto.block b using (bid) \
                     where b.bid is null",
                )?;
                if dangling.trim() != "0" {
                    found.push(format!("{} references to missing blocks", dangling.trim()));
                }
                Ok(found)
            }
        }
    }

    /// Removes the store.
    pub(crate) fn remove(&self) {
        match self {
            Self::File(path) => {
                for end in ["db", "db-wal", "db-shm"] {
                    // SQLite removes its other files itself.
                    let _ = std::fs::remove_file(path.with_extension(end));
                }
            }
            Self::Postgres { server, name } => {
                let _ = server.sql(&format!("drop database {name} with (force)"));
            }
        }
    }
}

/// Waits until the server has ended what a killed process had sent.
async fn settled(server: &Postgres, name: &str) -> Result<(), Failure> {
    let sql = format!("select count(*) from pg_stat_activity where datname = '{name}'");
    let deadline = tokio::time::Instant::now() + GONE;
    while server.sql(&sql)?.trim() != "0" {
        if tokio::time::Instant::now() > deadline {
            return Err("the server still works for a process that was killed".into());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(())
}

/// Returns `true` if the argument of a child is the URL of a server.
pub(crate) fn is_url(argument: &str) -> bool {
    argument.starts_with(POSTGRES)
}
