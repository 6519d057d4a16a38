//! Sessions: the history of a conversation, and at most one inference running on it.
//!
//! A [`Session`] is a cheap handle; every method may be called from any task at any time. Its
//! [`ExecutionHandle`] streams the events of a run, cancels it and waits for its end. Whatever the
//! outcome, the next prompt continues the history.
//!
//! ```
//! use geppetto_enginebuilder::Builder;
//! use geppetto_session::Session;
//! use geppetto_testing::{Gate, Script, ScriptedEngine};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let gate = Gate::new();
//! // In place of a provider's engine.
//! let engine = ScriptedEngine::new([
//!     Script::new().text("Hel").text("lo."),
//!     Script::new().text("Once upon a").hold_at(&gate).text(" time"),
//!     Script::new().text("Goodbye."),
//! ]);
//! let session = Session::new(Builder::new(engine));
//!
//! // Submit a prompt, and print the answer as it arrives.
//! let run = session.submit("Say hello").await?;
//! let mut events = run.events();
//! while let Some(event) = events.next().await {
//!     if let Some(text) = event.text_delta() {
//!         print!("{text}");
//!     }
//! }
//! let turn = run.wait().await?; // the whole conversation
//! assert_eq!(turn.assistant_text(), "Hello.");
//!
//! // Cancel: what arrived is kept, and marked as incomplete.
//! let run = session.submit("Tell me a story").await?;
//! # gate.reached().await;
//! run.cancel();
//! let error = run.wait().await.expect_err("it was cancelled");
//! assert!(error.is_cancelled());
//! assert_eq!(error.turn().assistant_text(), "Once upon a");
//!
//! // The next prompt works, whatever happened before.
//! let turn = session.submit("Say goodbye").await?.wait().await?;
//! assert_eq!(turn.assistant_text(), "Goodbye.");
//! # Ok(())
//! # }
//! ```

mod error;
mod handle;
mod history;
mod options;
mod outcome;
mod prompt;
mod queue;
mod run;
mod scheduler;
mod session;
mod snapshot;
mod sync;
mod typed;

#[cfg(test)]
mod tests;

pub use error::{RunError, SessionError, WaitError};
pub use geppetto_engine::EngineRunner;
pub use handle::{CancelOnDrop, ExecutionHandle, RunEvents};
pub use outcome::RunOutcome;
pub use prompt::Prompt;
pub use queue::{PauseAfter, PauseReason, QueuedPrompt};
pub use run::{ABANDON_AFTER, PERSIST_TIMEOUT};
pub use session::{BusyPolicy, Session, SessionBuilder};
pub use snapshot::SessionSnapshot;
pub use typed::{Answer, AnswerError, TypedPrompt, TypedRun};
