//! The reply as it stands on the wire, borrowed from the bytes that it came in.
//!
//! Servers that speak this format differ in every detail, so reading never fails for a field that
//! has an unusual type, stands elsewhere or is missing: what must be understood is read by the
//! tolerant types of the submodules, what is passed through stays raw, the rest is skipped.
//!
//! Fields: <https://platform.openai.com/docs/api-reference/chat/streaming>.

use serde::Deserialize;
use serde_json::value::RawValue;

mod choices;
mod content;
mod scalar;

#[cfg(test)]
mod tests;

pub(super) use choices::Choices;
pub(super) use content::{Content, Piece};
pub(super) use scalar::{Index, Text};

/// One event of a stream, or a whole reply.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Chunk<'a> {
    #[serde(borrow, default)]
    pub(super) id: Text<'a>,
    #[serde(borrow, default)]
    pub(super) model: Text<'a>,
    #[serde(borrow, default)]
    pub(super) object: Text<'a>,
    #[serde(borrow, default)]
    pub(super) choices: Option<Choices<'a>>,
    #[serde(borrow, default)]
    pub(super) usage: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) error: Option<&'a RawValue>,
    /// Groq repeats the usage here.
    #[serde(borrow, default)]
    pub(super) x_groq: Option<Groq<'a>>,
    #[serde(borrow, default)]
    pub(super) service_tier: Text<'a>,
    #[serde(borrow, default)]
    pub(super) system_fingerprint: Text<'a>,
    /// Who answered behind a gateway (OpenRouter).
    #[serde(borrow, default)]
    pub(super) provider: Text<'a>,
    /// Sources, of Perplexity: repeated in each event.
    #[serde(borrow, default)]
    pub(super) citations: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) search_results: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Groq<'a> {
    #[serde(borrow, default)]
    pub(super) usage: Option<&'a RawValue>,
}

/// One of the answers in parallel.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Choice<'a> {
    #[serde(default)]
    pub(super) index: Index,
    #[serde(borrow, default)]
    pub(super) delta: Option<Delta<'a>>,
    #[serde(borrow, default)]
    pub(super) message: Option<Box<Delta<'a>>>,
    #[serde(borrow, default)]
    pub(super) finish_reason: Text<'a>,
    #[serde(borrow, default)]
    pub(super) logprobs: Option<Box<Logprobs<'a>>>,
    /// Moonshot puts the usage of a stream here.
    #[serde(borrow, default)]
    pub(super) usage: Option<&'a RawValue>,
    /// An error of this choice alone (OpenRouter).
    #[serde(borrow, default)]
    pub(super) error: Option<&'a RawValue>,
}

/// What a stream adds, or a whole message.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Delta<'a> {
    #[serde(borrow, default)]
    pub(super) content: Content<'a>,
    /// DeepSeek, llama.cpp, vLLM and many others.
    #[serde(borrow, default)]
    pub(super) reasoning_content: Content<'a>,
    /// OpenRouter, Ollama, Groq and others.
    #[serde(borrow, default)]
    pub(super) reasoning: Content<'a>,
    /// OpenRouter: typed pieces, with signatures and encrypted data.
    #[serde(borrow, default)]
    pub(super) reasoning_details: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) refusal: Text<'a>,
    #[serde(borrow, default)]
    pub(super) tool_calls: Option<Vec<CallDelta<'a>>>,
    /// The only call, in the format before tools.
    #[serde(borrow, default)]
    pub(super) function_call: Option<Box<FunctionDelta<'a>>>,
    #[serde(borrow, default)]
    pub(super) audio: Option<Box<Audio<'a>>>,
    #[serde(borrow, default)]
    pub(super) annotations: Option<&'a RawValue>,
    /// Images that the model made (OpenRouter).
    #[serde(borrow, default)]
    pub(super) images: Option<&'a RawValue>,
}

/// A piece of a tool call.
#[derive(Debug, Default, Deserialize)]
pub(super) struct CallDelta<'a> {
    #[serde(default)]
    pub(super) index: Index,
    #[serde(borrow, default)]
    pub(super) id: Text<'a>,
    #[serde(borrow, default)]
    pub(super) function: Option<FunctionDelta<'a>>,
    #[serde(borrow, default)]
    pub(super) custom: Option<CustomDelta<'a>>,
}

/// A piece of a call of a function.
#[derive(Debug, Default, Deserialize)]
pub(super) struct FunctionDelta<'a> {
    #[serde(borrow, default)]
    pub(super) name: Text<'a>,
    /// A string as a rule; some servers send the object itself.
    #[serde(borrow, default)]
    pub(super) arguments: Option<&'a RawValue>,
}

/// A piece of a call of a custom tool, whose input is text.
#[derive(Debug, Default, Deserialize)]
pub(super) struct CustomDelta<'a> {
    #[serde(borrow, default)]
    pub(super) name: Text<'a>,
    #[serde(borrow, default)]
    pub(super) input: Text<'a>,
}

/// A piece of speech.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Audio<'a> {
    #[serde(borrow, default)]
    pub(super) id: Text<'a>,
    #[serde(borrow, default)]
    pub(super) data: Text<'a>,
    #[serde(borrow, default)]
    pub(super) transcript: Text<'a>,
    #[serde(default)]
    pub(super) expires_at: Index,
}

/// Log probabilities of tokens, for each text they belong to.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Logprobs<'a> {
    #[serde(borrow, default)]
    pub(super) content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) refusal: Option<&'a RawValue>,
    #[serde(borrow, default)]
    pub(super) reasoning_content: Option<&'a RawValue>,
}

/// Whether an `error` field reports an error. Some servers send an empty one with every event.
pub(super) fn reports_error(raw: &RawValue) -> bool {
    !matches!(raw.get(), "{}" | "[]" | "\"\"" | "false" | "0" | "null")
}
