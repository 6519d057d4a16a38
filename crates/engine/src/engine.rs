//! [`Engine`]: the contract of providers.

use std::sync::Arc;

use async_trait::async_trait;
use geppetto_turns::{InferenceResult, Turn};

use crate::{EngineError, RunContext};

/// Runs inferences: requests the next reply of a model to a conversation.
///
/// One call makes one request to the model; other layers run tools and resample. The reply is
/// appended to `turn` and published as events while it arrives;
/// [`ResponseWriter`](crate::ResponseWriter) does both.
///
/// Output stays in `turn` on every outcome, even if the future is dropped. The future runs on the
/// task of the run and must not block. After a cancellation, the runner drops it at the end of a
/// grace period.
#[async_trait]
pub trait Engine: Send + Sync {
    /// Runs one inference on `turn`.
    ///
    /// # Errors
    ///
    /// If the reply is incomplete; the partial reply is in `turn`, marked incomplete. If the
    /// context is cancelled, returns promptly with an error of kind
    /// [`Cancelled`](crate::ErrorKind::Cancelled).
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError>;

    /// Returns `true` if this is a middleware chain that passes its engine to the context's
    /// [`Attempts`](crate::Attempts). Override it only in an engine that passes `ctx` on to such a
    /// chain; `false` by default.
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
