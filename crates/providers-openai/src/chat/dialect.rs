//! [`Dialect`]: in what the requests to a server differ from those to others.

use std::borrow::Cow;

mod hosts;

#[cfg(test)]
mod tests;

/// In what the requests to a server differ from those to others, as data.
///
/// Replies need no such data: every known dialect of them is understood whatever the server,
/// because none of them contradicts another.
///
/// The default is what most servers take. [`for_base_url`](Self::for_base_url) knows the public
/// ones by their host names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dialect {
    /// The role of instructions. `system` by default.
    pub system_role: SystemRole,
    /// The field of the output limit. By model by default.
    pub max_tokens: MaxTokensField,
    /// The field of the seed. `seed` by default; Mistral: `random_seed`.
    pub seed: Cow<'static, str>,
    /// What `tool_choice` says when a tool must be called. `required` by default; Mistral: `any`.
    pub required_choice: Cow<'static, str>,
    /// Whether `stream_options` asks for usage in streams. True by default.
    pub stream_options: bool,
    /// Whether `thinking: {"type": ...}` turns thinking on and off. False by default; true for
    /// DeepSeek, Moonshot and Z.AI.
    pub thinking: bool,
    /// How reasoning goes back to the server. Never by default.
    pub reasoning: ReasoningReplay,
    /// Whether refusals go back in a field of their own instead of as text. False by default;
    /// OpenAI: true.
    pub refusal_field: bool,
    /// How the key is sent. As a bearer token by default.
    pub key: KeyHeader,
}

/// The role of instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SystemRole {
    /// `system`, which every server knows.
    #[default]
    System,
    /// `developer`, OpenAI's newer name.
    Developer,
}

/// The field of the output limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum MaxTokensField {
    /// `max_completion_tokens` for OpenAI's reasoning models, by name; `max_tokens` for all
    /// others.
    #[default]
    ByModel,
    /// `max_tokens`.
    MaxTokens,
    /// `max_completion_tokens`.
    MaxCompletionTokens,
}

/// How reasoning goes back to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ReasoningReplay {
    /// Not at all.
    #[default]
    Never,
    /// In a field of messages that call tools, so that the model goes on with what it thought.
    WithToolCalls(ReasoningField),
    /// In a field of every message.
    Always(ReasoningField),
}

impl ReasoningReplay {
    /// The field of a message that calls tools or does not.
    pub(super) fn field(self, calls_tools: bool) -> Option<ReasoningField> {
        match self {
            Self::Always(field) => Some(field),
            Self::WithToolCalls(field) if calls_tools => Some(field),
            _ => None,
        }
    }
}

/// The field of a message in which reasoning stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReasoningField {
    /// `reasoning_content`, a text: DeepSeek, Moonshot, Z.AI.
    ReasoningContent,
    /// `reasoning`, a text.
    Reasoning,
    /// `reasoning_details`, the typed pieces exactly as they came: OpenRouter.
    Details,
    /// A part of the content of type `thinking`: Mistral.
    ThinkingPart,
}

/// How the key is sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum KeyHeader {
    /// `authorization: Bearer KEY`.
    #[default]
    Bearer,
    /// The key alone in a header of this name, in lower case: `api-key` for Azure.
    Header(&'static str),
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            system_role: SystemRole::default(),
            max_tokens: MaxTokensField::default(),
            seed: Cow::Borrowed("seed"),
            required_choice: Cow::Borrowed("required"),
            stream_options: true,
            thinking: false,
            reasoning: ReasoningReplay::default(),
            refusal_field: false,
            key: KeyHeader::default(),
        }
    }
}

impl Dialect {
    /// What most servers take.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The dialect of the server at a base URL, by its host name; the default one for hosts that
    /// are not known.
    #[must_use]
    pub fn for_base_url(url: &str) -> Self {
        hosts::find(url).map_or_else(Self::default, |dialect| dialect())
    }

    /// The field of the output limit for a model.
    pub(super) fn max_tokens_field(&self, model: &str) -> &'static str {
        let completion = match self.max_tokens {
            MaxTokensField::MaxTokens => false,
            MaxTokensField::MaxCompletionTokens => true,
            MaxTokensField::ByModel => is_reasoning_model(model),
        };
        if completion {
            "max_completion_tokens"
        } else {
            "max_tokens"
        }
    }
}

/// Whether a model is one of OpenAI's that refuse `max_tokens`, by its name, with or without the
/// vendor in front of it.
fn is_reasoning_model(model: &str) -> bool {
    const FAMILIES: [&str; 4] = ["o1", "o3", "o4", "gpt-5"];
    let name = model.rsplit('/').next().unwrap_or(model);
    FAMILIES.iter().any(|family| {
        name.strip_prefix(family)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    })
}
