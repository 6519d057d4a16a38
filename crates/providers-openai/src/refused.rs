//! The setting that a server refuses, determined from its error, and the remedy: the request is
//! repeated without it.
//!
//! The names of models are not enough to know this in advance: on Azure a deployment has any name,
//! gateways rename models, and new models refuse what their predecessors accepted.

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_provider::{Remedy, rules};

pub(crate) mod patterns;
mod plain;
#[cfg(test)]
mod tests;
mod wanted;

pub(crate) use plain::{has_long_descriptions, has_patterns, plain_output, plain_tools};
use wanted::wanted;

/// Words with which servers refuse a field, or its value for this model. An error about a value
/// that is invalid for any model ("decimal above maximum value", "Invalid value: 'hihg'") has none
/// of them, and remains an error.
const REFUSALS: &[&str] = &[
    // OpenAI: "Unsupported parameter: 'max_tokens' is not supported with this model.", "Unsupported
    // value: 'temperature' does not support 0.2 with this model.", "Unknown parameter: 'x'.",
    // "Unrecognized request argument supplied: reasoning_effort".
    "unsupported",
    "not supported",
    "unknown parameter",
    "unrecognized",
    // xAI: "Model grok-4 does not support parameter reasoningEffort."; DeepSeek: "Thinking mode does
    // not support this tool_choice".
    "does not support",
    "do not support",
    // FastAPI servers, Mistral, Fireworks: "Extra inputs are not permitted".
    "not permitted",
    "extra_forbidden",
    // Anthropic and Bedrock: "`temperature` is deprecated for this model.", "`temperature` and
    // `top_p` cannot both be specified for this model.", "`temperature` may only be set to 1 when
    // thinking is enabled."
    "is deprecated for",
    "cannot both be",
    "may only be set to",
    // Moonshot: "invalid temperature: only 1 is allowed for this model".
    "is allowed for this model",
    // llama.cpp: "Cannot use tools with stream" (<https://github.com/OpenAgentPlatform/Dive/issues/90>).
    "cannot use",
    // OpenRouter: "Reasoning is mandatory for this endpoint and cannot be disabled."
    "cannot be disabled",
    // Groq: "`reasoning_effort` must be one of `none` or `default`".
    "must be one of",
    // OpenAI: "Your organization must be verified to generate reasoning summaries."
    "must be verified",
    // Servers in Python: "got an unexpected keyword argument 'seed'".
    "unexpected keyword argument",
    // Google: "Unknown name \"seed\": Cannot find field."
    "unknown name",
    "unknown field",
    "not allowed",
    "incompatible with",
    // Mistral: "Expected last role User or Tool (or Assistant with prefix True)"; Perplexity: "Last message must have
    // role `user`."
    "expected last role",
    "last message must have role",
];

/// Fields, as servers name them in lower case, and the settings that they carry.
const FIELDS: &[(&str, Setting)] = &[
    ("temperature", Setting::new("temperature")),
    ("top_p", Setting::new("top_p")),
    ("topp", Setting::new("top_p")),
    ("stop", Setting::quoted("stop")),
    ("stop_sequences", Setting::new("stop")),
    ("seed", Setting::quoted("seed")),
    ("random_seed", Setting::new("seed")),
    ("reasoning_effort", Setting::new("reasoning_effort")),
    ("reasoningeffort", Setting::new("reasoning_effort")),
    ("reasoning.effort", Setting::new("reasoning_effort")),
    ("reasoning.summary", Setting::new("reasoning_summary")),
    ("reasoning summaries", Setting::new("reasoning_summary")),
    (MANDATORY, Setting::new("reasoning_effort")),
    (MANDATORY, Setting::new("thinking_type")),
    ("thinking", Setting::quoted("thinking_type")),
    ("tool_choice", Setting::new("tool_choice")),
    ("parallel_tool_calls", Setting::new("parallel_tool_calls")),
    ("paralleltoolcalls", Setting::new("parallel_tool_calls")),
    ("parallel tool calls", Setting::new("parallel_tool_calls")),
    // Cohere: "unknown field: parameter 'strict' is not a valid field".
    ("strict", Setting::quoted(STRICT)),
    ("stream_options", Setting::new("stream_options")),
    ("stream this model", Setting::new("stream")),
    ("tools with stream", Setting::new("stream")),
    ("max_tokens", Setting::new("max_tokens")),
    (
        "max_completion_tokens",
        Setting::new("max_completion_tokens"),
    ),
    // Groq: "'messages.1' : property 'reasoning_content' is unsupported"; Fireworks: "Extra inputs are
    // not permitted, field: 'messages[8].reasoning'".
    ("reasoning_content", Setting::new(REASONING)),
    ("reasoning_details", Setting::new(REASONING)),
    ("].reasoning", Setting::new(REASONING)),
    ("thinking_blocks", Setting::new(SIGNED)),
    // llama.cpp: "Assistant response prefill is incompatible with enable_thinking."
    ("prefill", Setting::new(PREFILL)),
    ("last role", Setting::new(PREFILL)),
    ("last message", Setting::new(PREFILL)),
    // "Encrypted content is not supported with this model."
    ("encrypted content", Setting::new("include")),
];

