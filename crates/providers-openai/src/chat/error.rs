//! Errors that only this wire has.

use geppetto_engine::{EngineError, ErrorKind};

/// What a reply of this wire is called in errors.
pub(super) const FORMAT: &str = "a chat completion";

/// The error of a reply whose finish reason is `error`, without a word why.
pub(super) fn unexplained() -> EngineError {
    EngineError::new(
        ErrorKind::Server,
        "the server ended the reply with the finish reason `error` and did not say why",
    )
}
