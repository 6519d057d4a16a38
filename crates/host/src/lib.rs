//! Durable sessions by id, over any store.
//!
//! A [`Host`] runs the sessions of a program: it opens them when they are used, records their runs,
//! continues runs that were cut off, and removes idle sessions from memory. A [`HostedSession`] is a
//! session by its id, whether it is in memory or not.
//!
//! ```
//! use geppetto_enginebuilder::Builder;
//! use geppetto_host::Host;
//! use geppetto_store::MemoryStore;
//! # use geppetto_testing::{Script, ScriptedEngine};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let store = MemoryStore::new(); // `SqliteStore::open("sessions.db")` in a program
//! # let engine = ScriptedEngine::always(Script::new().text("Hello."));
//! let host = Host::new(store.clone(), Builder::new(engine.clone()));
//! let session = host.session("chat-1");
//!
//! // Returns once the prompt is stored. A repeated request returns the same run.
//! let run = session.prompt("Say hello").idempotency_key("request-1").submit().await?;
//! let mut events = session.events(0); // from any sequence number, across restarts
//! while let Some(event) = events.next().await? {
//!     print!("{}", event.text_delta().unwrap_or_default());
//! #   if event.is_terminal() { break; }
//! }
//! assert_eq!(run.wait().await?.assistant_text(), "Hello.");
//! host.shutdown(std::time::Duration::from_secs(5)).await;
//!
//! // Another process continues.
//! let host = Host::new(store, Builder::new(engine));
//! host.recover().await?; // continues the runs that were cut off
//! let run = host.session("chat-1").submit("Again").await?;
//! assert_eq!(run.wait().await?.blocks.len(), 4);
//! # Ok(())
//! # }
//! ```
//!
//! # What survives
//!
//! A prompt is stored when `submit` returns, a tool call before its tool starts, the result of a
//! tool before the model receives it, and a reply when it is complete. The text of a reply in flight
//! survives as far as it was written. What a tool does outside of the store is not part of any
//! transaction; see [`CutRuns`].

mod edit;
mod error;
mod events;
mod host;
mod keeper;
mod live;
mod open;
mod options;
mod recover;
mod run;
mod session;
mod shutdown;
mod slots;
mod snapshot;
mod submit;

pub use error::{Error, ErrorKind, OwnedBy};
pub use events::Events;
pub use geppetto_engine::Decision;
pub use geppetto_store::{SessionInfo, UnknownOutcome};
pub use host::{Host, Load};
pub use live::OpenSession;
pub use options::{CutRuns, HostBuilder};
pub use recover::Recovered;
pub use run::HostedRun;
pub use session::{HostedSession, NewSession};
pub use shutdown::Shutdown;
pub use snapshot::{Snapshot, State};
pub use submit::Submit;