/// Words of OpenRouter about a model that cannot rest (<https://github.com/earendil-works/pi/issues/4316>).
const MANDATORY: &str = "reasoning is mandatory";

/// Name of the setting for reasoning in a reply that is requested as one body.
pub(crate) const UNSTREAMED: &str = "thinking";

/// Name of the setting for the schema of an answer in its own field.
pub(crate) const SCHEMA: &str = "answer_schema";

/// Name of the setting for the field that asks for a JSON object.
pub(crate) const OBJECT: &str = "response_format";

/// Name of the setting for a reply that is requested as one body.
pub(crate) const BODY: &str = "one_body";

/// Name of the setting for replies of the history that go back without their reasoning.
pub(crate) const BARE: &str = "replies_without_reasoning";

/// Name of the setting for reasoning that is sent back.
pub(crate) const REASONING: &str = "earlier_reasoning";

/// Name of the setting for Claude's signed thinking that is sent back.
pub(crate) const SIGNED: &str = "thinking_blocks";

/// Name of the setting for items of built-in tools that are sent back.
pub(crate) const ITEMS: &str = "items_of_built_in_tools";

/// Name of the setting for schemas that the server is to enforce.
pub(crate) const STRICT: &str = "strict";

/// Name of the setting for reasoning next to tools.
pub(crate) const EFFORT_WITH_TOOLS: &str = "reasoning_with_tools";

/// Name of the setting for thinking next to a tool that must be called.
pub(crate) const THINKING_WITH_CHOICE: &str = "thinking_with_tool_choice";

/// Name of the setting for a tool choice that is an object.
pub(crate) const NAMED_CHOICE: &str = "tool_choice_by_name";

/// Name of the setting for messages without content.
pub(crate) const NULL_CONTENT: &str = "null_content";

/// Name of the setting for keywords of schemas that Google's API does not have.
pub(crate) const KEYWORDS: &str = "schema_keywords";

/// Name of the setting for messages in the order of the history.
pub(crate) const ORDER: &str = "message_order";

/// Name of the setting for instructions in messages of their own.
pub(crate) const SYSTEM: &str = "system_messages";

/// Name of the setting for a reply of the history that the model is to continue.
pub(crate) const PREFILL: &str = "prefill";

/// Name of the setting for descriptions of tools that are longer than some servers accept.
pub(crate) const DESCRIPTIONS: &str = "long_descriptions";

/// A setting, and where its field may stand in a message.
#[derive(Debug, Clone, Copy)]
struct Setting {
    name: &'static str,
    /// `true` if the field is a common word, which counts only in quotes or after "parameter".
    is_quoted: bool,
}

impl Setting {
    const fn new(name: &'static str) -> Self {
        Self {
            name,
            is_quoted: false,
        }
    }

    const fn quoted(name: &'static str) -> Self {
        Self {
            name,
            is_quoted: true,
        }
    }
}

/// Text before a field that is a common word.
const BEFORE: &[&str] = &[
    "'",
    "\"",
    "`",
    "parameter ",
    "parameter: ",
    "argument ",
    "supplied: ",
    "model: ",
    "body.",
    // NVIDIA: "body -> seed\n  Extra inputs are not permitted (type=extra_forbidden)".
    "body -> ",
];

