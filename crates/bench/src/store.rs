//! The cost of the SQLite store.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use geppetto_enginebuilder::Builder;
use geppetto_session::Session;
use geppetto_store::{Claim, Restored, SessionStore};
use geppetto_store_sqlite::SqliteStore;
use serde_json::{Map, Value};

use crate::{Failure, Options, table::print};

pub(crate) mod append;
mod open;
mod space;
mod turns;

pub(crate) use open::child as open;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Records per second, and the delay of an acknowledgement.
    Append,
    /// Turn 10,000 over turn 10 of a session with a journal.
    Turns,
    /// Bytes on disk over unique content.
    Space,
    /// Opening a file of 2 GB.
    Open,
}

pub(crate) fn run(
    options: &Options,
    only: Option<Part>,
    folder: Option<PathBuf>,
) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let folder = Folder::new(folder)?;
    let (mut values, mut text) = (Map::new(), String::new());
    for part in Part::value_variants() {
        if only.is_some_and(|only| only != *part) {
            continue;
        }
        let (name, measured) = match part {
            Part::Append => ("append", runtime.block_on(append::run(&folder))?),
            Part::Turns => (
                "turns",
                runtime.block_on(turns::run(&folder, options.runs))?,
            ),
            Part::Space => ("space", runtime.block_on(space::run(&folder))?),
            Part::Open => ("open", runtime.block_on(open::run(&folder, options.runs))?),
        };
        let (value, lines) = measured;
        values.insert(name.to_owned(), value);
        text.push_str(&lines);
    }
    print(options.json, &Value::Object(values), &text)
}

/// JSON and text of a measurement.
type Measured = (Value, String);

/// A folder that is removed when dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(crate) fn new(parent: Option<PathBuf>) -> Result<Self, Failure> {
        let parent = parent.unwrap_or_else(std::env::temp_dir);
        let path = parent.join(format!("geppetto-bench-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path)?;
        Ok(Self { path })
    }

    /// Returns the path of the folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path of a file in the folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Opens a new store, whose folder is removed when the second value is dropped.
    pub(crate) async fn store(self) -> Result<(SqliteStore, Self), Failure> {
        let store = SqliteStore::open(self.file("sessions.db")).await?;
        Ok((store, self))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Returns the size of a file, with its write-ahead log.
fn size(file: &Path) -> Result<u64, Failure> {
    let mut wal = file.as_os_str().to_owned();
    wal.push("-wal");
    let wal = fs::metadata(wal).map_or(0, |wal| wal.len());
    Ok(fs::metadata(file)?.len() + wal)
}

/// Returns a session whose runs are recorded.
pub(crate) async fn stored<S>(store: &S, id: &str, builder: Builder) -> Result<Session, Failure>
where
    S: SessionStore + Clone + 'static,
{
    let restored = Restored::open(store.clone(), id, &Claim::new("bench")).await?;
    let journal = restored.journal();
    let builder = builder.journal(journal.clone()).persister(journal);
    Ok(Session::builder(builder)
        .id(id)
        .event_stream(restored.event_stream())
        .history(restored.turns)
        .acknowledge_recorded(true)
        .build())
}
