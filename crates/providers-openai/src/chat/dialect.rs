//! [`Dialect`]: in what the requests to a server differ from those to others.

use std::borrow::Cow;

use geppetto_provider::{KeyHeader, rules::CallIdForm};
use geppetto_turns::Rules;

mod hosts;
mod templates;

use crate::models;

#[cfg(test)]
mod tests;

/// What most servers take: prompts in a row are one message, and so are instructions in a row.
///
/// Chat templates refuse them, whichever server runs them (llama.cpp, vLLM, LM Studio, ...), and no
/// server refuses what is joined:
/// <https://github.com/ggml-org/llama.cpp/issues/19851>,
/// <https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/2218>,
/// <https://github.com/BerriAI/litellm/issues/26879>.
const MOST_SERVERS: Rules = {
    let mut rules = Rules::new();
    rules.system_joined = true;
    rules.users_joined = true;
    rules
};

/// In what the requests to a server differ from those to others, as data.
///
/// Replies need no such data: every known dialect of them is understood whatever the server,
/// because none of them contradicts another.
///
/// The default is what most servers take. [`for_base_url`](Self::for_base_url) knows the public
/// ones by their host names, [`named`](Self::named) by a word. What a chat template or a model
/// demands wherever it runs is known by the name of the model, and added to the dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dialect {
    /// The word for the server. Empty by default.
    ///
    /// What a model made for a server alone (signatures, reasoning) goes back to the server of the
    /// same name only; without a name, to the same host.
    pub name: Cow<'static, str>,
    /// The order of messages. By default prompts in a row are one message, and so are instructions
    /// in a row: the last message of a request grows when a prompt got no answer. OpenAI and Azure
    /// take any order, and there a request's messages are always a prefix of the next one's.
    pub rules: Rules,
    /// The ids of tool calls. Any by default.
    pub call_ids: CallIdForm,
    /// Request fields that the server refuses, and which are never sent unless they are passed
    /// through: `temperature`, `top_p`, `stop`, `seed`, `reasoning_effort`, `tool_choice`,
    /// `parallel_tool_calls`. An `info` event says so. None by default.
    pub refused: Cow<'static, [&'static str]>,
    /// The role of instructions. `system` by default.
    pub system_role: SystemRole,
    /// The field of the output limit. By model by default.
    pub max_tokens: MaxTokensField,
    /// The field of the seed. `seed` by default; Mistral: `random_seed`.
    pub seed: Cow<'static, str>,
    /// What `tool_choice` says when a tool must be called. `required` by default; Mistral: `any`.
    /// Empty where the server knows no such word: the choice is left to the model.
    pub required_choice: Cow<'static, str>,
    /// Whether `stream_options` asks for usage in streams. True by default.
    pub stream_options: bool,
    /// Whether `thinking: {"type": ...}` turns thinking on and off. False by default; true for
    /// DeepSeek, Moonshot and Z.AI.
    pub thinking: bool,
    /// How reasoning goes back to the server. Never by default.
    pub reasoning: ReasoningReplay,
    /// Whether the field of reasoning stands in each message that calls tools, with an empty text
    /// where there was no reasoning. False by default; DeepSeek, Moonshot: true.
    pub reasoning_key: bool,
    /// What the content of a message is that only calls tools. `null` by default.
    pub empty_content: EmptyContent,
    /// How an answer of a given shape is asked for. With its schema by default.
    pub output: OutputFormat,
    /// Whether a request with tool calls in its history must offer a tool; where there is none, one
    /// that cannot be called stands for it. False by default; Claude: true, by the model's name.
    pub placeholder_tool: bool,
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

/// The content of a message that only calls tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum EmptyContent {
    /// `null`, as OpenAI sends it.
    #[default]
    Null,
    /// An empty text, for templates that put contents together as text.
    Text,
}

