//! Errors that only this wire has.

use geppetto_engine::{EngineError, ErrorKind};

/// What a reply of this wire is called in errors.
pub(super) const FORMAT: &str = "of the Responses API";

/// The error of a response that the server says was cancelled there.
pub(super) fn cancelled_there() -> EngineError {
    EngineError::new(
        ErrorKind::Server,
        "the response was cancelled at the server; ask again",
    )
    .with_retryable(false)
}
