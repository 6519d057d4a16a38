//! [`CountTokens`]: wires whose servers count the tokens of a request.

use geppetto_engine::EngineError;

use crate::{Fault, Inference, Wire, WireRequest};

/// A wire whose servers count the tokens of a request. Its engine has
/// [`count_input_tokens`](crate::WireEngine::count_input_tokens).
pub trait CountTokens: Wire {
    /// Returns the request that counts the tokens of [`Wire::request`].
    ///
    /// # Errors
    ///
    /// The errors of [`Wire::request`].
    fn count_request(&self, call: &Inference<'_>) -> Result<WireRequest, EngineError>;

    /// Parses the count from the body of the reply.
    ///
    /// # Errors
    ///
    /// If the body contains no count.
    fn counted(body: &str) -> Result<u64, Fault>;
}
