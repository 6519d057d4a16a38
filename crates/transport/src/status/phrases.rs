//! Meaning of providers' messages, for errors without a specific code.
//!
//! A row is a list of fragments that occur in the message in this order. They are as long as
//! possible, because a message may quote the request. Messages are compared in lower case.

use super::cause::Cause;
use length::TOO_LONG;
use spent::{PERHAPS_SPENT, SPENT};

mod length;
mod spent;

type Phrase = (&'static [&'static str], Cause);

/// Messages about a rate limit of requests or tokens, whatever else they mention: "Too many tokens,
/// please wait before trying again." (Bedrock).
const LIMITS: &[&str] = &[
    "rate limit",
    "too many requests",
    "per minute",
    "per min ",
    "per min)",
    "per second",
    "per day (",
    "concurrent requests",
    "concurrency",
    "please wait",
    "throttl",
    // OpenRouter, with status 402: "Retry after in-flight requests settle, or add credits."
    "in-flight requests",
];

/// A single request that exceeds the token limit per minute: "Request too large for model `m` ...
/// on tokens per minute (TPM): Limit 6000, Requested 6294" (Groq with 413, OpenAI with 429).
const OVER_LIMIT: &[&[&str]] = &[&["request too large for", "tokens per min"]];

const FILTERED: &[&[&str]] = &[
    // Azure: "The response was filtered due to the prompt triggering Azure OpenAI's content
    // management policy."
    &["content management policy"],
    // Anthropic: "Output blocked by content filtering policy".
    &["content filtering policy"],
    &["content_filter"],
    &["contentpolicyviolation"],
    &["violat", "content polic"],
    // OpenAI: "Invalid prompt: your prompt was flagged as potentially violating our usage policy."
    &["flagged as potentially violating"],
    &["violat", "usage polic"],
    &["rejected", "safety system"],
    &["task failed as a result of our safety system"],
    // OpenAI, with the code `invalid_prompt`.
    &["limited access to this content for safety reasons"],
    // xAI: "Content violates usage guidelines."
    &["violat", "usage guidelines"],
    &["violat", "safety polic"],
    &["violat", "safety guidelines"],
    &["blocked", "content filter"],
    &["blocked by", "guardrail"],
    &["blocked due to", "prohibited"],
    &["blocked due to", "safety"],
    &["blocked for safety"],
    // MiniMax's 1026 behind gateways: "input new_sensitive, messages[220]'s content[1] image is
    // sensitive, please check your input".
    &["new_sensitive"],
    &["is sensitive, please check"],
    // Servers in China: "内容包含敏感词", "输入或者生成内容可能包含不安全或敏感内容".
    &["敏感"],
    // OpenRouter's moderation, with status 403.
    &["your input was flagged"],
    // DashScope, DeepSeek, Moonshot, Z.AI.
    &["may contain inappropriate content"],
    &["content exists risk"],
    &["considered high risk"],
    &["unsafe or sensitive content"],
];

/// The server rejects the content of the request, with any status: llama.cpp replies with 500, LM
/// Studio inside a stream, and gateways forward a rejection as 429.
const REFUSED: &[&[&str]] = &[
    // Google's parser: "Invalid JSON payload received. Unknown name \"examples\" at 'tools[0]..'",
    // "Invalid value at 'tools[0].function_declarations[0]..".
    &["invalid json payload received"],
    &["invalid value at 'tools["],
    // llama.cpp and LM Studio, about the schema of a tool or an answer: "JSON schema conversion
    // failed: ..", "Failed to initialize samplers: failed to parse grammar", "Unable to generate
    // parser for this template".
    &["json schema conversion failed"],
    &["failed to parse grammar"],
    &["unable to generate parser for this template"],
    // llama.cpp and LM Studio, about the messages: "Error rendering prompt with jinja template:
    // ..", "Jinja Exception: Conversation roles must alternate user/assistant/..".
    &["error rendering prompt with jinja template"],
    &["jinja exception"],
    &["roles must alternate"],
    // llama.cpp, about features for which the model or the server is not configured.
    &["input is not supported", "mmproj"],
    &["requires --jinja flag"],
    &["cannot use tools with stream"],
    // OpenAI and compatible servers: "Invalid schema for function 'f': ..", "Invalid schema for
    // response_format 'f': ..".
    &["invalid schema for function"],
    &["invalid schema for response_format"],
];

/// An object that the request refers to has expired, was deleted, or belongs to another account.
const GONE: &[&[&str]] = &[
    // OpenAI: "Previous response with id 'resp_..' not found.", "Item with id 'rs_..' not found. Items
    // are not persisted when `store` is set to false.", "Conversation with id 'conv_..' not found.".
    &["previous response", "not found"],
    &["item with id", "not found"],
    &["conversation with id", "not found"],
    &["vector store", "not found"],
    &["no such file object"],
];

