//! A runtime for programs that talk to language models.
//!
//! An application gets typed streaming events, a tool loop, and sessions that run one inference at
//! a time. A run can be cancelled and awaited, and always leaves a history that can continue.
//!
//! ```no_run
//! use geppetto::prelude::*;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let engine = ChatEngine::builder("gpt-5-mini")
//!         .api_key(ApiKey::from_env("OPENAI_API_KEY")?)
//!         .build()?;
//!     let session = Session::new(Builder::new(engine));
//!
//!     let run = session.submit("Say hello.").await?; // run.cancel() works at any time
//!     let mut events = run.events();
//!     while let Some(event) = events.next().await {
//!         if let Some(text) = event.text_delta() {
//!             print!("{text}");
//!         }
//!     }
//!     let turn = run.wait().await?; // the whole conversation
//!     println!("\n[{} blocks]", turn.blocks.len());
//!     Ok(())
//! }
//! ```
//!
//! # Modules
//!
//! This crate has no code of its own. Each module re-exports a crate of the workspace, which has
//! its documentation. The most common names are in the [`prelude`] and at the root; a name refers
//! to the same item everywhere, except that `host` and `store` have an `Error`, an `ErrorKind` and a
//! `Request` of their own.
//!
//! | module | crate | concern |
//! |---|---|---|
//! | [`turns`] | `geppetto-turns` | conversation model, YAML and JSON |
//! | [`events`] | `geppetto-events` | streaming events, sinks, subscriptions, printers |
//! | [`engine`] | `geppetto-engine` | contracts: engines, run context, middleware, errors |
//! | [`builder`] | `geppetto-enginebuilder` | engine, middleware, tools, sinks and storage combined |
//! | [`session`] | `geppetto-session` | history, one active run, cancel, wait |
//! | `tools` | `geppetto-toolloop` | tools and the loop that runs them (feature `tools`) |
//! | `openai` | `geppetto-providers-openai` | Chat Completions and Responses (feature `openai`) |
//! | `anthropic` | `geppetto-providers-anthropic` | Anthropic's Messages (feature `anthropic`) |
//! | `gemini` | `geppetto-providers-gemini` | Google's generateContent (feature `gemini`) |
//! | `provider` | `geppetto-provider` | kit for wires of other providers (with any provider) |
//! | `transport` | `geppetto-transport` | HTTP, retries, timeouts, redaction (with any provider) |
//! | `settings` | `geppetto-settings` | layered settings, profiles (features `settings`, `clap`) |
//! | `factory` | `geppetto-factory` | engines from settings, model facts (feature `factory`) |
//! | `host` | `geppetto-host` | durable sessions by id (feature `host`) |
//! | `store` | `geppetto-store` | durable sessions over any store (feature `store`) |
//! | `sqlite` | `geppetto-store-sqlite` | durable sessions in one SQLite file (feature `sqlite`) |
//! | `web` | `geppetto-web` | a chat in the browser, as routes of an axum application (feature `web`) |
//! | `structured` | `geppetto-structured` | data cut out of streamed text (feature `structured`) |
//! | `testing` | `geppetto-testing` | scripted engine and provider server (features `testing`, `cassette`, `demo`) |

#![cfg_attr(docsrs, feature(doc_cfg))]

pub use geppetto_engine as engine;
pub use geppetto_enginebuilder as builder;
pub use geppetto_events as events;
#[cfg(feature = "factory")]
#[cfg_attr(docsrs, doc(cfg(feature = "factory")))]
pub use geppetto_factory as factory;
#[cfg(feature = "host")]
#[cfg_attr(docsrs, doc(cfg(feature = "host")))]
pub use geppetto_host as host;
#[cfg(any(feature = "openai", feature = "anthropic", feature = "gemini"))]
#[cfg_attr(
    docsrs,
    doc(cfg(any(feature = "openai", feature = "anthropic", feature = "gemini")))
)]
pub use geppetto_provider as provider;
#[cfg(feature = "anthropic")]
#[cfg_attr(docsrs, doc(cfg(feature = "anthropic")))]
pub use geppetto_providers_anthropic as anthropic;
#[cfg(feature = "gemini")]
#[cfg_attr(docsrs, doc(cfg(feature = "gemini")))]
pub use geppetto_providers_gemini as gemini;
#[cfg(feature = "openai")]
#[cfg_attr(docsrs, doc(cfg(feature = "openai")))]
pub use geppetto_providers_openai as openai;
pub use geppetto_session as session;
#[cfg(feature = "settings")]
#[cfg_attr(docsrs, doc(cfg(feature = "settings")))]
pub use geppetto_settings as settings;
#[cfg(feature = "store")]
#[cfg_attr(docsrs, doc(cfg(feature = "store")))]
pub use geppetto_store as store;
#[cfg(feature = "sqlite")]
#[cfg_attr(docsrs, doc(cfg(feature = "sqlite")))]
pub use geppetto_store_sqlite as sqlite;
#[cfg(feature = "structured")]
#[cfg_attr(docsrs, doc(cfg(feature = "structured")))]
pub use geppetto_structured as structured;
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub use geppetto_testing as testing;
#[cfg(feature = "tools")]
#[cfg_attr(docsrs, doc(cfg(feature = "tools")))]
pub use geppetto_toolloop as tools;
#[cfg(any(feature = "openai", feature = "anthropic", feature = "gemini"))]
#[cfg_attr(
    docsrs,
    doc(cfg(any(feature = "openai", feature = "anthropic", feature = "gemini")))
)]
pub use geppetto_transport as transport;
pub use geppetto_turns as turns;
#[cfg(feature = "web")]
#[cfg_attr(docsrs, doc(cfg(feature = "web")))]
pub use geppetto_web as web;

pub mod prelude;

pub use prelude::*;
