//! [`FallbackPolicy`]: selects when another engine is called.

use std::{fmt, sync::Arc};

use geppetto_turns::{Block, BlockKind, FinishClass, InferenceResult, Turn};

use crate::{EngineError, ErrorKind};

/// Selects the errors and replies after which a [`Fallback`](crate::Fallback) calls another engine.
///
/// By default, errors caused by the provider or the network
/// ([`provider_faults`](Self::provider_faults)), and no replies. A cancelled run, a panic and a
/// session owned by another process are always excluded.
///
/// ```
/// use geppetto_engine::{Engine, Fallback, FallbackPolicy, RunContext};
/// use geppetto_testing::{Script, ScriptedEngine};
/// use geppetto_turns::{FinishClass, Turn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), geppetto_engine::EngineError> {
/// // In place of two providers' engines.
/// let refuses = Script::new().text("I cannot help with that.").finish(FinishClass::Refused);
/// let other = ScriptedEngine::always(Script::new().text("Hello."));
///
/// let engine = Fallback::new(ScriptedEngine::always(refuses)).or(other);
/// let engine = engine.with_policy(FallbackPolicy::any_refusal().or_empty_replies());
/// let mut turn = Turn::builder().user("Say hello").build();
/// engine.run_inference(&RunContext::new(), &mut turn).await?;
/// assert_eq!(turn.assistant_text(), "Hello.");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct FallbackPolicy {
    errors: Errors,
    refused: bool,
    empty: bool,
    replies: Option<Arc<ReplyTest>>,
}

#[derive(Clone)]
enum Errors {
    ProviderFaults,
    AnyRefusal,
    Custom(Arc<dyn Fn(&EngineError) -> bool + Send + Sync>),
}

type ReplyTest = dyn Fn(&InferenceResult, &Turn) -> bool + Send + Sync;

impl FallbackPolicy {
    /// Falls back after timeouts, broken connections, truncated or malformed replies, rate limits,
    /// exhausted quotas, overload and server errors. Excludes errors that the caller must correct,
    /// which another engine would hide: missing credentials or permissions, an unknown model, an
    /// invalid request, a prompt that is too long, refused content, an invalid configuration.
    #[must_use]
    pub fn provider_faults() -> Self {
        Self::new(Errors::ProviderFaults)
    }

    /// Like [`provider_faults`](Self::provider_faults), plus all other reasons for which a provider
    /// or its model refuses: credentials, permissions, an unknown model, an invalid request, a
    /// prompt that is too long for the model, a content filter. Includes replies that were refused
    /// ([`FinishClass::Refused`]): a content filter is an error of some providers and a finish
    /// reason of others.
    #[must_use]
    pub fn any_refusal() -> Self {
        Self {
            refused: true,
            ..Self::new(Errors::AnyRefusal)
        }
    }

    /// Falls back after the errors for which `falls_back` returns `true`.
    #[must_use]
    pub fn when(falls_back: impl Fn(&EngineError) -> bool + Send + Sync + 'static) -> Self {
        Self::new(Errors::Custom(Arc::new(falls_back)))
    }

    fn new(errors: Errors) -> Self {
        Self {
            errors,
            refused: false,
            empty: false,
            replies: None,
        }
    }

    /// Also falls back after replies that contain neither text nor a tool call, such as those that
    /// overloaded servers send with status 200.
    ///
    /// Some models send an empty reply after a tool has run; then the next engine is called as well.
    #[must_use]
    pub fn or_empty_replies(mut self) -> Self {
        self.empty = true;
        self
    }

    /// Also falls back after replies for which `falls_back` returns `true`, in place of an earlier
    /// function. The turn ends with the reply.
    #[must_use]
    pub fn or_replies_when(
        mut self,
        falls_back: impl Fn(&InferenceResult, &Turn) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.replies = Some(Arc::new(falls_back));
        self
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
        match &self.errors {
            Errors::ProviderFaults => is_fault,
            Errors::AnyRefusal => {
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
            Errors::Custom(falls_back) => falls_back(error),
        }
    }

    /// Returns the reason why another engine is called after a reply, which begins at block `from`
    /// of `turn`; `None` if none is.
    pub(super) fn against(
        &self,
        result: &InferenceResult,
        turn: &Turn,
        from: usize,
    ) -> Option<&'static str> {
        if self.refused && result.finish_class == FinishClass::Refused {
            return Some("the reply was refused by the model or stopped by a content filter");
        }
        if self.empty
            && result.finish_class != FinishClass::Refused
            && turn.blocks.iter().skip(from).all(|block| is_empty(block))
        {
            return Some("the reply is empty");
        }
        let custom = self.replies.as_ref().filter(|own| own(result, turn));
        custom.map(|_| "the policy does not accept the reply")
    }
}

/// Returns `true` if the block contains no answer.
fn is_empty(block: &Block) -> bool {
    match block.kind() {
        BlockKind::Reasoning => true,
        BlockKind::LlmText => block.text().is_none_or(|text| text.trim().is_empty()),
        _ => false,
    }
}

impl Default for FallbackPolicy {
    fn default() -> Self {
        Self::provider_faults()
    }
}

impl fmt::Debug for FallbackPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors = match &self.errors {
            Errors::ProviderFaults => "provider_faults",
            Errors::AnyRefusal => "any_refusal",
            Errors::Custom(_) => "custom",
        };
        f.debug_struct("FallbackPolicy")
            .field("errors", &errors)
            .field("refused_replies", &self.refused)
            .field("empty_replies", &self.empty)
            .field("other_replies", &self.replies.is_some())
            .finish()
    }
}
