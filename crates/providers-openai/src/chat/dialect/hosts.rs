//! The dialects of public servers, by name and by host name.

use std::borrow::Cow;

use geppetto_turns::Rules;

use super::{
    CallIdForm, Dialect, EmptyContent, KeyHeader, MaxTokensField, OutputFormat, ReasoningField,
    ReasoningReplay,
};

/// Makes a dialect.
type Make = fn() -> Dialect;

/// The name of a server, its hosts or the domains that they stand in, and its dialect. Rules: each
/// server's API reference, and the refusals that are named beside them.
const SERVERS: &[(&str, &[&str], Make)] = &[
    ("openai", &["api.openai.com"], openai),
    ("azure", AZURE, azure),
    ("anthropic", &["api.anthropic.com"], anthropic),
    ("cerebras", &["api.cerebras.ai"], cerebras),
    ("copilot", &["githubcopilot.com"], copilot),
    ("dashscope", &["aliyuncs.com"], dashscope),
    ("deepseek", &["api.deepseek.com"], deepseek),
    (
        "gemini",
        &[
            "generativelanguage.googleapis.com",
            "aiplatform.googleapis.com",
        ],
        gemini,
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
    ("openrouter", &["openrouter.ai"], openrouter),
    ("perplexity", &["api.perplexity.ai"], perplexity),
    ("xai", &["api.x.ai"], xai),
    ("zai", &["api.z.ai", "open.bigmodel.cn"], zai),
];

const AZURE: &[&str] = &[
    "openai.azure.com",
    "cognitiveservices.azure.com",
    "services.ai.azure.com",
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

/// The host in a URL, and its port.
pub(in crate::chat) fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

fn server(name: &'static str) -> Dialect {
    Dialect {
        name: Cow::Borrowed(name),
        ..Dialect::default()
    }
}

/// "Invalid 'messages[1].tool_calls[0].id': string too long. Expected a string with maximum length
/// 40".
const OPENAI_CALL_ID: CallIdForm = CallIdForm::Plain(40);

fn openai() -> Dialect {
    Dialect {
        max_tokens: MaxTokensField::MaxCompletionTokens,
        refusal_field: true,
        call_ids: OPENAI_CALL_ID,
        ..server("openai")
    }
}

fn azure() -> Dialect {
    Dialect {
        key: KeyHeader::Header("api-key"),
        refusal_field: true,
        call_ids: OPENAI_CALL_ID,
        ..server("azure")
    }
}

/// Tool ids "should match pattern '^[a-zA-Z0-9_-]+$'"; "text content blocks must be non-empty";
/// instructions anywhere are moved to the front (<https://docs.claude.com/en/api/openai-sdk>).
fn anthropic() -> Dialect {
    Dialect {
        call_ids: CallIdForm::Plain(64),
        rules: rules(|rules| rules.no_empty = true),
        refused: Cow::Borrowed(&["reasoning_effort", "seed"]),
        ..server("anthropic")
    }
}

/// Unknown properties are refused: "property 'messages.2.assistant.reasoning_content' is
/// unsupported", while `reasoning` is taken; "parallel_tool_calls=False is not supported by this
/// model".
fn cerebras() -> Dialect {
    Dialect {
        reasoning: ReasoningReplay::WithToolCalls(ReasoningField::Reasoning),
        refused: Cow::Borrowed(&["parallel_tool_calls"]),
        ..server("cerebras")
    }
}

/// Hands requests on to Anthropic and Google, with their rules for ids and empty texts.
fn copilot() -> Dialect {
    Dialect {
        call_ids: OPENAI_CALL_ID,
        rules: rules(|rules| rules.no_empty = true),
        ..server("copilot")
    }
}

/// Contents that are null are refused in messages that call tools; `tool_choice` knows no
/// `required` (<https://help.aliyun.com/zh/model-studio/qwen-api-reference>).
fn dashscope() -> Dialect {
    Dialect {
        empty_content: EmptyContent::Text,
        ..server("dashscope")
    }
}

/// "The `reasoning_content` in the thinking mode must be passed back to the API", for all messages
/// of a turn that called tools (<https://api-docs.deepseek.com/guides/thinking_mode>). "This
/// response_format type is unavailable now": of shapes there is `json_object` only, and the word
/// JSON must stand in the prompt (<https://api-docs.deepseek.com/guides/json_mode>).
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

/// Signatures stand in `extra_content` (<https://ai.google.dev/gemini-api/docs/thought-signatures>).
/// "Please ensure that function response turn comes immediately after a function call turn"; empty
/// texts are refused.
fn gemini() -> Dialect {
    Dialect {
        rules: rules(|rules| rules.no_empty = true),
        ..server("gemini")
    }
}

/// "property 'reasoning_content' is unsupported"; `reasoning` is what replies have
/// (<https://console.groq.com/docs/openai>).
fn groq() -> Dialect {
    server("groq")
}

/// "invalid chat setting (2013)" for more than one system message, or one that is not first; empty
/// contents are refused. Reasoning has to go back as it came.
fn minimax() -> Dialect {
    Dialect {
        rules: rules(|rules| {
            rules.system_first = true;
            rules.no_empty = true;
        }),
        reasoning: ReasoningReplay::Always(ReasoningField::Details),
        ..server("minimax")
    }
}

/// Order and ids are those of Mistral's models, which are known by name; they stand here for
/// models that were given other names.
fn mistral() -> Dialect {
    Dialect {
        max_tokens: MaxTokensField::MaxTokens,
        seed: Cow::Borrowed("random_seed"),
        required_choice: Cow::Borrowed("any"),
        // Refused as an unknown field; usage comes without being asked for.
        stream_options: false,
        rules: rules(|rules| {
            rules.reply_after_tools = true;
            rules.users_joined = true;
            rules.user_last = true;
            rules.no_empty = true;
        }),
        call_ids: CallIdForm::Exactly(9),
        ..server("mistral")
    }
}

/// "thinking is enabled but reasoning_content is missing in assistant tool call message at index
/// 2"; "message at position 1 with role 'user' must not be empty".
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

fn openrouter() -> Dialect {
    Dialect {
        reasoning: ReasoningReplay::Always(ReasoningField::Details),
        ..server("openrouter")
    }
}

/// "After the (optional) system message(s), user or tool message(s) should alternate with assistant
/// message(s)"; "Last message must have role `user` or `tool`".
fn perplexity() -> Dialect {
    Dialect {
        rules: Rules::strict(),
        refused: Cow::Borrowed(&["seed", "parallel_tool_calls"]),
        ..server("perplexity")
    }
}

/// Which model takes `reasoning_effort` and `stop` is known by name.
fn xai() -> Dialect {
    server("xai")
}

/// "thinking blocks should be explicitly preserved and returned together with the tool results"
/// (<https://docs.z.ai/guides/capabilities/thinking-mode>).
fn zai() -> Dialect {
    Dialect {
        max_tokens: MaxTokensField::MaxTokens,
        thinking: true,
        reasoning: ReasoningReplay::WithToolCalls(ReasoningField::ReasoningContent),
        ..server("zai")
    }
}

fn rules(set: impl FnOnce(&mut Rules)) -> Rules {
    let mut rules = Rules::new();
    set(&mut rules);
    rules
}
