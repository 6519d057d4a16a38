//! [`Dialect`]: differences between servers in their requests.

use std::borrow::Cow;

use geppetto_provider::{
    KeyHeader,
    rules::{CallIdForm, NameForm},
};
use geppetto_turns::Rules;

mod hosts;
mod templates;

use crate::models;

#[cfg(test)]
mod tests;

/// Rules accepted by most servers: consecutive prompts are joined into one message, and so are
/// consecutive instructions.
///
/// Chat templates refuse them otherwise, on any server (llama.cpp, vLLM, LM Studio, ...), and no
/// server refuses joined messages: <https://github.com/ggml-org/llama.cpp/issues/19851>,
/// <https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/2218>,
/// <https://github.com/BerriAI/litellm/issues/26879>.
const MOST_SERVERS: Rules = {
    let mut rules = Rules::new();
    rules.system_joined = true;
    rules.users_joined = true;
    rules
};

/// Differences between the requests to a server and those to others, as data.
///
/// Replies need no such data: every known dialect is understood from any server, because none of
/// them contradicts another.
///
/// The default is accepted by most servers. [`for_base_url`](Self::for_base_url) returns the
/// dialects of public servers by host name, [`named`](Self::named) by name. Requirements of a chat
/// template or a model on any server are determined by the name of the model, and added to the
/// dialect.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Dialect {
    /// Name of the server. Empty by default.
    ///
    /// Contents that a model created for one server only (signatures, reasoning) are sent back only
    /// to the server of the same name; without a name, to the same host.
    pub name: Cow<'static, str>,
    /// Order of messages. By default consecutive prompts are joined into one message, and so are
    /// consecutive instructions, so that the last message of a request grows if its prompt was not
    /// answered. OpenAI and Azure accept any order, and there the messages of a request are always
    /// a prefix of the next one's.
    pub rules: Rules,
    /// Form of tool call ids. Any by default.
    pub call_ids: CallIdForm,
    /// Request fields that the server refuses, which are never sent unless they are passed through:
    /// `temperature`, `top_p`, `stop`, `seed`, `reasoning_effort`, `tool_choice`,
    /// `parallel_tool_calls`. An `info` event reports omitted settings. None by default.
    pub refused: Cow<'static, [&'static str]>,
    /// Role of instructions. `system` by default.
    pub system_role: SystemRole,
    /// Field of the output limit. Depends on the model by default.
    pub max_tokens: MaxTokensField,
    /// Field of the seed. `seed` by default; Mistral: `random_seed`.
    pub seed: Cow<'static, str>,
    /// Value of `tool_choice` that requires a tool call. `required` by default; Mistral: `any`.
    /// Empty if the server has no such value: the choice is left to the model.
    pub required_choice: Cow<'static, str>,
    /// `true` to request usage in streams with `stream_options`. `true` by default.
    pub stream_options: bool,
    /// `true` if `thinking: {"type": ...}` enables and disables thinking. `false` by default;
    /// `true` for DeepSeek, Moonshot and Z.AI.
    pub thinking: bool,
    /// Messages in which reasoning is sent back to the server. None by default.
    pub reasoning: ReasoningReplay,
    /// `true` if each message with tool calls has the reasoning field, with an empty text (a space for
    /// Moonshot) if there was no reasoning. `false` by default; `true` for DeepSeek and Moonshot.
    pub reasoning_key: bool,
    /// Content of a message that has only tool calls. `null` by default.
    pub empty_content: EmptyContent,
    /// Request format of a structured answer. With its schema by default.
    pub output: OutputFormat,
    /// `true` if a request with tool calls in its history must offer a tool; if there is none, a
    /// placeholder is offered. `false` by default; `true` for Claude, by the model's name.
    pub placeholder_tool: bool,
    /// The form of tool schemas. JSON schemas by default; subsets for Gemini and Moonshot, by the
    /// model's name.
    pub schemas: SchemaForm,
    /// Form of tool names. 1 to 64 letters, digits, `_` and `-` by default; starting with a letter
    /// for Gemini and Moonshot, by the model's name.
    pub tool_names: NameForm,
    /// `true` if a reply's text that begins with `<think>` is reasoning up to `</think>`. `false` by
    /// default: the text of a reply is not interpreted; `true` for `MiniMax`, which documents it.
    pub reasoning_in_tags: bool,
    /// `true` if refusals are sent back in a separate field instead of as text. `false` by default;
    /// `true` for OpenAI.
    pub refusal_field: bool,
    /// Header of the API key. A bearer token by default.
    pub key: KeyHeader,
}

/// Role of instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SystemRole {
    /// `system`, which every server accepts.
    #[default]
    System,
    /// `developer`, OpenAI's newer name.
    Developer,
}

/// Content of a message that has only tool calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum EmptyContent {
    /// `null`, as sent by OpenAI.
    #[default]
    Null,
    /// An empty text, for templates that concatenate contents as text.
    Text,
}

/// Request format of a structured answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OutputFormat {
    /// `response_format` with the schema.
    #[default]
    JsonSchema,
    /// `response_format` with the schema; if tools are offered, which the server does not accept
    /// together with it, the schema is an instruction before the messages.
    JsonSchemaWithoutTools,
    /// `response_format` of type `json_object`, with the schema in an instruction before the
    /// messages.
    JsonObject,
}

