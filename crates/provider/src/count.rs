//! [`CountTokens`]: wires whose servers count the tokens of a request.

use geppetto_engine::EngineError;

use crate::{Fault, Inference, Wire, WireRequest};

/// A wire whose servers count the tokens of a request. It gives its engine
/// [`count_input_tokens`](crate::WireEngine::count_input_tokens).
pub trait CountTokens: Wire {
    /// The request that counts the tokens of [`Wire::request`].
    ///
    /// # Errors
    ///
    /// As for [`Wire::request`].
    fn count_request(&self, call: &Inference<'_>) -> Result<WireRequest, EngineError>;

    /// Reads the count from the body of the reply.
    ///
    /// # Errors
    ///
    /// The body holds no count.
    fn counted(body: &str) -> Result<u64, Fault>;
}
