//! [`Attempts`]: retries of a provider call below the middleware.

use std::sync::Arc;

use async_trait::async_trait;
use geppetto_turns::{InferenceResult, Turn};

use super::RunContext;
use crate::{Engine, EngineError};

/// Retry policy for provider calls: makes a call, and retries it if the reply breaks off.
///
/// A middleware chain ([`Stack`](crate::Stack)) passes its engine to the context's `Attempts`
/// instead of calling it. Every attempt therefore sees the turn as changed by the middleware, and
/// middleware runs once per provider call, regardless of the number of attempts.
#[async_trait]
pub trait Attempts: Send + Sync {
    /// Calls `engine`, and retries if that can succeed. Called each time a chain reaches its engine,
    /// on the task of the run. `ctx` has no `Attempts`.
    ///
    /// # Errors
    ///
    /// The error of the last attempt.
    async fn call(
        &self,
        engine: &dyn Engine,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError>;
}

impl RunContext {
    /// Sets the retry policy of provider calls below the middleware.
    #[must_use]
    pub fn with_attempts(mut self, attempts: Arc<dyn Attempts>) -> Self {
        self.attempts = Some(attempts);
        self
    }

    /// Splits off the retry policy.
    pub(crate) fn split_attempts(&self) -> Option<(Arc<dyn Attempts>, Self)> {
        let attempts = self.attempts.clone()?;
        let mut ctx = self.clone();
        ctx.attempts = None;
        Some((attempts, ctx))
    }
}
