//! [`Attempts`]: repeats of a provider call below the middleware.

use std::sync::Arc;

use async_trait::async_trait;
use geppetto_turns::{InferenceResult, Turn};

use super::RunContext;
use crate::{Engine, EngineError};

/// Makes a provider call, with repeats where the reply breaks off.
///
/// A chain of middleware ([`Stack`](crate::Stack)) hands its engine to the context's `Attempts`
/// instead of calling it, so that what middleware put into the turn stands in every attempt, and
/// middleware runs once per provider call, however often that is repeated.
#[async_trait]
pub trait Attempts: Send + Sync {
    /// Calls `engine`, repeatedly where that can help. `ctx` has no `Attempts` of its own.
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
    /// Sets who repeats provider calls below the middleware.
    #[must_use]
    pub fn with_attempts(mut self, attempts: Arc<dyn Attempts>) -> Self {
        self.attempts = Some(attempts);
        self
    }

    /// Takes out who repeats provider calls.
    pub(crate) fn split_attempts(&self) -> Option<(Arc<dyn Attempts>, Self)> {
        let attempts = self.attempts.clone()?;
        let mut ctx = self.clone();
        ctx.attempts = None;
        Some((attempts, ctx))
    }
}
