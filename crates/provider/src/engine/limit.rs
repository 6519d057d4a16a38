//! The output limit of a model, read from the error with which its server refuses a larger one.
//!
//! Names of models are not enough to know it: gateways rename models, and the limit differs between the servers of one
//! model. Without this, an application that asks for long replies could use no model with a smaller limit.
//!
//! Reports: <https://github.com/Gitlawb/openclaude/issues/331>,
//! <https://github.com/Alishahryar1/free-claude-code/pull/991>,
//! <https://github.com/coolcline/CoolCline/issues/23>, <https://github.com/nextlevelbuilder/goclaw/pull/267>,
//! <https://github.com/olimorris/codecompanion.nvim/issues/1028>.

use geppetto_engine::{EngineError, ErrorKind, InferenceConfig};

use crate::{Remedy, rules};

#[cfg(test)]
mod tests;

/// Name of the setting in the event.
pub(crate) const SETTING: &str = "max_response_tokens";

/// Names of the setting in requests and messages, in lower case.
const NAMES: [&str; 9] = [
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "max_new_tokens",
    "maxoutputtokens",
    "maxtokens",
    "max tokens",
    "maximum tokens",
    "completion tokens",
];

/// Words right before the limit, and what is to be added to it.
const BEFORE: &[(&str, i64)] = &[
    // OpenAI: "max_tokens is too large: 6000. This model supports at most 4096 completion tokens, whereas you provided
    // 6000."
    ("at most ", 0),
    // OpenAI, Volcengine: "integer above maximum value. Expected a value <= 12288, but got 32000 instead."
    ("<= ", 0),
    // Groq: "`max_completion_tokens` must be less than or equal to `40960`, the maximum value for .."
    ("less than or equal to ", 0),
    // Anthropic: "max_tokens: 128000 > 64000, which is the maximum allowed number of output tokens for claude-3-7-sonnet"
    (" > ", 0),
    // DeepSeek: "Invalid max_tokens value, the valid range of max_tokens is [1, 8192]"; Alibaba: "Range of max_tokens
    // should be [1, 8192]".
    ("[1, ", 0),
    ("[1,", 0),
    ("[0, ", 0),
    ("between 1 and ", 0),
    // Google: "it has a maxOutputTokens value of 100000 but the supported range is from 1 (inclusive) to 65537 (exclusive)"
    ("(inclusive) to ", -1),
    // Amazon: "The maximum tokens you requested exceeds the model limit of 10000."
    ("model limit of ", 0),
];

/// Words of OpenRouter before the number of tokens for which the credit is enough: "This request requires more credits, or
/// fewer max_tokens. You requested up to 225702 tokens, but can only afford 92985."
/// (<https://github.com/QwenLM/qwen-code/issues/73>).
const AFFORDABLE: &str = "can only afford ";

/// Smallest reply that is worth to be requested where the credit or the context window is not enough for more.
const SMALLEST: u64 = 1024;

/// Returns the remedy for an error that names a smaller output limit than the requested one.
pub(super) fn remedy(error: &EngineError, asked: &InferenceConfig) -> Option<Remedy> {
    // Credit changes, and so does the prompt.
    let of_call = || affordable(error, asked).or_else(|| room(error, asked));
    of(error, asked)
        .map(Remedy::limited)
        .or_else(|| of_call().map(|limit| Remedy::limited(limit).of_contents()))
}

/// Returns the number of tokens that a prompt leaves for the reply, if more were requested. vLLM: "'max_tokens' or
/// 'max_completion_tokens' is too large: 8192. This model's maximum context length is 4096 tokens and your request has 50
/// input tokens (8192 > 4096 - 50)." (<https://github.com/vllm-project/vllm/pull/36197>).
fn room(error: &EngineError, asked: &InferenceConfig) -> Option<u64> {
    let asked = asked.max_response_tokens?;
    let message = rules::refusal(error, &[ErrorKind::ContextTooLong])?;
    let (_, window) = message.split_once(" > ")?;
    let (_, input) = window.split_once(" - ")?;
    let limit = number(window)?.checked_sub(number(input)?)?;
    Some(limit).filter(|limit| (SMALLEST..asked).contains(limit))
}

/// Returns the number of tokens for which the credit is enough, if more were requested.
fn affordable(error: &EngineError, asked: &InferenceConfig) -> Option<u64> {
    let message = rules::refusal(error, &[ErrorKind::RateLimited])?;
    let (_, affordable) = message.split_once(AFFORDABLE)?;
    let asked = asked.max_response_tokens.unwrap_or(u64::MAX);
    number(affordable).filter(|limit| (SMALLEST..asked).contains(limit))
}

/// Returns the output limit of the model that a server names in an error, if the requested one exceeds it.
fn of(error: &EngineError, asked: &InferenceConfig) -> Option<u64> {
    let asked = asked.max_response_tokens?;
    let message = rules::refusal(error, &[ErrorKind::InvalidRequest])?;
    if !NAMES.iter().any(|name| message.contains(name)) {
        return None;
    }
    let is_below = |limit: &u64| (1..asked).contains(limit);
    BEFORE.iter().find_map(|(words, more)| {
        let mut after = message.split(words).skip(1).filter_map(number);
        let limit = after.next()?.checked_add_signed(*more)?;
        Some(limit).filter(is_below)
    })
}

/// Reduces the output limit of a call, and the part of it that is for thinking.
pub(super) fn apply(limit: u64, config: &mut InferenceConfig) {
    config.max_response_tokens = Some(limit);
    if let Some(budget) = config.thinking_budget.filter(|budget| *budget >= limit) {
        config.thinking_budget = Some(budget.min(limit / 2));
    }
}

/// Returns the reason for the user.
pub(crate) fn why(limit: u64) -> String {
    format!("the server replies with at most {limit} tokens, which are requested instead")
}

/// Returns the number at the beginning of a text, which may be in quotes and have separators.
fn number(text: &str) -> Option<u64> {
    let text = text.trim_start_matches(['`', '\'', '"']).chars();
    let number = text.take_while(|c| c.is_ascii_digit() || matches!(c, ',' | '_'));
    let digits: String = number.filter(char::is_ascii_digit).collect();
    digits.parse().ok()
}
