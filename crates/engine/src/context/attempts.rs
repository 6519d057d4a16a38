//! [`Attempts`]: retries of a provider call below the middleware.

use std::sync::Arc;

use async_trait::async_trait;
use geppetto_turns::{InferenceResult, Turn};

use super::RunContext;
use crate::{Engine, EngineError};

/// Makes a provider call, and retries it if the reply breaks off.
///
/// A middleware chain ([`Stack`](crate::Stack)) passes its engine to the context's `Attempts`
/// instead of calling it. So every attempt sees what middleware added to the turn, and middleware
/// runs once per provider call, however many attempts that takes.
#[async_trait]
pub trait Attempts: Send + Sync {
    /// Calls `engine`, and retries if that can succeed. `ctx` has no `Attempts`.
    ///
    /// # Errors
    ///
    /// That of the last attempt.
    async fn call(
        &self,
        engine: &dyn Engine,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError>;
}

impl RunContext {
    /// Sets the retry of provider calls below the middleware.
    #[must_use]
    pub fn with_attempts(mut self, attempts: Arc<dyn Attempts>) -> Self {
        self.attempts = Some(attempts);
        self
    }

    /// Splits off the retry of provider calls.
    pub(crate) fn split_attempts(&self) -> Option<(Arc<dyn Attempts>, Self)> {
        let attempts = self.attempts.clone()?;
        let mut ctx = self.clone();
        ctx.attempts = None;
        Some((attempts, ctx))
    }
}
