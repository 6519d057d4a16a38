//! A terminal chat on a session, in an application's own terminal.
//!
//! A [`Chat`] runs on a [`Session`](geppetto_session::Session) or on the durable sessions of a
//! [`Host`](geppetto_host::Host). The conversation goes to the terminal's own scrollback; below it
//! are the text in progress, the prompt and a status line. Without a terminal, prompts are read from
//! standard input, one per line, and answers are written to standard output.
//!
//! ```no_run
//! use geppetto_enginebuilder::Builder;
//! use geppetto_session::Session;
//! use geppetto_tui::Chat;
//! # use geppetto_testing::{Script, ScriptedEngine};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let engine = ScriptedEngine::always(Script::new().text("Hello."));
//! let session = Session::new(Builder::new(engine));
//! Chat::new(session).title("Support").run().await?;
//! # Ok(())
//! # }
//! ```

mod app;
mod backend;
mod chat;
mod commands;
mod environment;
mod error;
mod input;
mod lines;
mod markdown;
mod models;
pub mod print;
mod start;
mod terminal;
mod view;

pub use chat::{Chat, Ended, Ending};
pub use error::Error;
pub use models::{Models, Selection};
