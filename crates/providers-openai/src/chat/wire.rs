//! Wire format of a reply, borrowed from the received bytes.
//!
//! Servers with this format differ in every detail, so parsing never fails for a field with an
//! unusual type or position, or for a missing one: relevant fields are parsed by the tolerant types
//! of the submodules, passed-through fields stay raw, the rest is skipped.
//!
//! Fields: <https://platform.openai.com/docs/api-reference/chat/streaming>.

use geppetto_provider::{
    read::{Beside, Number, Text, is_base_resp, is_error_alone, is_reported},
    wire_object,
};
use serde_json::value::RawValue;

mod choices;
mod content;
mod reason;

#[cfg(test)]
mod tests;

pub(super) use choices::Choices;
pub(super) use content::{Content, Piece};

use reason::Reason;

wire_object! {
    /// An event of a stream, or a single body.
    pub(super) struct Chunk {
        id: Text<'a>,
        model: Text<'a>,
        object: Text<'a>,
        choices: Choices<'a>,
        usage: Option<&'a RawValue>,
        error: Option<&'a RawValue>,
        /// MiniMax's status: an error next to or instead of choices.
        base_resp: Option<&'a RawValue>,
        /// Groq repeats the usage here.
        x_groq: Beside<Groq<'a>>,
        service_tier: Text<'a>,
        system_fingerprint: Text<'a>,
        /// The provider behind a gateway (OpenRouter).
        provider: Text<'a>,
        /// Perplexity's sources, repeated in each event.
        citations: Option<&'a RawValue>,
        search_results: Option<&'a RawValue>,
    }
}

wire_object! {
    pub(super) struct Groq {
        usage: Option<&'a RawValue>,
    }
}

wire_object! {
    /// One of the parallel answers.
    pub(super) struct Choice {
        index: Number,
        delta: Option<Delta<'a>>,
        message: Option<Box<Delta<'a>>>,
        /// Content of a choice in the format that preceded chats, which some gateways use in
        /// replies.
        text: Text<'a>,
        finish_reason: Reason<'a>,
        /// Finish reason of the provider behind OpenRouter.
        native_finish_reason: Reason<'a>,
        logprobs: Beside<Logprobs<'a>>,
        /// Sources of a choice, next to its delta (OpenRouter:
        /// <https://github.com/BerriAI/litellm/pull/23662>).
        annotations: Option<&'a RawValue>,
        /// Moonshot sends the usage of a stream here.
        usage: Option<&'a RawValue>,
        /// An error of this choice only (OpenRouter).
        error: Option<&'a RawValue>,
    }
}

wire_object! {
    /// The delta of a stream, or a complete message.
    pub(super) struct Delta {
        content: Content<'a>,
        /// DeepSeek, llama.cpp, vLLM and many others.
        reasoning_content: Content<'a>,
        /// OpenRouter, Ollama, Groq and others.
        reasoning: Content<'a>,
        /// GitHub Copilot.
        reasoning_text: Content<'a>,
        /// Gateways to models of Anthropic.
        thinking: Content<'a>,
        /// OpenRouter: typed pieces, with signatures and encrypted data.
        reasoning_details: Option<&'a RawValue>,
        /// `LiteLLM`: Claude's thinking with its signatures, next to the text of the reasoning.
        thinking_blocks: Option<&'a RawValue>,
        /// Google: signatures of thoughts, next to the text that they belong to.
        extra_content: Option<&'a RawValue>,
        refusal: Text<'a>,
        tool_calls: Vec<CallDelta<'a>>,
        /// The only call, in the format that preceded tools.
        function_call: Option<Box<FunctionDelta<'a>>>,
        audio: Beside<Audio<'a>>,
        annotations: Option<&'a RawValue>,
        /// Generated images (OpenRouter).
        images: Option<&'a RawValue>,
        /// Some gateways send an error here.
        error: Option<&'a RawValue>,
    }
}

