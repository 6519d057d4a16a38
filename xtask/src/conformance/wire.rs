//! The wires that can be replayed. A new one is an entry in [`ADAPTERS`].

use std::sync::Arc;

use geppetto_engine::{Engine, EngineError};
use geppetto_testing::Reply;
use geppetto_transport::HttpClient;
use geppetto_turns::Block;

use super::{expectation::Ending, recording::Recording};

mod chat;
mod responses;

/// Makes an engine from a client, a base URL and whether a stream is asked for.
type MakeEngine = fn(HttpClient, String, bool) -> Result<Arc<dyn Engine>, EngineError>;

/// What the replay must know of a wire.
#[derive(Debug, Clone, Copy)]
pub(super) struct Adapter {
    /// The wire's name in recordings.
    pub(super) provider: &'static str,
    /// The real engine.
    pub(super) engine: MakeEngine,
    /// A reply to the request that goes on with the history.
    pub(super) further: fn() -> Reply,
    /// How the recorded body must end, where it reports no error of its own: by the wire's rules.
    pub(super) ending: fn(&Recording) -> Ending,
    /// Reasoning that the recorded expectation does not count, though it stands in the body.
    pub(super) uncounted_reasoning: fn(&Recording) -> Option<String>,
    /// Whether a block's text counts as the reply's text in recordings.
    pub(super) is_text: fn(&Block) -> bool,
}

const ADAPTERS: &[Adapter] = &[chat::ADAPTER, responses::ADAPTER];

/// The adapter of a wire; `None` where there is none.
pub(super) fn adapter(provider: &str) -> Option<&'static Adapter> {
    ADAPTERS.iter().find(|adapter| adapter.provider == provider)
}
