//! Finish reasons as data: the meaning of each word, and the providers that use it.

use geppetto_engine::ErrorKind;
use geppetto_turns::FinishClass;

use Meaning::{ContextWindow, Failed, Filter, Limit, Paused, Stop, ToolCalls};

#[cfg(test)]
mod tests;

/// Meaning of a provider's finish reason, before the output is considered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Meaning {
    /// The model completed its reply.
    Stop,
    /// The model called tools.
    ToolCalls,
    /// The provider paused the reply; another call with the same history continues it.
    Paused,
    /// The output limit truncated the reply.
    Limit,
    /// The context window was exhausted.
    ContextWindow,
    /// The provider or the model refused; the output may be incomplete.
    Filter,
    /// The server failed, and the reply is partial.
    Failed(ErrorKind),
    /// An unknown reason.
    Unknown,
}

impl Meaning {
    /// Returns the meaning of a finish reason of any provider, ignoring case.
    #[must_use]
    pub fn of(reason: &str) -> Self {
        let reason = normal(reason);
        let known = REASONS.iter().find(|(name, _)| reason == *name);
        known.map_or(Self::Unknown, |(_, meaning)| *meaning)
    }

    /// Returns the finish class of a reply with this reason; `has_calls` is `true` if a tool was
    /// called.
    ///
    /// Providers send `stop` with calls, and `tool_calls` without: the output decides.
    #[must_use]
    pub fn class(self, has_calls: bool) -> FinishClass {
        match self {
            Self::Limit => FinishClass::MaxTokens,
            Self::ContextWindow => FinishClass::ContextWindow,
            Self::Filter => FinishClass::Refused,
            Self::Failed(_) => FinishClass::Error,
            Self::Stop | Self::ToolCalls | Self::Paused | Self::Unknown if has_calls => {
                FinishClass::ToolCallsPending
            }
            Self::Stop => FinishClass::Completed,
            Self::Paused => FinishClass::Paused,
            Self::ToolCalls | Self::Unknown => FinishClass::Unknown,
        }
    }

    /// Returns the rank of the reason: of two reasons for the same reply, the higher one is more
    /// specific.
    #[must_use]
    pub fn rank(self) -> u8 {
        match self {
            Self::Failed(_) => 6,
            Self::Filter => 5,
            Self::ContextWindow => 4,
            Self::Limit => 3,
            Self::Unknown => 2,
            Self::ToolCalls | Self::Paused => 1,
            Self::Stop => 0,
        }
    }

    /// Returns `true` if the model was stopped, so that its last output is incomplete. This is
    /// possible for an unknown reason.
    #[must_use]
    pub fn is_cut(self) -> bool {
        matches!(
            self,
            Self::Limit | Self::ContextWindow | Self::Filter | Self::Unknown
        )
    }

    /// Returns `true` if a gateway's native reason for the same end takes precedence over this one,
    /// which the gateway derived from it.
    #[must_use]
    pub fn yields_to(self, native: Self) -> bool {
        native.rank() > self.rank() && native != Self::Unknown
    }
}

