//! [`Fallback`]: another engine takes over when one fails.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use geppetto_events::{EventKind, kind::Info};
use geppetto_turns::{InferenceResult, Turn};

use crate::{
    Engine, EngineError, ErrorKind, RunContext,
    sampling::Repeated,
    steps::{deadline_passed, is_stopped},
};

/// Engine that calls others in turn, until one of them returns a complete reply.
///
/// If an engine fails before any output, the next one is called, and an `info` event reports it. If
/// it fails after output has begun, its output is set aside: once the next engine produces output,
/// the broken reply is announced as discarded (`provider-call-discarded`) and removed from the
/// turn, so that no text appears twice. If no later engine produces output, the broken reply stays,
/// and its error is returned. The tokens of all engines count.
///
/// The [`FallbackPolicy`] decides after which errors the next engine is called. Regardless of the
/// policy, no other engine is called after a panic, or if the run was cancelled, its time is up or
/// its session is at a limit.
///
/// A model in the data of the turn or in the run's settings applies to the first engine; the others
/// use their own.
///
/// ```
/// use geppetto_engine::{Engine, ErrorKind, Fallback, RunContext};
/// use geppetto_testing::{Script, ScriptedEngine};
/// use geppetto_turns::Turn;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), geppetto_engine::EngineError> {
/// // In place of two providers' engines.
/// let busy = ScriptedEngine::always(Script::new().fail(ErrorKind::Overloaded, "try later"));
/// let other = ScriptedEngine::always(Script::new().text("Hello."));
///
/// let engine = Fallback::new(busy).or(other);
/// let mut turn = Turn::builder().user("Say hello").build();
/// engine.run_inference(&RunContext::new(), &mut turn).await?;
/// assert_eq!(turn.assistant_text(), "Hello.");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Fallback {
    engines: Vec<Arc<dyn Engine>>,
    policy: FallbackPolicy,
}

impl Fallback {
    /// Creates an engine that calls only `first`.
    pub fn new(first: impl Engine + 'static) -> Self {
        Self {
            engines: vec![Arc::new(first)],
            policy: FallbackPolicy::default(),
        }
    }

    /// Adds the engine that is called after all previous ones have failed.
    pub fn or(mut self, next: impl Engine + 'static) -> Self {
        self.engines.push(Arc::new(next));
        self
    }

    /// Sets the policy, which selects the errors after which another engine is called.
    pub fn with_policy(mut self, policy: FallbackPolicy) -> Self {
        self.policy = policy;
        self
    }

    fn may_go_on(&self, ctx: &RunContext, turn: &Turn, error: &EngineError) -> bool {
        self.policy.falls_back(error) && !is_stopped(ctx) && ctx.limit_reached(turn).is_none()
    }
}

#[async_trait]
impl Engine for Fallback {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let mut reply = Repeated::new(turn);
        let mut engines = self.engines.iter().peekable();
        let mut is_first = true;
        while let Some(engine) = engines.next() {
            let since = ctx.provider_calls();
            let result = if is_first {
                engine.run_inference(ctx, reply.turn).await
            } else {
                let (ctx, own) = ctx.without_model(reply.turn)?;
                engine.run_inference(&ctx, own.turn).await
            };
            is_first = false;
            let error = match result {
                Ok(result) => {
                    reply.replaced();
                    return Ok(result);
                }
                Err(error) => error,
            };
            if engines.peek().is_none() || !self.may_go_on(ctx, reply.turn, &error) {
                return Err(last_word(ctx, &mut reply, error));
            }
            let message = format!("another engine is asked, because one failed: {error}");
            ctx.publish(EventKind::Info(Info::new(message, None)));
            if ctx.has_output_since(since) {
                // An older reply that was set aside was discarded when this one produced output.
                reply.set_aside(ctx, since, error);
            }
        }
        // There is always a first engine, and the loop returns if it is the only one.
        Err(EngineError::new(ErrorKind::Other, "there is no engine"))
    }
}

/// Returns the error of the reply that the turn keeps.
fn last_word(ctx: &RunContext, reply: &mut Repeated<'_>, error: EngineError) -> EngineError {
    let Some(kept) = reply.restore() else {
        return error;
    };
    if error.is_cancelled() || error.kind() == ErrorKind::Panicked || deadline_passed(ctx) {
        return error;
    }
    let message = format!("the broken reply stays, because the next engine failed: {error}");
    ctx.publish(EventKind::Info(Info::new(message, None)));
    kept
}

impl fmt::Debug for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fallback")
            .field("engines", &self.engines.len())
            .field("policy", &self.policy)
            .finish()
    }
}

/// Selects the errors after which a [`Fallback`] calls another engine.
///
/// By default, errors caused by the provider or the network ([`provider_faults`]). A cancelled run,
/// a panic and a session owned by another process are always excluded.
///
/// [`provider_faults`]: Self::provider_faults
#[derive(Clone)]
pub struct FallbackPolicy(Kind);

#[derive(Clone)]
enum Kind {
    ProviderFaults,
    AnyRefusal,
    Custom(Arc<dyn Fn(&EngineError) -> bool + Send + Sync>),
}

impl FallbackPolicy {
    /// Falls back after timeouts, broken connections, truncated or malformed replies, rate limits,
    /// exhausted quotas, overload and server errors. Excludes errors that the caller must correct,
    /// which another engine would hide: missing credentials or permissions, an unknown model, an
    /// invalid request, a prompt that is too long, refused content, an invalid configuration.
    #[must_use]
    pub fn provider_faults() -> Self {
        Self(Kind::ProviderFaults)
    }

    /// Like [`provider_faults`](Self::provider_faults), plus all other reasons for which a provider
    /// refuses a request: credentials, permissions, an unknown model, an invalid request, a prompt
    /// that is too long for the model, a content filter.
    #[must_use]
    pub fn any_refusal() -> Self {
        Self(Kind::AnyRefusal)
    }

    /// Falls back after the errors for which `falls_back` returns `true`.
    #[must_use]
    pub fn when(falls_back: impl Fn(&EngineError) -> bool + Send + Sync + 'static) -> Self {
        Self(Kind::Custom(Arc::new(falls_back)))
    }

    /// Returns `true` if another engine is called after `error`.
    #[must_use]
    pub fn falls_back(&self, error: &EngineError) -> bool {
        use ErrorKind as E;
        let kind = error.kind();
        if matches!(kind, E::Cancelled | E::Panicked | E::Fenced) {
            return false;
        }
        let is_fault = kind.is_transient() || kind == E::MalformedResponse;
        match &self.0 {
            Kind::ProviderFaults => is_fault,
            Kind::AnyRefusal => {
                is_fault
                    || matches!(
                        kind,
                        E::Authentication
                            | E::PermissionDenied
                            | E::NotFound
                            | E::InvalidRequest
                            | E::ContextTooLong
                            | E::ContentFiltered
                    )
            }
            Kind::Custom(falls_back) => falls_back(error),
        }
    }
}

impl Default for FallbackPolicy {
    fn default() -> Self {
        Self::provider_faults()
    }
}

impl fmt::Debug for FallbackPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match &self.0 {
            Kind::ProviderFaults => "provider_faults",
            Kind::AnyRefusal => "any_refusal",
            Kind::Custom(_) => "custom",
        };
        f.debug_tuple("FallbackPolicy").field(&name).finish()
    }
}
