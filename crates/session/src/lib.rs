//! Sessions: a conversation's history, and at most one inference running on it.
//!
//! A [`Session`] is a cheap handle; every method may be called from any task at any time. A run
//! is started, watched, cancelled and waited for through its [`ExecutionHandle`], and whatever
//! its outcome, the session has a history that the next prompt can go on from.
//!
//! ```
//! use geppetto_session::{EngineRunner, Session};
//! # use async_trait::async_trait;
//! # use geppetto_engine::{Engine, EngineError, Finish, ResponseWriter, RunContext};
//! # use geppetto_turns::{InferenceResult, Turn};
//! # struct Echo;
//! # #[async_trait]
//! # impl Engine for Echo {
//! #     async fn run_inference(&self, ctx: &RunContext, turn: &mut Turn) -> Result<InferenceResult, EngineError> {
//! #         let heard = turn.blocks.last().and_then(|b| b.text()).unwrap_or_default().to_owned();
//! #         let mut reply = ResponseWriter::start(ctx, turn, "echo", "echo-1");
//! #         let text = reply.open_text();
//! #         reply.push(text, &heard);
//! #         Ok(reply.finish(Finish::completed()))
//! #     }
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let session = Session::new(EngineRunner::new(Echo));
//! let run = session.submit("hello").await?;
//! let mut events = run.events();
//! while let Some(event) = events.next().await {
//!     println!("{}", event.type_name());
//! }
//! assert_eq!(run.wait().await?.assistant_text(), "hello");
//!
//! let run = session.submit("and again").await?;
//! run.cancel(); // or not: either way the next prompt works
//! # let _ = run.wait().await;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod error;
mod handle;
mod history;
mod outcome;
mod queue;
mod run;
mod runner;
mod scheduler;
mod session;
mod snapshot;
mod sync;

#[cfg(test)]
mod tests;

pub use error::{RunError, SessionError};
pub use handle::{CancelOnDrop, ExecutionHandle, RunEvents};
pub use outcome::RunOutcome;
pub use queue::QueuedPrompt;
pub use run::{ABANDON_AFTER, PERSIST_TIMEOUT};
pub use runner::EngineRunner;
pub use session::{BusyPolicy, Session, SessionBuilder};
pub use snapshot::SessionSnapshot;
