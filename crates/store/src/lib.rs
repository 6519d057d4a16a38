//! Durable sessions over any store.
//!
//! [`SessionStore`] is the contract of a store, [`MemoryStore`] keeps sessions in memory,
//! [`JournalOf`] records the runs of a session in a store, and [`Restored`] continues a session in
//! another process.
//!
//! ```
//! use geppetto_enginebuilder::Builder;
//! use geppetto_session::Session;
//! use geppetto_store::{Claim, MemoryStore, Restored, SessionStore};
//! # use geppetto_testing::{Script, ScriptedEngine};
//!
//! /// Opens a stored session, or a new one.
//! async fn open(store: &MemoryStore, owner: &str) -> Result<Session, geppetto_store::Error> {
//! #   let engine = ScriptedEngine::always(Script::new().text("Hello."));
//!     let mut restored = Restored::open(store.clone(), "chat-1", &Claim::new(owner).taking_over()).await?;
//!     restored.settle().await?; // ends a run that the last process left open
//!     let journal = restored.journal();
//!     let events = restored.event_stream();
//!     let builder = Builder::new(engine)
//!         .journal(journal.clone())
//!         .persister(journal);
//!     Ok(Session::builder(builder)
//!         .id("chat-1")
//!         .history(restored.turns)
//!         .event_stream(events)
//!         .acknowledge_recorded(true) // `submit` returns once the prompt is stored
//!         .build())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = MemoryStore::new();
//! let session = open(&store, "first process").await?;
//! session.submit("Say hello").await?.wait().await?;
//! drop(session); // as if the process had been killed
//!
//! let session = open(&store, "second process").await?;
//! let turn = session.submit("Again").await?.wait().await?;
//! assert_eq!(turn.blocks.len(), 4); // both prompts and both answers
//! assert_eq!(session.turn_count(), 2);
//! assert_eq!(store.info("chat-1").await?.turns, 2);
//! # Ok(())
//! # }
//! ```
//!
//! # What survives
//!
//! Once `submit` has returned, the prompt survives; once a reply is complete, so does it; once a tool
//! was started or has answered, so does that. The text of a reply in flight survives as far as its
//! events were written.
//!
//! What a tool does outside of the store is not part of any transaction. If the process ends
//! between the start of a tool and its answer, the [outcome is unknown](CutRun::unknown): a tool
//! that passes its idempotency key on can be run again, for any other one the model or a person must
//! find out.
//!
//! # Features
//!
//! - `conformance`: the module `conformance`, the checks that every store must pass. For the tests of
//!   stores.

mod archive;
mod batch;
#[cfg(feature = "conformance")]
#[cfg_attr(docsrs, doc(cfg(feature = "conformance")))]
pub mod conformance;
mod effect;
mod error;
mod hash;
mod info;
mod journal;
mod json;
mod lease;
mod memory;
mod request;
mod restore;
mod run_record;
mod store;
mod turn_row;

pub use async_trait::async_trait;

pub use archive::{Export, Import, MAX_ARCHIVE_BYTES, export_yaml};
pub use batch::{Appended, Batch, Durability};
pub use effect::{Effect, EffectStart, EffectState, EffectWrite};
pub use error::{Error, ErrorKind};
pub use hash::{BlockHash, EncodedBlock};
pub use info::{Cursor, Opened, Order, Page, SessionInfo, Stats};
pub use journal::{EventSchedule, JournalOf, STORE_EVENTS_AFTER};
pub use json::{MAX_STORED_DEPTH, stored_json};
pub use lease::{Claim, Lease};
pub use memory::MemoryStore;
pub use request::{Request, RequestKey, RequestWrite};
pub use restore::{
    Continuation, CutRun, INTERRUPTED, OUTCOME_UNKNOWN, Restored, Resumption, UnknownOutcome,
    read_turns,
};
pub use run_record::{BrokenReply, EndStatus, RunEnd, RunPhase, RunRecord};
pub use store::{MAX_ID_BYTES, SessionStore, check_id};
pub use turn_row::TurnRow;