/// The form of tool schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SchemaForm {
    /// JSON schemas.
    #[default]
    JsonSchema,
    /// The subset of `OpenAPI` that Gemini accepts: references are resolved, types are single, and
    /// keywords that it lacks are described in words or omitted. Arguments are still checked
    /// against the original schema.
    OpenApi,
    /// The JSON schemas that Moonshot accepts: every schema has one type, or alternatives that have
    /// one; references and `allOf` are resolved; there are no conditions.
    Moonshot,
}

/// Field of the output limit.
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

/// Messages in which reasoning is sent back to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ReasoningReplay {
    /// None.
    #[default]
    Never,
    /// A field of the messages that called tools, and of the following messages up to the next
    /// prompt, so that the model continues its reasoning.
    WithToolCalls(ReasoningField),
    /// A field of every message.
    Always(ReasoningField),
}

impl ReasoningReplay {
    /// Returns the field of a message; `called` is `true` if tools were called since the last
    /// prompt.
    pub(super) fn field(self, called: bool) -> Option<ReasoningField> {
        match self {
            Self::Always(field) => Some(field),
            Self::WithToolCalls(field) if called => Some(field),
            _ => None,
        }
    }
}

/// Field of a message that contains reasoning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReasoningField {
    /// `reasoning_content`, a text: DeepSeek, Moonshot, Z.AI.
    ReasoningContent,
    /// `reasoning`, a text: Cerebras, Groq.
    Reasoning,
    /// `reasoning_details`, the typed parts unchanged: OpenRouter, MiniMax. If there are none,
    /// `reasoning`, as text.
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
            schemas: SchemaForm::default(),
            tool_names: NameForm::default(),
            reasoning_in_tags: false,
            refusal_field: false,
            key: KeyHeader::default(),
        }
    }
}

impl Dialect {
    /// Creates the dialect accepted by most servers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the dialect of the server at a base URL, by its host name; the default for unknown
    /// hosts, with an empty text instead of `null` as [`empty_content`](Self::empty_content) on the
    /// ports of Ollama (11434) and LM Studio (1234).
    #[must_use]
    pub fn for_base_url(url: &str) -> Self {
        hosts::find(url).map_or_else(|| hosts::unknown(url), |dialect| dialect())
    }

    /// Returns the dialect of a public server by its name: `openai`, `azure`, `anthropic`,
    /// `cerebras`, `cloudflare`, `cohere`, `copilot`, `dashscope`, `deepseek`, `fireworks`, `gemini`,
    /// `github`, `groq`, `minimax`, `mistral`, `moonshot`, `ollama`, `openrouter`, `perplexity`,
    /// `snowflake`, `together`, `xai`, `zai`. `None` for other names.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        hosts::named(name).map(|dialect| dialect())
    }

    /// Creates a dialect accepted by the strictest chat templates (Gemma, Mistral and Qwen on vLLM
    /// or llama.cpp): instructions first and in one message, alternating users and models, no empty
    /// message.
    ///
    /// Models with such a template are recognized by their names; this is for all others.
    #[must_use]
    pub fn strict_template() -> Self {
        Self {
            rules: Rules::strict(),
            empty_content: EmptyContent::Text,
            ..Self::default()
        }
    }

    /// Returns the dialect with the requirements of the model on any server.
    pub(super) fn with_model(&self, model: &str) -> Cow<'_, Self> {
        let form = templates::schemas(model);
        let is_unknown = self.name.is_empty() && self.reasoning == ReasoningReplay::Never;
        let wants_reasoning = is_unknown && templates::wants_reasoning(model);
        let Some((rules, ids)) = templates::find(model) else {
            let mut dialect = Cow::Borrowed(self);
            if let Some(form) = form {
                let own = dialect.to_mut();
                (own.schemas, own.tool_names) = (form, NameForm::LetterFirst);
            }
            if wants_reasoning {
                dialect.to_mut().replay_reasoning();
            }
            return dialect;
        };
        let mut dialect = self.clone();
        dialect.rules = dialect.rules.and(rules);
        dialect.placeholder_tool |= templates::wants_tool(model);
        if dialect.call_ids == CallIdForm::Any {
            dialect.call_ids = ids;
        }
        Cow::Owned(dialect)
    }

    /// Sends reasoning back in `reasoning_content`, with the results of tools.
    pub(super) fn replay_reasoning(&mut self) {
        self.reasoning = ReasoningReplay::WithToolCalls(ReasoningField::ReasoningContent);
        self.reasoning_key = true;
    }

    /// Sends reasoning back with every message.
    pub(super) fn replay_all_reasoning(&mut self) {
        let field = match self.reasoning {
            ReasoningReplay::Never => ReasoningField::ReasoningContent,
            ReasoningReplay::WithToolCalls(field) | ReasoningReplay::Always(field) => field,
        };
        self.reasoning = ReasoningReplay::Always(field);
        self.reasoning_key = true;
    }

    /// Returns the reason why a request for `model` must not have a field, if there is one.
    /// `effort` is the requested effort.
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

    /// Returns the field of the output limit for a model.
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
