//! The dialects of public servers, by name and by host name.

use std::borrow::Cow;

use geppetto_provider::authority;
use geppetto_turns::Rules;

use super::{
    CallIdForm, Dialect, EmptyContent, KeyHeader, MaxTokensField, OutputFormat, ReasoningField,
    ReasoningReplay,
};

/// Makes a dialect.
type Make = fn() -> Dialect;

/// The name of a server, its hosts or the domains that they stand in, and its dialect. Where a rule
/// comes from stands beside it; what a model demands wherever it runs is in `templates` and in
/// `models`.
const SERVERS: &[(&str, &[&str], Make)] = &[
    ("openai", &["api.openai.com"], openai),
    ("azure", AZURE, azure),
    ("anthropic", &["api.anthropic.com"], anthropic),
    ("cerebras", &["api.cerebras.ai"], cerebras),
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

/// The dialect of the host in a URL, if it is known.
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

/// The dialect of a server by its name, if it is known.
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

/// OpenAI refuses ids of calls with more than 40 characters:
/// <https://github.com/microsoft/autogen/issues/6377>, <https://github.com/vercel/ai/issues/8132>;
/// Azure as well: <https://github.com/Portkey-AI/gateway/issues/1062>.
const OPENAI_CALL_ID: CallIdForm = CallIdForm::Plain(40);

/// Takes several users in a row, so that the prefix of a history never changes.
fn openai() -> Dialect {
    Dialect {
        max_tokens: MaxTokensField::MaxCompletionTokens,
        refusal_field: true,
        call_ids: OPENAI_CALL_ID,
        rules: Rules::new(),
        ..server("openai")
    }
}

/// As OpenAI.
fn azure() -> Dialect {
    Dialect {
        key: KeyHeader::Header(Cow::Borrowed("api-key")),
        refusal_field: true,
        call_ids: OPENAI_CALL_ID,
        rules: Rules::new(),
        ..server("azure")
    }
}

/// What Claude demands is known by the name of the model. Instructions anywhere are moved to the
/// front; `response_format`, `seed` and `reasoning_effort` are ignored, not refused
/// (<https://docs.anthropic.com/en/api/openai-sdk>): a schema is sent in words.
fn anthropic() -> Dialect {
    Dialect {
        output: OutputFormat::JsonObject,
        ..server("anthropic")
    }
}

/// `reasoning_content` of a message is refused, `reasoning` is taken:
/// <https://github.com/vercel/ai/issues/15042>, <https://github.com/vercel/ai/pull/15416>. So is
/// `parallel_tool_calls`: <https://hexdocs.pm/req_llm/cerebras.html>.
fn cerebras() -> Dialect {
    Dialect {
        reasoning: ReasoningReplay::WithToolCalls(ReasoningField::Reasoning),
        refused: Cow::Borrowed(&["parallel_tool_calls"]),
        ..server("cerebras")
    }
}

/// No rule of its own is known of the compatibility endpoint
/// (<https://docs.cohere.com/docs/compatibility-api>).
fn cohere() -> Dialect {
    server("cohere")
}

/// Ids as OpenAI: <https://github.com/BerriAI/litellm/issues/17343>. What Claude demands there is
/// known by the name of the model.
fn copilot() -> Dialect {
    Dialect {
        call_ids: OPENAI_CALL_ID,
        ..server("copilot")
    }
}

/// A message must have content, if an empty one:
/// <https://github.com/agentscope-ai/agentscope-java/issues/1270>. Of words, `tool_choice` takes
/// `none` and `auto` only: <https://github.com/pydantic/pydantic-ai/issues/1265>.
fn dashscope() -> Dialect {
    Dialect {
        empty_content: EmptyContent::Text,
        required_choice: Cow::Borrowed(""),
        ..server("dashscope")
    }
}

/// `reasoning_content` must come back in all messages of a turn that called tools
/// (<https://api-docs.deepseek.com/guides/thinking_mode>,
/// <https://github.com/earendil-works/pi/issues/3636>). Of shapes there is `json_object` only, and
/// the word JSON must stand in the prompt (<https://api-docs.deepseek.com/guides/json_mode>,
/// <https://github.com/UKGovernmentBEIS/inspect_ai/issues/4916>). Users in a row are refused by
/// `deepseek-reasoner`: <https://github.com/deepseek-ai/DeepSeek-R1/issues/21>.
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

/// Takes the format of OpenAI
/// (<https://docs.getbifrost.ai/providers/supported-providers/fireworks>). In 2024 `stream_options`
/// was refused (<https://github.com/FlowiseAI/Flowise/issues/2866>); nothing newer says so.
fn fireworks() -> Dialect {
    server("fireworks")
}

/// Signatures stand in `extra_content` (<https://ai.google.dev/gemini-api/docs/thought-signatures>).
/// A call must follow a user or a result, also at the beginning:
/// <https://github.com/google-gemini/gemini-cli/issues/11814>. Contents must not be empty:
/// <https://github.com/aaif-goose/goose/pull/1425>,
/// <https://github.com/langchain-ai/langchainjs/pull/9987>. The last one must not be the model's:
/// <https://github.com/crewAIInc/crewAI/pull/6973>. A shape of the answer is refused beside tools:
/// <https://github.com/openai/openai-agents-python/issues/656>.
fn gemini() -> Dialect {
    Dialect {
        output: OutputFormat::JsonSchemaWithoutTools,
        rules: rules(|rules| {
            rules.user_first = true;
            rules.user_last = true;
            rules.no_empty = true;
        }),
        ..server("gemini")
    }
}

/// Models of OpenAI are those of Azure; what others demand is known by their names.
fn github() -> Dialect {
    Dialect {
        call_ids: OPENAI_CALL_ID,
        ..server("github")
    }
}

/// Replies have `reasoning` (<https://console.groq.com/docs/openai>); it does not go back. A shape of
/// the answer is refused beside tools: <https://github.com/vercel/ai/pull/16540>.
fn groq() -> Dialect {
    Dialect {
        output: OutputFormat::JsonSchemaWithoutTools,
        ..server("groq")
    }
}

/// One system message: <https://github.com/MiniMax-AI/MiniMax-M2/issues/51>,
/// <https://github.com/openclaw/openclaw/issues/19386>. Reasoning must come back whole; it is in
/// `reasoning_details` where `reasoning_split` is passed through, and in the text otherwise
/// (<https://platform.minimax.io/docs/api-reference/text-openai-api>).
fn minimax() -> Dialect {
    Dialect {
        rules: rules(|rules| rules.system_first = true),
        reasoning: ReasoningReplay::Always(ReasoningField::Details),
        ..server("minimax")
    }
}

/// Order and ids are those of Mistral's models, which are known by name; they stand here for
/// models that were given other names. Unknown fields are refused:
/// `stream_options` (<https://github.com/dnakov/anon-kode/issues/53>), `max_completion_tokens`
/// (<https://github.com/editor-code-assistant/eca/issues/231>), `reasoning_content`
/// (<https://github.com/charmbracelet/crush/issues/1590>). The seed is `random_seed`, and a call is
/// required with `any` (<https://docs.rs/crate/mistral-openapi-client>, made of Mistral's own
/// specification).
fn mistral() -> Dialect {
    Dialect {
        max_tokens: MaxTokensField::MaxTokens,
        seed: Cow::Borrowed("random_seed"),
        required_choice: Cow::Borrowed("any"),
        // Usage comes without being asked for.
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

/// Thinking models refuse a message that calls tools without `reasoning_content`, and all refuse
/// empty messages: <https://github.com/AstrBotDevs/AstrBot/issues/7200>,
/// <https://github.com/lobehub/lobehub/pull/8419>.
fn moonshot() -> Dialect {
    Dialect {
        max_tokens: MaxTokensField::MaxTokens,
        thinking: true,
        reasoning: ReasoningReplay::WithToolCalls(ReasoningField::ReasoningContent),
        reasoning_key: true,
        rules: rules(|rules| rules.no_empty = true),
        ..server("moonshot")
    }
}

/// Takes a subset of OpenAI's fields (<https://docs.ollama.com/api/openai-compatibility>). A server
/// on the own machine has no known host; it gets the default, which is the same.
fn ollama() -> Dialect {
    server("ollama")
}

/// Fields that a model does not know are taken off by the server. Ids go to the vendor as they are:
/// <https://github.com/openclaw/openclaw/pull/875>.
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

/// No rule of its own is known; models are known by their names.
fn together() -> Dialect {
    server("together")
}

/// Messages without content are refused, those that call tools too, which need an empty text
/// (<https://github.com/langchain-ai/langchain/issues/34140>,
/// <https://github.com/langbot-app/LangBot/issues/1205>). Which model takes `reasoning_effort` and
/// `stop` is known by name.
fn xai() -> Dialect {
    Dialect {
        empty_content: EmptyContent::Text,
        rules: rules(|rules| rules.no_empty = true),
        ..server("xai")
    }
}

/// Thinking should come back with the results of tools
/// (<https://docs.z.ai/guides/capabilities/thinking-mode>).
fn zai() -> Dialect {
    Dialect {
        max_tokens: MaxTokensField::MaxTokens,
        thinking: true,
        reasoning: ReasoningReplay::WithToolCalls(ReasoningField::ReasoningContent),
        ..server("zai")
    }
}

/// The rules of most servers, and others.
fn rules(set: impl FnOnce(&mut Rules)) -> Rules {
    let mut rules = super::MOST_SERVERS;
    set(&mut rules);
    rules
}
