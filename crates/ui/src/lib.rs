//! The event stream of a session in the protocols that other projects' interfaces speak.
//!
//! Each module has a projection: a state machine that reads events and writes the messages of one
//! protocol. It does no I/O, does as much work as an event is long, and loses nothing that the
//! protocol can express.
//!
//! ```
//! use geppetto_engine::{Engine, RunContext, RunGuard, RunReport};
//! use geppetto_testing::{Script, ScriptedEngine};
//! use geppetto_turns::Turn;
//! use geppetto_ui::ai_sdk::{Message, Projection};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let engine = ScriptedEngine::always(Script::new().text("It is ").text("clear."));
//! # let ctx = RunContext::new().with_run("session", "run", "turn");
//! # let mut events = ctx.stream().subscribe();
//! # let run = RunGuard::start(&ctx, "Weather?");
//! # let mut turn = Turn::builder().user("Weather?").build();
//! # let result = engine.run_inference(&ctx, &mut turn).await;
//! # run.end(Ok(&RunReport::default()), None);
//! # ctx.stream().close();
//! // `events` is a subscription to a session, which prompted a model.
//! let mut projection = Projection::new();
//! let mut message = Message::assistant(""); // for example in a browser
//! while let Some(event) = events.next_event().await {
//!     for chunk in projection.apply(&event) {
//!         println!("data: {}\n", chunk.to_json());
//!         message.apply(&chunk);
//!     }
//! }
//! assert!(projection.is_ended());
//! assert_eq!(message.text(), "It is clear.");
//! # Ok(())
//! # }
//! ```
//!
//! | module | protocol |
//! |---|---|
//! | [`ai_sdk`] | UI message stream v1 of the Vercel AI SDK |
//! | [`agui`] | AG-UI 1.0 |
//! | [`openai`] | Chat Completions and Responses, as a server |

pub mod agui;
pub mod ai_sdk;
mod call_ids;
mod error;
mod history;
mod nullable;
pub mod openai;
mod raw;
mod segment;

pub use error::RequestError;
pub use history::{MESSAGE_ID, RESULT_IDS, own_start};
pub use raw::RawJson;
