//! Simulated sessions: every run cut everywhere, and looked at.
//!
//! A [`Case`] says how to build what a session runs. The simulator runs it once undisturbed, and
//! counts how often the run waits, how many events it has, and how often it calls each [`Seam`].
//! Then it runs it again for each of these places, and there cancels it, shuts its runtime down,
//! or lets the seam fail or panic. After each it checks what an application relies on:
//!
//! - exactly one terminal event, the last of its run, that fits the outcome; all events legal;
//! - `wait` returns within 100 ms of a cancel, the time to store the turn aside; then the session
//!   is free and shows the turn of the outcome;
//! - the turn is a beginning of the undisturbed one; what is not whole is marked; every tool call
//!   has one answer, in order; what a reader of the events saw is what the turn holds;
//! - a tool that finished keeps its result, one that ran is said to be cancelled, one that did not
//!   is said not to have run; none starts after the cancel;
//! - the turn was handed over to be stored once, with the outcome's status;
//! - an error or a panic is named in the outcome, and where it cannot fail the run, it did not;
//! - the next prompt runs, and its request is one that a provider takes, on either wire.
//!
//! # An application's own tools and middleware
//!
//! ```
//! use geppetto_engine::middleware::SystemPrompt;
//! use geppetto_testing::{
//!     Reply,
//!     simulate::{Case, Setup},
//! };
//! use geppetto_toolloop::{ToolError, ToolRegistry, raw_tool_fn};
//! use serde_json::{Value, json};
//!
//! /// The application's own tools.
//! fn my_tools() -> ToolRegistry {
//!     let schema = json!({"type": "object"});
//!     let save = raw_tool_fn("save", "Saves", schema, |_: Value| async {
//!         tokio::time::sleep(std::time::Duration::from_millis(20)).await;
//!         Ok::<_, ToolError>("saved")
//!     });
//!     ToolRegistry::new().with(save).unwrap_or_default()
//! }
//!
//! let case = Case::new("saving", |world| {
//!     // What the model says, over the wire: in the run that is cut, and after it.
//!     let first = [
//!         Reply::chat().tool_call("call_1", "save", "{}"),
//!         Reply::chat().text("It is ").text("saved."),
//!     ];
//!     let next = [Reply::chat().text("You are welcome.")];
//!     // What the application makes of it. `builder` has a part at every seam; `tools` are watched.
//!     let builder = world
//!         .builder(world.chat(first, next)?)
//!         .middleware(SystemPrompt::new("You are terse."))
//!         .tools(world.tools(&my_tools())?);
//!     Ok(Setup::new(builder).prompt("Save it").next_prompt("Thanks").next_text("You are welcome."))
//! });
//!
//! let report = case.simulate(1);
//! println!("{report}");
//! report.assert_clean();
//! # assert!(report.total().cuts > 50 && report.total().faults > 50);
//! ```
//!
//! Any [`EngineBuilder`](geppetto_engine::EngineBuilder) can be given to [`Setup::new`]; one that is
//! not made by [`World::builder`] is cut everywhere too, and broken where it passes a seam itself
//! ([`World::seam`]). A failure prints the case, the seed and the cut; [`Case::replay`] repeats it.
//!
//! # Determinism
//!
//! Everything is on one thread, with tokio's clock paused and all ids, delays and sizes drawn from
//! one seed, so that a case, a seed and a [`Cut`] repeat a run exactly.
//!
//! Where simulation ends: it does not see races between threads, and it waits for as long as the
//! application's own code blocks. A place where the run waits is one of the run's own task; tools
//! run in it, tasks that they start do not.

mod breaks;
mod case;
mod check;
mod consumer;
pub mod corpus;
mod cut;
mod drive;
mod engine;
mod executor;
mod explore;
mod parts;
mod provider;
mod report;
mod runner;
mod tools;
mod wire;
mod world;

pub use breaks::Breaks;
pub use case::{Case, Setup, SetupError};
pub use cut::{Cut, NotACut, Seam};
pub use report::{Failure, Report, Tried};
pub use world::World;
