//! Kit for providers of language models: an inference engine without the wire format.
//!
//! A provider is a [`Wire`]: a function from a turn to a request, and a [`Fold`] that processes the
//! frames of the reply. [`WireEngine`] turns any wire into an [`Engine`](geppetto_engine::Engine).
//! This one is for an imaginary server that streams words as lines of JSON:
//!
//! ```
//! use geppetto_engine::{EngineError, Finish, ItemId};
//! use geppetto_provider::{
//!     Fault, Flow, Fold, Frame, Frames, Inference, Output, Server, Wire, WireEngine, WireRequest,
//!     read::{Text, parse},
//!     request::nothing_to_send,
//!     wire_object,
//! };
//! use geppetto_turns::{Incomplete, repair};
//!
//! #[derive(Debug)]
//! struct Words;
//!
//! impl Wire for Words {
//!     type Options = ();
//!     type Fold = WordsFold;
//!
//!     const PROVIDER: &'static str = "words";
//!     const BASE_URL: &'static str = "https://words.test/v1";
//!     const FORMAT: &'static str = "a line of words";
//!     const FRAMES: Frames = Frames::JsonLines;
//!
//!     fn new((): (), _: &Server) -> Result<Self, EngineError> {
//!         Ok(Self)
//!     }
//!
//!     fn request(&self, call: &Inference<'_>) -> Result<WireRequest, EngineError> {
//!         let blocks = repair(&call.turn().blocks);
//!         let said: Vec<&str> = blocks.iter().filter_map(|block| block.text()).collect();
//!         if said.is_empty() {
//!             return Err(nothing_to_send());
//!         }
//!         WireRequest::json(format!("/models/{}/stream", call.settings().model), &said)
//!     }
//!
//!     fn fold(&self, _: &Inference<'_>) -> WordsFold {
//!         WordsFold::default()
//!     }
//! }
//!
//! #[derive(Default)]
//! struct WordsFold {
//!     text: Option<ItemId>,
//!     is_over: bool,
//! }
//!
//! wire_object! {
//!     struct Line {
//!         word: Text<'a>,
//!         end: Text<'a>,
//!     }
//! }
//!
//! impl Fold for WordsFold {
//!     fn frame(&mut self, frame: Frame<'_>, out: &mut Output<'_>) -> Result<Flow, Fault> {
//!         let line: Line<'_> = parse(frame.data).map_err(Fault::syntax)?;
//!         let text = *self.text.get_or_insert_with(|| out.open_text());
//!         out.push(text, &line.word);
//!         self.is_over |= !line.end.is_empty();
//!         Ok(if self.is_over { Flow::End } else { Flow::Continue })
//!     }
//!
//!     fn is_complete(&self) -> bool {
//!         self.is_over
//!     }
//!
//!     fn finish(self, _: Option<Incomplete>, _: &mut Output<'_>) -> Finish {
//!         Finish::completed()
//!     }
//! }
//!
//! # use geppetto_engine::{Engine, RunContext};
//! # use geppetto_transport::{HttpClient, memory::{MemoryTransport, Reply}};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), EngineError> {
//! # let reply = Reply::ok().chunk("{\"word\": \"Hel\"}\n{\"word\"").chunk(": \"lo\", \"end\": \"stop\"}");
//! # let http = HttpClient::new(MemoryTransport::new([reply]));
//! let engine = WireEngine::<Words>::builder("words-1").http_client(http).build()?;
//! # let mut turn = geppetto_turns::Turn::builder().user("Say hello").build();
//! engine.run_inference(&RunContext::new(), &mut turn).await?;
//! assert_eq!(turn.assistant_text(), "Hello");
//! # Ok(())
//! # }
//! ```
//!
//! The guide "Writing a provider" continues from here; `geppetto-providers-openai` has two
//! production wires.
//!
//! # The contract
//!
//! An inference is one provider call: one or more attempts at the same request, at most one of
//! which produces output.
//!
//! | concern | implemented by |
//! |---|---|
//! | precedence and validation of settings | the engine, [`Settings`] |
//! | settings that the server refuses | the wire, [`Wire::adapt`] |
//! | path, headers and body of a request | the wire, [`Wire::request`] |
//! | base URL, key, `accept`, additional headers | the engine, [`WireEngineBuilder`] |
//! | keys that expire | the engine, [`TokenSource`] |
//! | retries, time limits, cancellation, deadline | the engine |
//! | stream or body, events or lines, heartbeats, end marker | the engine |
//! | contents of a frame | the wire, [`Fold`] |
//! | blocks and events of the reply, in their legal order | the [`Output`] |
//! | classification of faults, decision about a retry | the engine, from a [`Fault`] |
//! | finish reason, usage | the wire, [`Fold::finish`] |
//! | result, error and end of the reply | the engine |
//!
//! [`Wire`] and [`Fold`] document for each method when and how often it is called, and what may
//! fail. No method of either is `async` or may block, and none receives a secret.
//!
//! # Invariants
//!
//! - An attempt is retried only before any output, within the client's limits, with the same
//!   request bytes and a new fold. Nothing is sent again after that.
//! - However a call ends, including by dropping its future, the output so far is in the turn.
//! - A reply that the wire does not report as complete is an error of kind `Truncated`, never a
//!   success.
//! - The form of a reply does not depend on the request: a body in place of a stream, lines in
//!   place of events, and events without blank lines between them are all accepted.
//! - Every frame and every body is bounded, and so is every list in them ([`read::MAX_ENTRIES`]).
//! - Text that a strict parser rejects is repaired if it can be understood, and replacements are
//!   counted in the details of the result.

mod builder;
mod connection;
mod count;
mod engine;
mod fault;
mod fold;
mod harness;
pub mod offline;
mod output;
pub mod read;
pub mod request;
pub mod rules;
mod settings;
mod wire;

pub use builder::WireEngineBuilder;
pub use connection::authority;
pub use count::CountTokens;
pub use engine::WireEngine;
pub use fault::Fault;
pub use fold::{Flow, Fold, Frame};
/// Key for [`WireEngineBuilder::api_key`], re-exported so that an application needs no other crate
/// for it.
pub use geppetto_transport::ApiKey;
/// Source for [`WireEngineBuilder::token_source`], re-exported for the same reason.
pub use geppetto_transport::TokenSource;
pub use output::Output;
pub use settings::{Settings, Unsent};
pub use wire::{Frames, Inference, KeyHeader, Remedy, Server, Settled, Wire, WireRequest};

#[doc(hidden)]
pub use serde as __serde;
