//! [`Middleware`]: what happens around each provider call.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use geppetto_turns::{InferenceResult, Turn};

use crate::{Engine, EngineError, RunContext, isolate};

mod reorder;
mod system_prompt;
mod tracing;

#[cfg(test)]
mod tests;

pub use reorder::ReorderToolResults;
pub use system_prompt::SystemPrompt;
pub use tracing::TraceInference;

/// Wraps each provider call of a run: it may change the turn before and after, call the rest of
/// the chain or not, and look at the result.
#[async_trait]
pub trait Middleware: Send + Sync {
    /// Runs around a provider call; `next` is the rest of the chain.
    ///
    /// # Errors
    ///
    /// Its own, and what `next` gives.
    async fn run(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
        next: Next<'_>,
    ) -> Result<InferenceResult, EngineError>;

    /// The name by which errors call it. The type's by default.
    fn name(&self) -> &str {
        std::any::type_name::<Self>()
    }
}

#[async_trait]
impl<M: Middleware + ?Sized> Middleware for Arc<M> {
    async fn run(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
        next: Next<'_>,
    ) -> Result<InferenceResult, EngineError> {
        (**self).run(ctx, turn, next).await
    }

    fn name(&self) -> &str {
        (**self).name()
    }
}

/// The rest of a chain of middleware, with the engine at its end.
#[derive(Clone, Copy)]
pub struct Next<'a> {
    rest: &'a [Arc<dyn Middleware>],
    engine: &'a dyn Engine,
}

impl Next<'_> {
    /// Runs the rest of the chain.
    ///
    /// # Errors
    ///
    /// What the rest of the chain gives; of kind [`Panicked`](crate::ErrorKind::Panicked) when one
    /// of its links panicked, naming that one.
    pub async fn run(
        self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        match self.rest.split_first() {
            None => {
                // A chain at the end of a chain hands its own engine on.
                let attempts = ctx.split_attempts();
                match attempts.filter(|_| !self.engine.has_middleware()) {
                    Some((attempts, ctx)) => attempts.call(self.engine, &ctx, turn).await,
                    None => {
                        isolate::wait("the engine", self.engine.run_inference(ctx, turn)).await?
                    }
                }
            }
            Some((first, rest)) => {
                let next = Next {
                    rest,
                    engine: self.engine,
                };
                let who = format!("the middleware `{}`", first.name());
                isolate::wait(&who, first.run(ctx, turn, next)).await?
            }
        }
    }
}

impl fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Next({} middlewares)", self.rest.len())
    }
}

/// An engine wrapped in middleware: `m1`, `m2` run as `m1(m2(engine))`.
#[derive(Clone)]
pub struct Stack {
    middlewares: Arc<[Arc<dyn Middleware>]>,
    engine: Arc<dyn Engine>,
}

impl Stack {
    /// Wraps `engine`; the first middleware is the outermost.
    pub fn new(
        engine: Arc<dyn Engine>,
        middlewares: impl IntoIterator<Item = Arc<dyn Middleware>>,
    ) -> Self {
        Self {
            middlewares: middlewares.into_iter().collect(),
            engine,
        }
    }
}

#[async_trait]
impl Engine for Stack {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let next = Next {
            rest: &self.middlewares,
            engine: &*self.engine,
        };
        next.run(ctx, turn).await
    }

    fn has_middleware(&self) -> bool {
        true
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stack({} middlewares)", self.middlewares.len())
    }
}
