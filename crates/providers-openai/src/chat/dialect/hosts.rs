//! Dialects of public servers, by name and by host name.

use std::borrow::Cow;

use geppetto_provider::authority;
use geppetto_turns::Rules;

use super::{
    CallIdForm, Dialect, EmptyContent, KeyHeader, MaxTokensField, NameForm, OutputFormat,
    ReasoningField, ReasoningReplay, SchemaForm,
};

/// Constructor of a dialect.
type Make = fn() -> Dialect;

/// Name of a server, its hosts or their parent domains, and its dialect. Each function documents
/// the sources of its rules; requirements of a model on any server are in `templates` and in
/// `models`.
const SERVERS: &[(&str, &[&str], Make)] = &[
    ("openai", &["api.openai.com"], openai),
    ("azure", AZURE, azure),
    ("anthropic", &["api.anthropic.com"], anthropic),
    ("cerebras", &["api.cerebras.ai"], cerebras),
    ("cloudflare", &["api.cloudflare.com"], cloudflare),
    ("cohere", &["api.cohere.ai", "api.cohere.com"], cohere),
    ("copilot", &["githubcopilot.com"], copilot),
    ("dashscope", &["aliyuncs.com"], dashscope),
    ("deepseek", &["api.deepseek.com"], deepseek),
    ("fireworks", &["api.fireworks.ai"], fireworks),
    ("gemini", GEMINI, gemini),
    (
        "github",
        &["models.github.ai", "models.inference.ai.azure.com"],
        github,
    ),
    ("groq", &["api.groq.com"], groq),
    (
        "minimax",
        &["api.minimax.io", "api.minimaxi.com", "api.minimax.chat"],
        minimax,
    ),
    ("mistral", &["api.mistral.ai"], mistral),
    (
        "moonshot",
        &["api.moonshot.ai", "api.moonshot.cn", "api.kimi.com"],
        moonshot,
    ),
    ("ollama", &["ollama.com"], ollama),
    ("openrouter", &["openrouter.ai"], openrouter),
    ("perplexity", &["api.perplexity.ai"], perplexity),
    ("snowflake", &["snowflakecomputing.com"], snowflake),
    (
        "together",
        &["api.together.xyz", "api.together.ai"],
        together,
    ),
    ("xai", &["api.x.ai"], xai),
    ("zai", &["api.z.ai", "open.bigmodel.cn"], zai),
];

const AZURE: &[&str] = &[
    "openai.azure.com",
    "cognitiveservices.azure.com",
    "services.ai.azure.com",
];

const GEMINI: &[&str] = &[
    "generativelanguage.googleapis.com",
    "aiplatform.googleapis.com",
];

