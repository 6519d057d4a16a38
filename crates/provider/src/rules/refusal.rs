//! Words with which a server refuses a request.

use geppetto_engine::{EngineError, ErrorKind};

/// Maximum length of the part of a message that is read, in characters: the rest quotes the request.
const LONGEST: usize = 600;

/// Returns the beginning of the server's message in lower case, if the error is of one of these kinds: for
/// [`Wire::remedy`](crate::Wire::remedy), which searches it for the setting that the server refuses.
#[must_use]
pub fn refusal(error: &EngineError, kinds: &[ErrorKind]) -> Option<String> {
    let message = error
        .provider_message()
        .filter(|_| kinds.contains(&error.kind()))?;
    let message: String = message.chars().take(LONGEST).collect();
    Some(message.to_lowercase())
}
