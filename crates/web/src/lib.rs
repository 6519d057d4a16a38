//! A web chat on durable sessions, for axum applications.
//!
//! [`router`] has the HTTP routes, the event streams and a page. It runs the sessions of a
//! [`Host`](geppetto_host::Host):
//!
//! ```
//! use geppetto_enginebuilder::Builder;
//! use geppetto_host::Host;
//! use geppetto_store::MemoryStore;
//! use geppetto_web::{Options, ServeOptions, router, serve};
//! # use geppetto_testing::{Script, ScriptedEngine};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let engine = ScriptedEngine::always(Script::new().text("Hello."));
//! let host = Host::new(MemoryStore::new(), Builder::new(engine));
//! let chat = router(host, Options::new());
//!
//! // In an application: `axum::Router::new().nest("/chat", chat)`. Alone:
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let options = ServeOptions::new().shutdown_on(async { /* Ctrl+C */ });
//! serve(listener, chat, options).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Streams
//!
//! `GET /sessions/{id}/events` streams what a window shows: first the complete timeline (`view`),
//! then changes (`patches`, see [`Patch`](geppetto_timeline::Patch)). Ids are the numbers of the
//! session's events. A browser that reconnects receives what it has not seen, or the complete
//! timeline where the server no longer knows the difference. The changes that a slow reader has not
//! read are merged, so that it delays nobody and needs no more memory than the text. `?as=events`
//! streams the events of the log instead.
//!
//! A run belongs to its session. It continues when its window is closed, and ends with
//! `POST /sessions/{id}/cancel`.
//!
//! # Safety
//!
//! By default the router answers requests for loopback hosts alone, so that a page of another site
//! cannot reach it by DNS rebinding; it refuses requests of other origins, and bodies that are not
//! JSON. [`Options::owner`] separates the users of an application. [`serve`] requires a token on
//! addresses that others can reach.

mod api;
mod app;
mod extract;
mod forward;
mod guard;
mod hub;
mod idle;
pub mod model;
pub mod openai;
mod openapi;
mod options;
mod owner;
mod page;
mod problem;
mod profile;
mod router;
mod routes;
mod serve;
mod ui;

pub use options::{Forward, Options};
pub use owner::Owner;
pub use problem::Problem;
pub use profile::Profile;
pub use router::router;
pub use serve::{ServeOptions, serve};
pub use ui::UiContext;
