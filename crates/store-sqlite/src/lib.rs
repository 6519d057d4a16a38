//! Durable sessions in one SQLite file.
//!
//! [`SqliteStore`] is a [`SessionStore`](geppetto_store::SessionStore): sessions survive the end of
//! the process and a power loss. SQLite is compiled in.
//!
//! ```
//! use geppetto_enginebuilder::Builder;
//! use geppetto_session::Session;
//! use geppetto_store::{Claim, Restored};
//! use geppetto_store_sqlite::SqliteStore;
//! # use geppetto_testing::{Script, ScriptedEngine};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let engine = ScriptedEngine::always(Script::new().text("Hello."));
//! # let folder = std::env::temp_dir().join(format!("geppetto-doc-{}", std::process::id()));
//! # let path = folder.join("sessions.db");
//! let store = SqliteStore::open(&path).await?;
//! let claim = Claim::new(format!("pid {}", std::process::id())).taking_over();
//! let mut restored = Restored::open(store.clone(), "chat-1", &claim).await?;
//! restored.settle().await?; // ends a run that the last process left open
//! let journal = restored.journal();
//! let builder = Builder::new(engine).journal(journal.clone()).persister(journal.clone());
//! let session = Session::builder(builder)
//!     .id("chat-1")
//!     .event_stream(restored.event_stream())
//!     .history(restored.turns)
//!     .acknowledge_recorded(true)
//!     .build();
//! session.submit("Say hello").await?.wait().await?;
//! journal.close().await?; // frees the session; without it, the next process takes it over
//! store.close().await;
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok(())
//! # }
//! ```
//!
//! # Durability
//!
//! A batch that is [written](geppetto_store::Durability::Written) survives `kill -9`; one that is
//! [synced](geppetto_store::Durability::Synced) also a power loss. All batches that wait when a
//! transaction begins become part of it, so that many sessions share a sync. Batches that need no
//! sync cause none.
//!
//! A failed sync poisons the store: nothing is acknowledged any more, because the operating system
//! may have dropped what it could not write. Opening the file again shows what the disk has.
//!
//! # Several processes
//!
//! Any number of processes on one machine may open the same file; a session belongs to one of them at
//! a time, by its [lease](geppetto_store::Lease), which each write compares. Writers wait for each
//! other, up to [`busy_timeout`](SqliteOptions::busy_timeout). Leases expire by the machine's clock;
//! if that is set forward, a lease may be claimed early, and its owner is fenced. Network file
//! systems are not supported, because SQLite needs shared memory and reliable locks.
//!
//! # Size
//!
//! Equal blocks are stored once, and so are strings of 4 KiB and more, such as images and the outputs
//! of tools, in whichever blocks and events they are. Deleting a session deletes what no other one
//! shares; the space is used again, and [`vacuum`](SqliteStore::vacuum) returns it.
//!
//! # Secrets
//!
//! A store writes what it is given, so a file contains what was said. It is created for its owner
//! only (mode 0600), like the files beside it (`-wal` and `-shm`, which belong to it: copy all of them
//! or none, or use [`backup`](SqliteStore::backup)). The permissions of an existing file are kept.

mod check;
mod connection;
mod content;
mod encode;
mod fault;
mod file;
mod number;
mod options;
pub mod pinocchio;
mod read;
mod store;
mod upkeep;
mod worker;
mod write;
mod writer;

pub use check::Report;
pub use options::SqliteOptions;
pub use store::SqliteStore;