/// Returns the remedy for an error that refuses a setting. `is_sent` returns `true` if the request
/// has a setting that can be omitted; `effort` is the requested reasoning effort.
///
/// Reports: <https://github.com/anomalyco/opencode/issues/37964>,
/// <https://github.com/continuedev/continue/issues/9607>,
/// <https://github.com/iamsrikanthnani/pluely/issues/242>,
/// <https://github.com/cloudwego/eino/issues/994>,
/// <https://github.com/openclaw/openclaw/issues/21114>,
/// <https://github.com/FoundationAgents/OpenManus/issues/330>,
/// <https://github.com/diegosouzapw/OmniRoute/pull/9992>,
/// <https://github.com/diegosouzapw/OmniRoute/issues/1682>,
/// <https://github.com/OpenRouterTeam/openrouter-examples/issues/71>,
/// <https://github.com/BerriAI/litellm/issues/3918>,
/// <https://github.com/TheAgenticAI/TheAgenticBrowser/issues/4>.
pub(crate) fn remedy(
    error: &EngineError,
    effort: Option<&str>,
    is_sent: impl Fn(&str) -> bool,
) -> Option<Remedy> {
    let message = rules::refusal(error, &[ErrorKind::InvalidRequest])?;
    if is_sent(patterns::SETTING) && patterns::is_refused(&message) {
        return Some(Remedy::without(patterns::SETTING, patterns::WHY));
    }
    let mut wanted = wanted(&message).iter().copied();
    if let Some(setting) = wanted.find(|setting| is_sent(setting)) {
        return Some(Remedy::without(setting, why(setting)));
    }
    let is_effort = effort
        .is_some_and(|effort| is_sent("reasoning_effort") && is_refused_effort(&message, effort));
    let setting = match is_effort {
        true => "reasoning_effort",
        false => refused(&message, is_sent)?,
    };
    let remedy = Remedy::without(setting, why(setting));
    // Few turns end with a text to continue.
    match setting == PREFILL {
        true => Some(remedy.of_contents()),
        false => Some(remedy),
    }
}

/// Returns `true` if an error refuses an item of the history because of its id or its reasoning: "Item with id
/// 'rs_1' not found. Items are not persisted when `store` is set to false.", "Item 'fc_1' of type
/// 'function_call' was provided without its required 'reasoning' item: 'rs_1'.", "Conflicting authenticated
/// continuation identities" (Azure, for reasoning of several replies), "The encrypted content gAAA... could not be
/// verified" (relays that drop OpenAI's code), "reasoning `encrypted_content` was not issued to this caller", "The
/// requested item was created under a different Azure OpenAI resource." (relays in front of several).
///
/// Reports: <https://github.com/experientiallabs/experiential/pull/972>,
/// <https://github.com/can1357/oh-my-pi/issues/11928>,
/// <https://github.com/VicBilibily/GCMP/issues/345>.
pub(crate) fn is_about_items(error: &EngineError) -> bool {
    if error.provider_code() == Some(INVALID_ENCRYPTED) {
        return true;
    }
    let kinds = [ErrorKind::NotFound, ErrorKind::InvalidRequest];
    let Some(message) = rules::refusal(error, &kinds) else {
        return false;
    };
    let is_missing = message.contains("item with id") && message.contains("not found");
    let is_sealed = message.contains("encrypted content") || message.contains("encrypted_content");
    let is_unread = ["could not be verified", "decrypt", "not issued"];
    is_missing
        || (is_sealed && is_unread.iter().any(|words| message.contains(words)))
        || message.contains("was provided without its required")
        || message.contains("continuation identities")
        || message.contains("item was created under a different")
}

/// Returns `true` if an error refuses a field of an item in the history, which is of a built-in tool if the history has any:
/// "Unknown parameter: 'input[3].action'." (OpenAI), "input: missing field `queries` at line 1 column 180" (`DeepSeek`),
/// "`input[1].action` missing required field `query`" (Console Go). Servers do not accept all that they send.
///
/// Reports: <https://github.com/Yeachan-Heo/gajae-code/issues/1688>,
/// <https://github.com/lidge-jun/opencodex/issues/930>,
/// <https://github.com/lidge-jun/opencodex/issues/3071>.
pub(crate) fn is_about_fields(error: &EngineError) -> bool {
    let Some(message) = rules::refusal(error, &[ErrorKind::InvalidRequest]) else {
        return false;
    };
    let has = |words: &str| message.contains(words);
    let is_refused = has("unknown parameter")
        || has("missing required")
        || has("missing field")
        || has("unknown variant")
        || has("unknown field")
        || has("invalid type")
        || has("invalid value")
        || has("not permitted");
    is_refused && (has("input[") || has("input: ") || has("input."))
}

const INVALID_ENCRYPTED: &str = "invalid_encrypted_content";

/// Efforts that a model may have.
const EFFORTS: [&str; 7] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/// Words of servers about a value that is none of the choices.
const NO_CHOICE: &[&str] = &[
    // Servers in Python: "reasoning_effort\n Input should be 'low', 'medium' or 'high'", and earlier "value is not a valid
    // enumeration member; permitted: 'low'".
    "input should be",
    "enumeration member",
    // In Rust: "unknown variant `xhigh`, expected one of `low`, `medium`"; in JavaScript: "Invalid option: expected one of".
    "expected one of",
];