/// Finish reasons in lower case, without the prefixes removed by [`normal`].
///
/// - OpenAI: <https://platform.openai.com/docs/api-reference/chat/object>
/// - Anthropic, and gateways to it: <https://docs.claude.com/en/api/handling-stop-reasons>
/// - Bedrock: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>
/// - Cohere: <https://docs.cohere.com/reference/chat>
/// - DeepSeek: <https://api-docs.deepseek.com/api/create-chat-completion>
/// - Gemini: <https://ai.google.dev/api/generate-content#FinishReason>
/// - LM Studio: <https://lmstudio.ai/docs/typescript/api-reference/llm-prediction-stop-reason>
/// - Mistral: <https://docs.mistral.ai/api/>
/// - OpenRouter: <https://openrouter.ai/docs/api-reference/overview>
/// - SGLang and vLLM: `abort` for a request that the server aborted
/// - Text Generation Inference, Together and watsonx: `eos_token`, `eos`, `time_limit`
/// - Z.AI: <https://docs.z.ai/api-reference/llm/chat-completion>
const REASONS: &[(&str, Meaning)] = &[
    ("", Stop),
    ("stop", Stop),
    ("stopped", Stop),
    ("end", Stop),
    ("eos", Stop),
    ("eos_token", Stop),
    ("eosfound", Stop),
    ("end_turn", Stop),
    ("stop_sequence", Stop),
    ("stopstringfound", Stop),
    ("complete", Stop),
    ("completed", Stop),
    ("finished", Stop),
    ("done", Stop),
    ("tool_calls", ToolCalls),
    ("tool_call", ToolCalls),
    ("tool-calls", ToolCalls),
    ("toolcalls", ToolCalls),
    ("tool_use", ToolCalls),
    ("function_call", ToolCalls),
    ("pause_turn", Paused),
    ("length", Limit),
    ("max_length", Limit),
    ("max_tokens", Limit),
    ("max_new_tokens", Limit),
    ("max_output_tokens", Limit),
    ("max_prompt_tokens", Limit),
    ("max_completion_tokens", Limit),
    ("maxpredictedtokensreached", Limit),
    ("token_limit", Limit),
    ("error_limit", Limit),
    ("model_length", ContextWindow),
    ("model_context_window_exceeded", ContextWindow),
    ("context_window_exceeded", ContextWindow),
    ("context_length_exceeded", ContextWindow),
    ("context_length", ContextWindow),
    ("contextlengthreached", ContextWindow),
    ("content_filter", Filter),
    ("content_filtered", Filter),
    ("content-filter", Filter),
    ("refusal", Filter),
    ("safety", Filter),
    ("recitation", Filter),
    ("language", Filter),
    ("blocklist", Filter),
    ("prohibited_content", Filter),
    ("spii", Filter),
    ("model_armor", Filter),
    ("image_safety", Filter),
    ("image_prohibited_content", Filter),
    ("image_recitation", Filter),
    ("guardrail_intervened", Filter),
    ("sensitive", Filter),
    ("error_toxic", Filter),
    ("error", Failed(ErrorKind::Server)),
    ("failed", Failed(ErrorKind::Server)),
    ("internal_error", Failed(ErrorKind::Server)),
    ("server_error", Failed(ErrorKind::Server)),
    ("network_error", Failed(ErrorKind::Server)),
    ("abort", Failed(ErrorKind::Server)),
    ("aborted", Failed(ErrorKind::Server)),
    ("cancelled", Failed(ErrorKind::Server)),
    ("canceled", Failed(ErrorKind::Server)),
    ("user_cancel", Failed(ErrorKind::Server)),
    ("userstopped", Failed(ErrorKind::Server)),
    ("modelunloaded", Failed(ErrorKind::Server)),
    ("unload", Failed(ErrorKind::Server)),
    ("not_finished", Failed(ErrorKind::Server)),
    ("malformed_function_call", Failed(ErrorKind::Server)),
    ("malformed_tool_use", Failed(ErrorKind::Server)),
    ("malformed_model_output", Failed(ErrorKind::Server)),
    ("malformed_response", Failed(ErrorKind::Server)),
    ("unexpected_tool_call", Failed(ErrorKind::Server)),
    ("too_many_tool_calls", Failed(ErrorKind::Server)),
    ("no_image", Failed(ErrorKind::Server)),
    ("image_other", Failed(ErrorKind::Server)),
    (
        "missing_thought_signature",
        Failed(ErrorKind::InvalidRequest),
    ),
    (
        "insufficient_system_resource",
        Failed(ErrorKind::Overloaded),
    ),
    (
        "insufficient_system_resources",
        Failed(ErrorKind::Overloaded),
    ),
    ("overloaded", Failed(ErrorKind::Overloaded)),
    ("engine_overloaded", Failed(ErrorKind::Overloaded)),
    ("timeout", Failed(ErrorKind::Timeout)),
    ("time_limit", Failed(ErrorKind::Timeout)),
];

/// Reasons for which the model itself is responsible: it wrote a call or a reply that its server
/// cannot read. Asking once more usually helps, and asking more often rarely does.
///
/// Reports: <https://github.com/pydantic/pydantic-ai/pull/3300>,
/// <https://github.com/google-gemini/gemini-cli/pull/12965>.
const OF_MODEL: [&str; 6] = [
    "malformed_function_call",
    "malformed_tool_use",
    "malformed_model_output",
    "malformed_response",
    "unexpected_tool_call",
    "too_many_tool_calls",
];

/// Returns `true` if the model itself is responsible for a failure with this finish reason.
pub(crate) fn is_of_model(reason: &str) -> bool {
    OF_MODEL.contains(&normal(reason).as_str())
}

/// Returns the plain reason: without the type prefix of Python and Google's endpoint
/// (`FinishReason.STOP`, `function_call_filter: MALFORMED_FUNCTION_CALL`), and without
/// `finish_reason_`.
fn normal(reason: &str) -> String {
    let word = reason.rsplit([':', '.']).next().unwrap_or(reason).trim();
    let word = word.to_ascii_lowercase();
    word.strip_prefix("finish_reason_")
        .map_or_else(|| word.clone(), str::to_owned)
}
