//! [`Middleware`]: wraps each provider call.

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

/// Wraps the provider calls of a run.
///
/// [`run`](Self::run) is called once per provider call, on the task of the run; retries of a reply
/// that broke off ([`Attempts`](crate::Attempts)) happen below the middleware. One instance serves
/// all runs of its builder, which may be concurrent. It must not block the thread. A panic ends the
/// run with an error of kind [`Panicked`](crate::ErrorKind::Panicked). If the run is cancelled and
/// the call does not return soon, its future is dropped.
#[async_trait]
pub trait Middleware: Send + Sync {
    /// Wraps one provider call; `next` is the rest of the chain. It may change the turn before and
    /// after, call `next` any number of times or not at all, and inspect the result.
    ///
    /// # Errors
    ///
    /// Its own errors, and those of `next`. Unless an outer middleware handles it, the error fails
    /// the run; the turn is kept.
    async fn run(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
        next: Next<'_>,
    ) -> Result<InferenceResult, EngineError>;

    /// Returns the name used in errors. The type's name by default.
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

/// The rest of a middleware chain, which ends with the engine.
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
    /// The errors of the rest of the chain; an error of kind
    /// [`Panicked`](crate::ErrorKind::Panicked) that names the middleware or the engine if it
    /// panicked.
    pub async fn run(
        self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        match self.rest.split_first() {
            None => {
                // A chain at the end of a chain passes its own engine on.
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
