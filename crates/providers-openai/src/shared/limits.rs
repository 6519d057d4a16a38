//! Limits on what one reply may hold, so that no server decides how much memory and time it costs.

use geppetto_engine::{EngineError, ErrorKind};

/// The most tool calls, items, and entries of a list in one reply. Models call a few tools at once;
/// OpenAI takes at most 128 of them in a request.
pub(crate) const MOST: usize = 10_000;

/// The error of a reply that holds more than [`MOST`] of something.
pub(crate) fn too_many(what: &str) -> EngineError {
    EngineError::new(
        ErrorKind::MalformedResponse,
        format!("the server sent more than {MOST} {what} in one reply"),
    )
}
