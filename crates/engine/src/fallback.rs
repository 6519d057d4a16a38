//! [`Fallback`]: an engine that calls others if one fails.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use geppetto_events::{EventKind, kind::Info};
use geppetto_turns::{InferenceResult, Turn};

use crate::{
    Engine, EngineError, ErrorKind, RunContext,
    sampling::Repeated,
    steps::{deadline_passed, is_stopped},
};

mod policy;

pub use policy::FallbackPolicy;

/// Engine that calls others in turn, until one of them returns a complete reply.
///
/// If an engine fails before any output, the next one is called, and an `info` event reports it. If
/// it fails after output has begun, its output is set aside: once the next engine produces output,
/// the broken reply is announced as discarded (`provider-call-discarded`) and removed from the
/// turn, so that no text appears twice. If no later engine produces output, the broken reply stays,
/// and its error is returned. The tokens of all engines count.
///
/// The [`FallbackPolicy`] decides after which errors the next engine is called, and after which
/// replies, such as refusals; these are set aside in the same way. Regardless of the policy, no
/// other engine is called after a panic, or if the run was cancelled, its time is up or its session
/// is at a limit.
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

    fn may_go_on(&self, ctx: &RunContext, turn: &Turn, error: Option<&EngineError>) -> bool {
        error.is_none_or(|error| self.policy.falls_back(error))
            && !is_stopped(ctx)
            && ctx.limit_reached(turn).is_none()
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
            let (since, from) = (ctx.provider_calls(), reply.turn.blocks.len());
            let result = if is_first {
                engine.run_inference(ctx, reply.turn).await
            } else {
                let (ctx, own) = ctx.without_model(reply.turn)?;
                engine.run_inference(&ctx, own.turn).await
            };
            is_first = false;
            let (outcome, against) = match result {
                Ok(result) => match self.policy.against(&result, reply.turn, from) {
                    None => {
                        reply.replaced();
                        return Ok(result);
                    }
                    Some(why) => (Ok(result), why.to_owned()),
                },
                Err(error) => {
                    let why = error.to_string();
                    (Err(error), why)
                }
            };
            if engines.peek().is_none() || !self.may_go_on(ctx, reply.turn, outcome.as_ref().err())
            {
                return last_word(ctx, &mut reply, outcome);
            }
            let message = format!("another engine is asked, because one failed: {against}");
            let data = serde_json::json!({"notice": "fallback"});
            ctx.publish(EventKind::Info(Info::new(message, Some(data))));
            if outcome.is_ok() || ctx.has_output_since(since) {
                // An older reply that was set aside was discarded when this one produced output.
                reply.set_aside(ctx, since, outcome, &against);
            }
        }
        // There is always a first engine, and the loop returns if it is the only one.
        Err(EngineError::new(ErrorKind::Other, "there is no engine"))
    }
}

/// Returns the outcome if no other engine is called: that of the reply that the turn keeps.
fn last_word(
    ctx: &RunContext,
    reply: &mut Repeated<'_>,
    outcome: Result<InferenceResult, EngineError>,
) -> Result<InferenceResult, EngineError> {
    let error = match outcome {
        Ok(result) => {
            reply.replaced();
            return Ok(result);
        }
        Err(error) => error,
    };
    let Some(kept) = reply.restore() else {
        return Err(error);
    };
    if error.is_cancelled() || error.kind() == ErrorKind::Panicked || deadline_passed(ctx) {
        return Err(error);
    }
    let message = format!("the earlier reply stays, because the next engine failed: {error}");
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
