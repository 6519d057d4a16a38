//! Meaning of providers' messages, for errors without a specific code.
//!
//! A row is a list of fragments that occur in the message in this order. They are as long as
//! possible, because a message may quote the request. Messages are compared in lower case.

use super::cause::Cause;

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

const TOO_LONG: &[&[&str]] = &[
    // OpenAI, vLLM, SGLang, DeepSeek, OpenRouter, Fireworks: "This model's maximum context length is ..".
    &["maximum context length"],
    // OpenAI, Cloudflare, MiniMax.
    &["exceed", "context window"],
    &["context window", "exceeds limit"],
    &["exceed", "context length"],
    &["context length exceeded"],
    &["context_length_exceeded"],
    &["contextwindowexceeded"],
    // Anthropic: "input length and `max_tokens` exceed context limit: ..", "prompt is too long: ..".
    &["exceed context limit"],
    &["prompt is too long"],
    // Ollama: "prompt too long; exceeded max context length by .. tokens".
    &["prompt too long"],
    // Bedrock: "Input is too long for requested model."
    &["input is too long"],
    // Bedrock: "Input Tokens Exceeded: Number of input tokens exceeds maximum length", "the model ..
    // exceeds the max input token limit".
    &["exceed", "max input token"],
    &["number of input tokens exceeds"],
    // Cohere: "too many tokens: total tokens exceeds the model's max".
    &["total tokens", "exceed", "model's max"],
    &["too many input tokens"],
    &["too many tokens"],
    &["token limit exceeded"],
    // llama.cpp: "the request exceeds the available context size".
    &["exceed", "context size"],
    // Together: "The input (.. tokens) is longer than the model's context length (.. tokens)."
    &["longer than the model's context"],
    // LM Studio.
    &["greater than the context length"],
    &["when context the overflows"],
    &["context overflow"],
    // Gemini: "The input token count (..) exceeds the maximum number of tokens allowed (..)."
    &["input token count", "exceeds"],
    &["input tokens exceed"],
    // xAI.
    &["maximum prompt length is"],
    // Groq, and vLLM with another wording.
    &["reduce the length of the messages"],
    &["reduce the length of the input"],
    // Poolside, Z.AI at other hosts.
    &["exceeds the maximum allowed input length"],
    // Copilot.
    &["prompt token count", "exceeds the limit"],
    // Kimi: "Your request exceeded model token limit: ..".
    &["exceeded model token limit"],
    // Mistral: "Prompt contains .. tokens .. too large for model with .. maximum context length".
    &["too large for model with"],
    // DashScope: "Range of input length should be [1, 30720]".
    &["range of input length should be"],
    // TGI: "`inputs` tokens + `max_new_tokens` must be <= 4096".
    &["`inputs` tokens + `max_new_tokens` must be"],
    &["`inputs` must have less than"],
    // vLLM: "The decoder prompt (length ..) is longer than the maximum model length of ..", "the
    // model's context length is only .. tokens".
    &["longer than the maximum model length"],
    &["model's context length is only"],
    &["maximum input length is"],
    // SGLang: "Input length (.. tokens) exceeds the maximum allowed length (.. tokens)";
    // Volcengine: "Input length .. exceeds the maximum length ..".
    &["input length", "exceeds the maximum"],
    // Volcengine: "Total tokens of image and text exceed max message tokens".
    &["exceed max message tokens"],
    // TensorRT-LLM: "prompt length (..) exceeds maximum input length (..)".
    &["prompt length", "exceeds maximum input length"],
    // llama.cpp, in the middle of a reply: "Context size has been exceeded."
    &["context size has been exceeded"],
    // SiliconFlow: "length of prompt_tokens (..) must be less than max_seq_len (..)".
    &["length of prompt_tokens", "must be less than"],
    // watsonx: "the number of input tokens .. cannot exceed the total tokens limit ..".
    &["input tokens", "cannot exceed the total tokens limit"],
    // Baidu.
    &["prompt tokens too long"],
    // GitHub Models: "Request body too large for m model. Max size: 8000 tokens."
    &["request body too large for", "tokens"],
];

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
    &["rejected", "our safety system"],
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

/// Credit or a daily limit is exhausted.
const SPENT: &[&[&str]] = &[
    // Z.AI, DeepSeek: "Insufficient Balance"; in Chinese at its other host.
    &["insufficient balance"],
    &["余额不足"],
    // OpenRouter: "Insufficient credits", "This request requires more credits, or fewer max_tokens."
    &["insufficient credit"],
    &["requires more credits"],
    &["key limit exceeded"],
    &["free-models-per-day"],
    // Anthropic: "Your credit balance is too low", "You have reached your specified API usage
    // limits. You will regain access on ..".
    &["credit balance is too low"],
    &["reached your specified api usage limits"],
    // xAI: "has either used all available credits or reached its monthly spending limit".
    &["used all available credits"],
    &["monthly spending limit"],
    // Google: "Your prepayment credits are depleted."
    &["credits are depleted"],
    // Hugging Face: "You have exceeded your monthly included credits".
    &["exceeded your monthly"],
    // OpenAI.
    &["billing hard limit"],
    &["usage limit has been reached"],
    &["exceededbudget"],
    // Cloudflare: "you have used up your daily free allocation of 10,000 neurons".
    &["used up your daily"],
    // Together, with status 429.
    &["credit limit exceeded"],
    // Ollama: "you have reached your weekly usage limit"; GitHub Copilot: "you've exceeded your
    // weekly rate limit".
    &["reached your", "usage limit"],
    &["exceeded your weekly"],
    // ModelScope: "You have exceeded today's quota for model ..".
    &["today's quota"],
    // SiliconFlow, Novita, Volcengine, Groq.
    &["balance is insufficient"],
    &["not enough balance"],
    &["overdue balance"],
    &["spend limit exceeded"],
    &["insufficient funds"],
    // One API and New API: "该令牌额度已用尽", "用户额度不足", "用户剩余额度: ..".
    &["额度已用尽"],
    &["额度不足"],
    &["用户剩余额度"],
    // Z.AI's plans.
    &["limit exhausted"],
];

/// The exhausted limit may also be per minute: Google and DashScope use these messages for both.
const PERHAPS_SPENT: &[&[&str]] = &[
    &["insufficient_quota"],
    &["please check your plan and billing details"],
    // Google's daily limits, for gateways that pass on only the message.
    &["quota exceeded", "per day"],
];

/// Messages of servers that reply with 400 (or 500, or 200) to everything.
const SOFT: &[Phrase] = &[
    // Google: "API key not valid. Please pass a valid API key."; xAI: "Incorrect API key provided".
    (&["api key not valid"], Cause::Authentication),
    (&["incorrect api key"], Cause::Authentication),
    (&["invalid api key"], Cause::Authentication),
    // DeepSeek: "Model Not Exist"; OpenRouter: "m is not a valid model ID".
    (&["model not exist"], Cause::NotFound),
    (&["is not a valid model id"], Cause::NotFound),
    (&["the model", "does not exist"], Cause::NotFound),
    // SiliconFlow.
    (&["model does not exist"], Cause::NotFound),
    (&["model", "not found"], Cause::NotFound),
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