/// Messages of servers that reply with 400 (or 500, or 200) to everything.
const SOFT: &[Phrase] = &[
    // Google: "API key not valid. Please pass a valid API key."; xAI: "Incorrect API key provided".
    (&["api key not valid"], Cause::Authentication),
    (&["incorrect api key"], Cause::Authentication),
    (&["invalid api key"], Cause::Authentication),
    (&["invalid api-key"], Cause::Authentication),
    (&["invalid x-api-key"], Cause::Authentication),
    (&["api key is invalid"], Cause::Authentication),
    (&["api key expired"], Cause::Authentication),
    (&["api key has expired"], Cause::Authentication),
    (&["api key not found"], Cause::Authentication),
    (&["missing api key"], Cause::Authentication),
    (&["no api key"], Cause::Authentication),
    (&["invalid authentication"], Cause::Authentication),
    (&["authentication failed"], Cause::Authentication),
    (&["no auth credentials"], Cause::Authentication),
    // AWS: "The security token included in the request is invalid."
    (
        &["security token included in the request"],
        Cause::Authentication,
    ),
    // One API and New API: "无效的令牌".
    (&["无效的令牌"], Cause::Authentication),
    // DeepSeek: "Model Not Exist"; OpenRouter: "m is not a valid model ID".
    (&["model not exist"], Cause::NotFound),
    (&["is not a valid model id"], Cause::NotFound),
    (&["the model", "does not exist"], Cause::NotFound),
    // SiliconFlow.
    (&["model does not exist"], Cause::NotFound),
    (&["model", "not found"], Cause::NotFound),
    (&["is not a valid model"], Cause::NotFound),
    (&["invalid model name"], Cause::NotFound),
    (&["unknown model"], Cause::NotFound),
    (&["no such model"], Cause::NotFound),
    (&["模型不存在"], Cause::NotFound),
    // Bedrock: "The provided model identifier is invalid."
    (&["model identifier is invalid"], Cause::NotFound),
    // GitHub Copilot: "The requested model is not supported."
    (&["the requested model is not supported"], Cause::NotFound),
];

/// Messages without a status or code.
const LOOSE: &[Phrase] = &[
    (&["rate limit"], Cause::RateLimited),
    (&["too many requests"], Cause::RateLimited),
    (&["overloaded"], Cause::Overloaded),
    (&["over capacity"], Cause::Overloaded),
    (&["at capacity"], Cause::Overloaded),
    (&["service unavailable"], Cause::Overloaded),
    (&["temporarily unavailable"], Cause::Overloaded),
    (&["server is busy"], Cause::Overloaded),
    (&["loading model"], Cause::Overloaded),
    (&["rate-limit"], Cause::RateLimited),
    (&["ratelimit"], Cause::RateLimited),
    (&["throttl"], Cause::RateLimited),
    (&["请求过于频繁"], Cause::RateLimited),
    (&["访问量过大"], Cause::RateLimited),
    (&["high demand"], Cause::Overloaded),
    (&["is busy"], Cause::Overloaded),
    (&["currently loading"], Cause::Overloaded),
    (&["no healthy upstream"], Cause::Overloaded),
    (&["no instances available"], Cause::Overloaded),
];

/// Returns `true` if the message is about a rate limit of requests or tokens.
pub(super) fn names_a_limit(message: &str) -> bool {
    LIMITS.iter().any(|limit| message.contains(limit))
}

/// Returns `true` if the message states that a single request exceeds such a limit.
pub(super) fn is_over_limit(message: &str) -> bool {
    any(OVER_LIMIT, message)
}

pub(super) fn is_too_long(message: &str) -> bool {
    any(TOO_LONG, message)
}

pub(super) fn is_filtered(message: &str) -> bool {
    any(FILTERED, message)
}

/// Returns `true` if the message states that the request is unacceptable in its present form.
pub(super) fn is_refused(message: &str) -> bool {
    any(REFUSED, message)
}

/// Returns `true` if the message states that an object to which the request refers does not exist.
pub(super) fn is_gone(message: &str) -> bool {
    any(GONE, message)
}

pub(super) fn is_spent(message: &str) -> bool {
    any(SPENT, message)
}

pub(super) fn is_perhaps_spent(message: &str) -> bool {
    any(PERHAPS_SPENT, message)
}

pub(super) fn soft(message: &str) -> Option<Cause> {
    look_up(SOFT, message)
}

pub(super) fn loose(message: &str) -> Option<Cause> {
    look_up(LOOSE, message)
}

fn look_up(table: &[Phrase], message: &str) -> Option<Cause> {
    let known = table.iter().find(|(pieces, _)| has(message, pieces));
    known.map(|(_, cause)| *cause)
}

fn any(table: &[&[&str]], message: &str) -> bool {
    table.iter().any(|pieces| has(message, pieces))
}

/// Returns `true` if `text` contains the pieces in this order.
fn has(text: &str, pieces: &[&str]) -> bool {
    let mut rest = text;
    pieces.iter().all(|piece| match rest.split_once(piece) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}
