//! [`Tokens`]: the renewable key of one call.

use geppetto_engine::{EngineError, RunContext};
use geppetto_transport::{ApiKey, TokenSource};

use crate::harness::Stop;

/// The renewable key of one call. Without a source there is none, and the key of the engine is sent.
#[derive(Debug, Default)]
pub(super) struct Tokens<'a> {
    source: Option<&'a dyn TokenSource>,
    current: Option<ApiKey>,
}

impl<'a> Tokens<'a> {
    /// Asks the source for the token, at most until the run is stopped.
    ///
    /// # Errors
    ///
    /// The error of the source, or that of a stopped run.
    pub(super) async fn of(
        source: &'a dyn TokenSource,
        ctx: &RunContext,
    ) -> Result<Self, EngineError> {
        let current = Stop::of(ctx).race(source.token()).await??;
        Ok(Self {
            source: Some(source),
            current: Some(current),
        })
    }

    /// Returns the token, if there is a source.
    pub(super) fn current(&self) -> Option<&ApiKey> {
        self.current.as_ref()
    }

    /// Returns `true` if a refusal with this error may be due to the token.
    pub(super) fn are_refused_by(&self, error: &EngineError) -> bool {
        self.current.is_some() && error.status() == Some(401)
    }

    /// Reports the refusal of the token and asks for another one. Returns `false` if there is no other.
    ///
    /// # Errors
    ///
    /// The error of the source, or that of a stopped run.
    pub(super) async fn renew(&mut self, ctx: &RunContext) -> Result<bool, EngineError> {
        let (Some(source), Some(refused)) = (self.source, self.current.take()) else {
            return Ok(false);
        };
        let mut stop = Stop::of(ctx);
        stop.race(source.refused(&refused)).await?;
        let next = stop.race(source.token()).await??;
        let is_new = next.expose() != refused.expose();
        self.current = Some(next);
        Ok(is_new)
    }
}
