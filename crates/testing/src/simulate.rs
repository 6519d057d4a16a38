//! Simulated sessions: every run is disturbed at every point, and checked.
//!
//! A [`Case`] describes how to build what a session runs. The simulator runs it once undisturbed,
//! and counts how often the run waits, how many events it has, and how often it calls each
//! [`Seam`]. Then it runs it again for each of these points, and there cancels it, shuts its
//! runtime down, or makes the seam fail or panic. Each time it checks the guarantees for
//! applications:
//!
//! - exactly one terminal event, the last one of its run, which matches the outcome; all events are
//!   legal;
//! - `wait` returns within 100 ms of a cancellation, not counting the time to store the turn; then
//!   the session is free and shows the turn of the outcome;
//! - the turn is a prefix of the undisturbed one; incomplete blocks are marked; every tool call has
//!   one answer, in order; the events match the turn;
//! - a tool that finished keeps its result, one that was running is answered as cancelled, one that
//!   did not start as not run; none starts after the cancellation;
//! - the turn was passed to the persister once, with the outcome's status;
//! - an error or a panic is named in the outcome, and a component that cannot fail a run did not;
//! - the next prompt runs, and its request is accepted by a provider, on either wire.
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
//! [`Setup::new`] accepts any [`EngineBuilder`](geppetto_engine::EngineBuilder); one that is not
//! created by [`World::builder`] is cut at every point too, and made to fail where it calls
//! [`World::seam`] itself. A failure prints the case, the seed and the cut; [`Case::replay`]
//! reproduces it.
//!
//! # Determinism
//!
//! Everything runs on one thread, with tokio's clock paused and all ids, delays and sizes drawn
//! from one seed, so that a case, a seed and a [`Cut`] reproduce a run exactly.
//!
//! Limits of the simulation: it does not detect races between threads, and it waits as long as the
//! application's own code blocks. The points at which a run waits are those of the run's own task;
//! the tasks of its tools, and tasks that they start, have none.

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
mod observation;
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
pub use observation::{Observation, Step};
pub use report::{Failure, Report, Tried};
pub use world::World;