/// Returns the dialect of the host in a URL, if it is known.
pub(super) fn find(url: &str) -> Option<Make> {
    let host = host(url).to_ascii_lowercase();
    let is_host = |name: &&str| {
        host.strip_suffix(name)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let known = SERVERS
        .iter()
        .find(|(_, hosts, _)| hosts.iter().any(is_host));
    known.map(|(_, _, dialect)| *dialect)
}

/// Ports of local servers that refuse a null content next to tool calls: Ollama, LM Studio
/// (<https://github.com/SAIL-Research-Lab/cheetahclaws/pull/72>,
/// <https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/261>).
const WITHOUT_NULL: [&str; 2] = [":11434", ":1234"];

/// Returns the dialect of an unknown host: the default, with a text in place of a null content on the ports
/// of local servers that refuse it.
pub(super) fn unknown(url: &str) -> Dialect {
    let authority = authority(url);
    let is_text = WITHOUT_NULL.iter().any(|port| authority.ends_with(port));
    Dialect {
        empty_content: match is_text {
            true => EmptyContent::Text,
            false => EmptyContent::Null,
        },
        ..Dialect::default()
    }
}

/// Returns the dialect of a server by its name, if it is known.
pub(super) fn named(name: &str) -> Option<Make> {
    let known = SERVERS.iter().find(|(own, _, _)| *own == name);
    known.map(|(_, _, dialect)| *dialect)
}

fn host(url: &str) -> &str {
    authority(url).split(':').next().unwrap_or_default()
}

fn server(name: &'static str) -> Dialect {
    Dialect {
        name: Cow::Borrowed(name),
        ..Dialect::default()
    }
}

/// OpenAI refuses call ids of more than 40 characters:
/// <https://github.com/microsoft/autogen/issues/6377>, <https://github.com/vercel/ai/issues/8132>;
/// so does Azure: <https://github.com/Portkey-AI/gateway/issues/1062>.
const OPENAI_CALL_ID: CallIdForm = CallIdForm::Plain(40);

/// Accepts consecutive users, so that the prefix of a history never changes.
fn openai() -> Dialect {
    Dialect {
        max_tokens: MaxTokensField::MaxCompletionTokens,
        refusal_field: true,
        call_ids: OPENAI_CALL_ID,
        rules: Rules::new(),
        ..server("openai")
    }
}

/// Like OpenAI.
fn azure() -> Dialect {
    Dialect {
        key: KeyHeader::Header(Cow::Borrowed("api-key")),
        refusal_field: true,
        call_ids: OPENAI_CALL_ID,
        rules: Rules::new(),
        ..server("azure")
    }
}

/// Requirements of Claude are determined by the name of the model. Instructions at any position are
/// moved to the front; `response_format`, `seed` and `reasoning_effort` are ignored, not refused
/// (<https://docs.anthropic.com/en/api/openai-sdk>), so a schema is sent as an instruction.
fn anthropic() -> Dialect {
    Dialect {
        output: OutputFormat::JsonObject,
        ..server("anthropic")
    }
}

/// Refuses `reasoning_content` of a message and accepts `reasoning`:
/// <https://github.com/vercel/ai/issues/15042>, <https://github.com/vercel/ai/pull/15416>. Refuses
/// `parallel_tool_calls`: <https://hexdocs.pm/req_llm/cerebras.html>.
fn cerebras() -> Dialect {
    Dialect {
        reasoning: ReasoningReplay::WithToolCalls(ReasoningField::Reasoning),
        refused: Cow::Borrowed(&["parallel_tool_calls"]),
        ..server("cerebras")
    }
}

/// A message must have content, even if it is empty:
/// <https://github.com/TencentCloud/TencentDB-Agent-Memory/issues/1313>.
fn cloudflare() -> Dialect {
    Dialect {
        empty_content: EmptyContent::Text,
        ..server("cloudflare")
    }
}

/// No specific rule of the compatibility endpoint is known
/// (<https://docs.cohere.com/docs/compatibility-api>).
fn cohere() -> Dialect {
    server("cohere")
}

/// Ids like OpenAI: <https://github.com/BerriAI/litellm/issues/17343>. Requirements of Claude on
/// this server are determined by the name of the model.
fn copilot() -> Dialect {
    Dialect {
        call_ids: OPENAI_CALL_ID,
        ..server("copilot")
    }
}

/// A message must have content, possibly empty:
/// <https://github.com/agentscope-ai/agentscope-java/issues/1270>. As a string, `tool_choice` may
/// only be `none` or `auto`: <https://github.com/pydantic/pydantic-ai/issues/1265>.
fn dashscope() -> Dialect {
    Dialect {
        empty_content: EmptyContent::Text,
        required_choice: Cow::Borrowed(""),
        ..server("dashscope")
    }
}

/// `reasoning_content` must be sent back in all messages of a turn that called tools
/// (<https://api-docs.deepseek.com/guides/thinking_mode>,
/// <https://github.com/earendil-works/pi/issues/3636>). The only structured output is
/// `json_object`, and the prompt must contain the word JSON
/// (<https://api-docs.deepseek.com/guides/json_mode>,
/// <https://github.com/UKGovernmentBEIS/inspect_ai/issues/4916>). `deepseek-reasoner` refuses
/// consecutive users: <https://github.com/deepseek-ai/DeepSeek-R1/issues/21>.
fn deepseek() -> Dialect {
    Dialect {
        max_tokens: MaxTokensField::MaxTokens,
        thinking: true,
        reasoning: ReasoningReplay::WithToolCalls(ReasoningField::ReasoningContent),
        reasoning_key: true,
        output: OutputFormat::JsonObject,
        ..server("deepseek")
    }
}

/// Accepts OpenAI's format (<https://docs.getbifrost.ai/providers/supported-providers/fireworks>).
/// In 2024 `stream_options` was refused (<https://github.com/FlowiseAI/Flowise/issues/2866>); there
/// is no newer report.
fn fireworks() -> Dialect {
    server("fireworks")
}

/// Signatures are in `extra_content` (<https://ai.google.dev/gemini-api/docs/thought-signatures>).
/// A call must follow a user or a result, even at the beginning:
/// <https://github.com/google-gemini/gemini-cli/issues/11814>. Contents must not be empty:
/// <https://github.com/aaif-goose/goose/pull/1425>,
/// <https://github.com/langchain-ai/langchainjs/pull/9987>. The last one must not be the model's:
/// <https://github.com/crewAIInc/crewAI/pull/6973>. Structured output is refused together with
/// tools: <https://github.com/openai/openai-agents-python/issues/656>.
fn gemini() -> Dialect {
    Dialect {
        output: OutputFormat::JsonSchemaWithoutTools,
        schemas: SchemaForm::OpenApi,
        tool_names: NameForm::LetterFirst,
        rules: rules(|rules| {
            rules.user_first = true;
            rules.user_last = true;
            rules.no_empty = true;
        }),
        ..server("gemini")
    }
}

/// OpenAI's models are hosted on Azure; requirements of others are determined by their names.
fn github() -> Dialect {
    Dialect {
        call_ids: OPENAI_CALL_ID,
        ..server("github")
    }
}

/// Replies have `reasoning` (<https://console.groq.com/docs/openai>), which is not sent back.
/// Structured output is refused together with tools: <https://github.com/vercel/ai/pull/16540>.
fn groq() -> Dialect {
    Dialect {
        output: OutputFormat::JsonSchemaWithoutTools,
        ..server("groq")
    }
}

/// One system message: <https://github.com/MiniMax-AI/MiniMax-M2/issues/51>,
/// <https://github.com/openclaw/openclaw/issues/19386>. Reasoning must be sent back completely; it
/// is in `reasoning_details` if `reasoning_split` is passed through, and in the text otherwise
/// (<https://platform.minimax.io/docs/api-reference/text-openai-api>).
fn minimax() -> Dialect {
    Dialect {
        rules: rules(|rules| rules.system_first = true),
        reasoning: ReasoningReplay::Always(ReasoningField::Details),
        reasoning_in_tags: true,
        ..server("minimax")
    }
}

/// Order and ids are those of Mistral's models, which are recognized by name; they are repeated
/// here for models with other names. Unknown fields are refused: `stream_options`
/// (<https://github.com/dnakov/anon-kode/issues/53>), `max_completion_tokens`
/// (<https://github.com/editor-code-assistant/eca/issues/231>), `reasoning_content`
/// (<https://github.com/charmbracelet/crush/issues/1590>). The seed is `random_seed`, and `any`
/// requires a call (<https://docs.rs/crate/mistral-openapi-client>, generated from Mistral's own
/// specification).
fn mistral() -> Dialect {
    Dialect {
        max_tokens: MaxTokensField::MaxTokens,
        seed: Cow::Borrowed("random_seed"),
        required_choice: Cow::Borrowed("any"),
        // Usage is sent without a request.
        stream_options: false,
        rules: rules(|rules| {
            rules.reply_after_tools = true;
            rules.user_last = true;
            rules.no_empty = true;
        }),
        call_ids: CallIdForm::Exactly(9),
        ..server("mistral")
    }
}

/// Thinking models refuse a message with tool calls and without `reasoning_content`, and all models
/// refuse empty messages: <https://github.com/AstrBotDevs/AstrBot/issues/7200>,
/// <https://github.com/lobehub/lobehub/pull/8419>. Schemas must be "moonshot flavored":
/// <https://github.com/MoonshotAI/kimi-code/issues/2661>.
fn moonshot() -> Dialect {
    Dialect {
        max_tokens: MaxTokensField::MaxTokens,
        thinking: true,
        reasoning: ReasoningReplay::WithToolCalls(ReasoningField::ReasoningContent),
        reasoning_key: true,
        schemas: SchemaForm::Moonshot,
        tool_names: NameForm::LetterFirst,
        rules: rules(|rules| rules.no_empty = true),
        ..server("moonshot")
    }
}

/// Accepts a subset of OpenAI's fields (<https://docs.ollama.com/api/openai-compatibility>). A
/// local server has no known host and uses the default, which is the same.
fn ollama() -> Dialect {
    Dialect {
        empty_content: EmptyContent::Text,
        ..server("ollama")
    }
}

/// The server removes fields that a model does not support. Ids are forwarded to the vendor
/// unchanged: <https://github.com/openclaw/openclaw/pull/875>.
fn openrouter() -> Dialect {
    Dialect {
        reasoning: ReasoningReplay::Always(ReasoningField::Details),
        ..server("openrouter")
    }
}

/// Roles must alternate after the instructions:
/// <https://github.com/perplexityai/api-discussion/issues/265>,
/// <https://github.com/edenai/edenai-apis/pull/144>.
fn perplexity() -> Dialect {
    Dialect {
        rules: Rules::strict(),
        ..server("perplexity")
    }
}

/// The limit is `max_completion_tokens` for every model:
/// <https://github.com/anomalyco/opencode/issues/29900>.
fn snowflake() -> Dialect {
    Dialect {
        max_tokens: MaxTokensField::MaxCompletionTokens,
        ..server("snowflake")
    }
}

/// No specific rule is known; models are recognized by their names.
fn together() -> Dialect {
    server("together")
}

/// Messages without content are refused, including those with tool calls, which need an empty text
/// (<https://github.com/langchain-ai/langchain/issues/34140>,
/// <https://github.com/langbot-app/LangBot/issues/1205>). Support for `reasoning_effort` and `stop`
/// depends on the model's name.
fn xai() -> Dialect {
    Dialect {
        empty_content: EmptyContent::Text,
        rules: rules(|rules| rules.no_empty = true),
        ..server("xai")
    }
}

/// Thinking should be sent back together with tool results
/// (<https://docs.z.ai/guides/capabilities/thinking-mode>).
fn zai() -> Dialect {
    Dialect {
        max_tokens: MaxTokensField::MaxTokens,
        thinking: true,
        reasoning: ReasoningReplay::WithToolCalls(ReasoningField::ReasoningContent),
        rules: rules(|rules| rules.user_first = true),
        ..server("zai")
    }
}

/// Returns the rules of most servers, with changes.
fn rules(set: impl FnOnce(&mut Rules)) -> Rules {
    let mut rules = super::MOST_SERVERS;
    set(&mut rules);
    rules
}
