//! [`Engine`]: the one contract that providers fulfil.

use std::sync::Arc;

use async_trait::async_trait;
use geppetto_turns::{InferenceResult, Turn};

use crate::{EngineError, RunContext};

/// Asks a model for the next piece of a conversation.
///
/// One call is one request to the model; running tools and asking again is not an engine's
/// business. What the model says is appended to `turn` and published as events while it arrives;
/// [`ResponseWriter`](crate::ResponseWriter) does both.
///
/// What was produced stays in `turn` on every outcome, also when the future is dropped.
#[async_trait]
pub trait Engine: Send + Sync {
    /// Runs one inference on `turn`.
    ///
    /// # Errors
    ///
    /// When the reply could not be had in full; what arrived of it is in `turn`, marked
    /// incomplete. A cancelled context gives an error of kind
    /// [`Cancelled`](crate::ErrorKind::Cancelled), soon.
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError>;

    /// Returns `true` if this is a chain of middleware that hands its engine to the context's
    /// [`Attempts`](crate::Attempts). Only an engine that passes `ctx` on to such a chain says so;
    /// `false` by default.
    fn has_middleware(&self) -> bool {
        false
    }
}

#[async_trait]
impl<E: Engine + ?Sized> Engine for Arc<E> {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        (**self).run_inference(ctx, turn).await
    }

    fn has_middleware(&self) -> bool {
        (**self).has_middleware()
    }
}