/// How an answer of a given shape is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OutputFormat {
    /// `response_format` with the schema.
    #[default]
    JsonSchema,
    /// `response_format` with the schema; where tools are on offer, which the server does not take
    /// beside it, the schema is an instruction in front of the messages.
    JsonSchemaWithoutTools,
    /// `response_format` of type `json_object`, with the schema in an instruction in front of the
    /// messages.
    JsonObject,
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
    /// In a field of the messages that called tools, and of those that follow them up to the next
    /// prompt, so that the model goes on with what it thought.
    WithToolCalls(ReasoningField),
    /// In a field of every message.
    Always(ReasoningField),
}

impl ReasoningReplay {
    /// The field of a message; `called` if tools were called since the last prompt.
    pub(super) fn field(self, called: bool) -> Option<ReasoningField> {
        match self {
            Self::Always(field) => Some(field),
            Self::WithToolCalls(field) if called => Some(field),
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
    /// `reasoning`, a text: Cerebras, Groq.
    Reasoning,
    /// `reasoning_details`, the typed pieces exactly as they came: OpenRouter, MiniMax.
    Details,
    /// A part of the content of type `thinking`: Mistral.
    ThinkingPart,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            name: Cow::Borrowed(""),
            rules: MOST_SERVERS,
            call_ids: CallIdForm::Any,
            refused: Cow::Borrowed(&[]),
            system_role: SystemRole::default(),
            max_tokens: MaxTokensField::default(),
            seed: Cow::Borrowed("seed"),
            required_choice: Cow::Borrowed("required"),
            stream_options: true,
            thinking: false,
            reasoning: ReasoningReplay::default(),
            reasoning_key: false,
            empty_content: EmptyContent::default(),
            output: OutputFormat::default(),
            placeholder_tool: false,
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

    /// The dialect of a public server by its name: `openai`, `azure`, `anthropic`, `cerebras`,
    /// `cohere`, `copilot`, `dashscope`, `deepseek`, `fireworks`, `gemini`, `github`, `groq`,
    /// `minimax`, `mistral`, `moonshot`, `ollama`, `openrouter`, `perplexity`, `together`, `xai`,
    /// `zai`. `None` for others.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        hosts::named(name).map(|dialect| dialect())
    }

    /// What the strictest chat templates take (Gemma, Mistral and Qwen on vLLM or llama.cpp):
    /// instructions first and in one message, users and models in turn, no empty message.
    ///
    /// Models with such a template are known by their names; this is for those that are not.
    #[must_use]
    pub fn strict_template() -> Self {
        Self {
            rules: Rules::strict(),
            empty_content: EmptyContent::Text,
            ..Self::default()
        }
    }

    /// The dialect with what the model demands wherever it runs.
    pub(super) fn with_model(&self, model: &str) -> Cow<'_, Self> {
        let Some((rules, ids)) = templates::find(model) else {
            return Cow::Borrowed(self);
        };
        let mut dialect = self.clone();
        dialect.rules = dialect.rules.and(rules);
        dialect.placeholder_tool |= templates::wants_tool(model);
        if dialect.call_ids == CallIdForm::Any {
            dialect.call_ids = ids;
        }
        Cow::Owned(dialect)
    }

    /// Why a request for `model` may not have a field, if it may not. `effort` is the effort that is
    /// asked for.
    pub(super) fn refusal(
        &self,
        field: &str,
        model: &str,
        effort: Option<&str>,
    ) -> Option<&'static str> {
        if self.refused.contains(&field) {
            return Some("the server refuses it");
        }
        models::refusal(&self.name, model, field, effort)
    }

    /// The field of the output limit for a model.
    pub(super) fn max_tokens_field(&self, model: &str) -> &'static str {
        let completion = match self.max_tokens {
            MaxTokensField::MaxTokens => false,
            MaxTokensField::MaxCompletionTokens => true,
            MaxTokensField::ByModel => models::is_openai_reasoning(model),
        };
        if completion {
            "max_completion_tokens"
        } else {
            "max_tokens"
        }
    }
}