/// Returns `true` if a message in lower case refuses an effort for this model without the words of [`REFUSALS`]:
/// "Unsupported value: 'high' is not supported with the 'gpt-5.2-chat' model.", "Invalid value: 'none'. Supported values
/// are: 'low', 'medium', and 'high'." (<https://github.com/BerriAI/litellm/issues/16704>), or by the choices that there are
/// (<https://github.com/egoist/chatwise-releases/issues/1325>). Another word is a mistake.
fn is_refused_effort(message: &str, effort: &str) -> bool {
    if message.contains(&format!("unsupported value: '{effort}'")) {
        return true;
    }
    let has = |words: &str| message.contains(words);
    let is_no_choice = NO_CHOICE.iter().any(|words| has(words));
    let is_named = ["reasoning_effort", "reasoning.effort", "reasoningeffort"]
        .iter()
        .any(|field| has(field));
    // Choices of `detail` and `verbosity` are the same words.
    let is_listed = is_quoted(message, "low")
        && is_quoted(message, "high")
        && !has("verbosity")
        && !has("detail");
    EFFORTS.contains(&effort)
        && (has(&format!("invalid value: '{effort}'")) || (is_no_choice && (is_named || is_listed)))
}

fn is_quoted(message: &str, word: &str) -> bool {
    let mut places = message.match_indices(word);
    places.any(|(at, _)| {
        let (before, after) = message.split_at(at);
        let after = after.get(word.len()..).unwrap_or_default();
        let is_mark = |c: char| matches!(c, '\'' | '"' | '`');
        before.ends_with(is_mark) && after.starts_with(is_mark)
    })
}

/// Returns the setting that a message in lower case refuses: the first one that it names of those
/// that are sent.
fn refused(message: &str, is_sent: impl Fn(&str) -> bool) -> Option<&'static str> {
    if !REFUSALS.iter().any(|words| message.contains(words)) {
        return None;
    }
    let named = FIELDS.iter().filter_map(|(field, setting)| {
        let at = place(message, field, setting.is_quoted)?;
        is_sent(setting.name).then_some((at, setting.name))
    });
    named.min_by_key(|(at, _)| *at).map(|(_, name)| name)
}

/// Returns the position of a field in a message, as a whole word.
fn place(message: &str, field: &str, is_quoted: bool) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let mut places = message.match_indices(field);
    let (at, _) = places.find(|(at, _)| {
        let (before, after) = message.split_at(*at);
        let after = after.get(field.len()..).unwrap_or_default();
        (field.starts_with(']') || !before.ends_with(is_part))
            && !after.starts_with(is_part)
            && (!is_quoted || BEFORE.iter().any(|words| before.ends_with(words)))
    })?;
    Some(at)
}

fn why(setting: &str) -> &'static str {
    match setting {
        "max_tokens" => "the server refuses it; `max_completion_tokens` is sent instead",
        "max_completion_tokens" => "the server refuses it; `max_tokens` is sent instead",
        PREFILL => "the server does not continue a reply; a prompt to continue is sent after it",
        UNSTREAMED => "the server lets the model think in streams only; here it does not think",
        SCHEMA => "the server refuses the schema of the answer, which is in the instructions",
        OBJECT => "the server refuses it; the schema of the answer is in the instructions",
        BODY => "the server refuses to reply in one body; a stream is requested",
        BARE => "the server wants the reasoning of each reply, which is sent",
        "stream" => "the server refuses to stream; the reply is requested as one body",
        EFFORT_WITH_TOOLS => "the server refuses tools while the model reasons; here it does not",
        THINKING_WITH_CHOICE => {
            "the server refuses a call that must use a tool; here it does not think"
        }
        NAMED_CHOICE => {
            "the server does not accept a name; only this tool is offered, and required"
        }
        NULL_CONTENT => "the server refuses messages without content; an empty text is sent",
        KEYWORDS => "the server refuses keywords of the schemas, which are described in words",
        DESCRIPTIONS => {
            "the server refuses descriptions of tools above 1,024 characters; they are cut"
        }
        ORDER => "the server refuses the order of the messages, which are joined or separated",
        SYSTEM => "the server refuses instructions of their own; they are part of the prompt",
        _ => "the server refuses it for this model",
    }
}
