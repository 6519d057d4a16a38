//! What a person sees of a session: messages, answers, reasoning, tool calls, notices and errors.
//!
//! A [`Timeline`] is made from the events of a running session ([`apply`](Timeline::apply)), from
//! its turns after a restart ([`from_turns`](Timeline::from_turns)), or from both; either way it
//! shows the same. Interfaces display its [`View`] and keep it up to date with [`Patch`]es, which can
//! be sent to a web page as JSON.
//!
//! ```
//! use geppetto_engine::{Engine, RunContext, RunGuard, RunReport};
//! use geppetto_testing::{Script, ScriptedEngine};
//! use geppetto_timeline::{State, Timeline, View, export};
//! use geppetto_turns::Turn;
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
//! let mut timeline = Timeline::new();
//! let mut screen = View::default(); // for example in a browser
//! while let Some(event) = events.next_event().await {
//!     for patch in timeline.apply(&event) {
//!         screen.apply(patch);
//!     }
//! }
//! assert_eq!(&screen, timeline.view());
//!
//! let answer = screen.entities().find(|own| own.kind() == "answer").ok_or("no answer")?;
//! assert_eq!((answer.text(), answer.state()), (Some("It is clear."), Some(State::Done)));
//! assert_eq!(export::markdown(&screen), "## User\n\nWeather?\n\n## Assistant\n\nIt is clear.\n");
//! # Ok(())
//! # }
//! ```
//!
//! # Joining a running session
//!
//! Take the snapshot of the session, make the timeline [`from_turns`](Timeline::from_turns) up to
//! the running one, apply the events of the run so far, and then those of the subscription.
//!
//! A reader that has applied all patches up to a version continues with
//! [`since`](Timeline::since). A reader that is slow merges its patches in a [`PatchQueue`].
//!
//! # Events and turns
//!
//! Some things are known from one of the two only:
//!
//! | only in | what | in the timeline |
//! |---|---|---|
//! | events | notices, progress of tools, work of agents | shown live, absent after a restart ([`Entity::is_live_only`]) |
//! | turns | changes of the history by the application, blocks of engines that publish no events | shown after [`sync`](Timeline::sync), and after a restart |
//!
//! # Untrusted text
//!
//! All text is data of users, models, tools and servers, and kept as it is, control characters
//! included. Before it is printed on a terminal, it must pass
//! [`printable`](mod@geppetto_turns::printable); a web page must escape it.

pub mod entity;
pub mod export;
mod limits;
mod patch;
mod queue;
#[cfg(feature = "schemars")]
mod schema;
mod timeline;
mod view;

pub use entity::{Changes, Content, Entity, Field, NoticeKind, State};
pub use limits::{NOTICE_LIMIT, SHOWN_LIMIT, TEXT_LIMIT};
pub use patch::Patch;
pub use queue::PatchQueue;
pub use timeline::Timeline;
pub use view::{Status, View};