wire_object! {
    /// A piece of a tool call.
    pub(super) struct CallDelta {
        index: Number,
        id: Text<'a>,
        function: Option<FunctionDelta<'a>>,
        custom: Option<Box<CustomDelta<'a>>>,
        /// Google: signatures of thoughts.
        extra_content: Option<&'a RawValue>,
    }
}

wire_object! {
    /// A piece of a function call.
    pub(super) struct FunctionDelta {
        name: Text<'a>,
        /// Usually a string; some servers send the object itself.
        arguments: Option<&'a RawValue>,
    }
}

wire_object! {
    /// A piece of a call of a custom tool, whose input is text.
    pub(super) struct CustomDelta {
        name: Text<'a>,
        input: Text<'a>,
    }
}

wire_object! {
    /// A piece of speech.
    pub(super) struct Audio {
        id: Text<'a>,
        data: Text<'a>,
        transcript: Text<'a>,
        expires_at: Number,
    }
}

wire_object! {
    /// Log probabilities of tokens, per text.
    pub(super) struct Logprobs {
        content: Option<&'a RawValue>,
        refusal: Option<&'a RawValue>,
        reasoning_content: Option<&'a RawValue>,
    }
}

impl Chunk<'_> {
    /// Returns `true` if the event or body, whose source is `text`, reports an error: in a
    /// dedicated field, by MiniMax's status, or as a whole. Errors of choices are not included.
    pub(super) fn is_error(&self, text: &str) -> bool {
        if self.error.is_some_and(|raw| is_reported(raw.get())) || &*self.object == "error" {
            return true;
        }
        if self.base_resp.is_some_and(|raw| is_base_resp(raw.get())) {
            return true;
        }
        let is_reply = !self.choices.is_empty() || self.usage.is_some();
        !is_reply && is_error_alone(text)
    }
}

impl Delta<'_> {
    /// Returns `true` if there is text of any kind.
    pub(super) fn speaks(&self) -> bool {
        let speaks = |content: &Content<'_>| !content.flat().is_empty();
        speaks(&self.content)
            || speaks(&self.reasoning_content)
            || speaks(&self.reasoning)
            || speaks(&self.reasoning_text)
            || speaks(&self.thinking)
            || !self.refusal.is_empty()
            || self.reasoning_details.is_some()
    }

    /// Returns `true` if there is no text, call or reasoning.
    pub(super) fn is_empty(&self) -> bool {
        let is_silent = |content: &Content<'_>| content.flat().is_empty();
        is_silent(&self.content)
            && is_silent(&self.reasoning_content)
            && is_silent(&self.reasoning)
            && is_silent(&self.reasoning_text)
            && is_silent(&self.thinking)
            && self.refusal.is_empty()
            && self.tool_calls.is_empty()
            && self.reasoning_details.is_none()
            && self.thinking_blocks.is_none()
            && self.function_call.is_none()
            && self.audio.0.is_none()
            && self.images.is_none()
            && self.extra_content.is_none()
    }
}

impl<'a> Choice<'a> {
    /// Returns the error of this choice only.
    pub(super) fn reported(&self) -> Option<&'a RawValue> {
        let delta = self.delta.as_ref().and_then(|delta| delta.error);
        let message = self.message.as_ref().and_then(|message| message.error);
        let places = [self.error, delta, message].into_iter().flatten();
        places.into_iter().find(|raw| is_reported(raw.get()))
    }

    /// Returns `true` if this is a piece of a stream, without an indication that it is the last
    /// one.
    pub(super) fn is_piece(&self) -> bool {
        self.delta.is_some() && self.message.is_none() && self.finish_reason.is_empty()
    }

    /// Returns the text of a choice that has nothing else.
    pub(super) fn text_alone(&self) -> Option<&str> {
        let is_silent = |said: Option<&Delta<'_>>| said.is_none_or(Delta::is_empty);
        (!self.text.is_empty() && is_silent(self.said())).then_some(&*self.text)
    }

    /// Returns the message of a single body.
    pub(super) fn said(&self) -> Option<&Delta<'a>> {
        self.message.as_deref().or(self.delta.as_ref())
    }
}
