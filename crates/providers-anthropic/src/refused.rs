//! The setting that a server refuses, determined from its error.
//!
//! The names of models are not enough to know this in advance: gateways rename models, other vendors
//! speak the API without all of its fields, and new models refuse what their predecessors accepted.

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_provider::{Remedy, rules};

#[cfg(test)]
mod tests;

/// Words with which servers refuse a field, or its value for this model.
const REFUSALS: &[&str] = &[
    "not supported",
    "unsupported",
    "does not support",
    "doesn't support",
    "not permitted",
    "is deprecated for",
    "cannot both be",
    "may only be set to",
    "must be unset",
    "not allowed",
    "unknown field",
    "unexpected value",
    "not available",
    "expired",
    "not found",
    "input tag",
    // "output_config.effort: Input should be 'low', 'medium' or 'high'".
    "effort: input should be",
    // MiniMax: "invalid thinking.type: \"enabled\" (allowed: adaptive, disabled)".
    "(allowed:",
];

/// Words in lower case that name a field, and the setting that it carries; the more specific first.
const FIELDS: &[(&str, &str)] = &[
    ("thinking.type.disabled", "thinking_type"),
    ("thinking.type.enabled", "thinking_budget"),
    ("thinking.type: \"enabled\"", "thinking_budget"),
    ("budget_tokens", "thinking_budget"),
    ("thinking.display", "thinking_display"),
    ("assistant message prefill", "prefill"),
    ("prefill", "prefill"),
    ("effort", "reasoning_effort"),
    ("thinking", "thinking_type"),
    ("output_config.format", "output_format"),
    ("structured output", "output_format"),
    ("output_config", "output_format"),
    ("output_config", "reasoning_effort"),
    ("output format", "output_format"),
    ("cache_control", "cache"),
    ("anthropic-beta", "betas"),
    ("container", "container"),
    ("temperature", "temperature"),
    ("top_p", "top_p"),
    ("top_k", "top_k"),
    ("stop_sequences", "stop"),
    ("service_tier", "service_tier"),
    ("strict", "strict_tools"),
    ("tool_choice", "tool_choice"),
];

/// Settings whose refusal depends on the contents of the turn.
const OF_CONTENTS: [&str; 2] = ["container", "prefill"];

/// Returns `true` if an error refuses thinking that was sent back: an invalid signature, or thinking that
/// is not as the model wrote it.
pub(crate) fn is_signature(error: &EngineError) -> bool {
    let message = said(error);
    let message = message.as_deref().unwrap_or_default();
    message.contains("thinking")
        && [
            "signature",
            "cannot be modified",
            "expected `thinking`",
            "redacted_thinking",
        ]
        .iter()
        .any(|words| message.contains(words))
}

/// Returns the remedy for an error that refuses a setting. `is_sent` returns `true` if the request has a
/// setting that can be omitted.
///
/// Reports: <https://github.com/AAswordman/Operit/pull/568>,
/// <https://github.com/omnigent-ai/omnigent/pull/17>,
/// <https://github.com/OpenHands/OpenHands/pull/12909>,
/// <https://github.com/CherryHQ/cherry-studio/issues/16431>,
/// <https://github.com/BerriAI/litellm/issues/18241>,
/// <https://github.com/VicBilibily/GCMP/issues/26>.
pub(crate) fn remedy(error: &EngineError, is_sent: impl Fn(&str) -> bool) -> Option<Remedy> {
    let message = said(error)?;
    if wants_thinking(&message) && is_sent(THINKING) {
        return Some(Remedy::without(THINKING, why(THINKING)).of_contents());
    }
    if !REFUSALS.iter().any(|words| message.contains(words)) {
        return None;
    }
    let mut named = FIELDS.iter().filter(|(words, _)| message.contains(words));
    let (_, setting) = named.find(|(_, setting)| is_sent(setting))?;
    let remedy = Remedy::without(setting, why(setting));
    // The next reply may run code in another container; few turns end with a text to continue.
    match OF_CONTENTS.contains(setting) {
        true => Some(remedy.of_contents()),
        false => Some(remedy),
    }
}

/// Returns the remedy for an error about blocks of the server's own tools.
pub(crate) fn without_blocks() -> Remedy {
    Remedy::without(BLOCKS, why(BLOCKS)).of_contents()
}

/// Name of the setting for thinking in a conversation with replies that were made without it.
pub(crate) const THINKING: &str = "thinking_after_replies";

/// Returns `true` if a message in lower case wants thoughts that the conversation does not have: "Missing thinking block in
/// the assistant message at message index 1", "The `content[].thinking` in the thinking mode must be passed back to the
/// API" (DeepSeek, which thinks unless it is told not to).
fn wants_thinking(message: &str) -> bool {
    message.contains("missing thinking block")
        || (message.contains("thinking") && message.contains("must be passed back"))
}

/// Name of the setting for blocks of the server's own tools that are sent back.
pub(crate) const BLOCKS: &str = "blocks_of_server_tools";

/// Returns `true` if an error refuses a block of a tool that a server has run itself: "messages.1.content.0: Input tag
/// 'server_tool_use' found using 'type' does not match any of the expected tags" (gateways that search, in front of servers
/// that do not), "unknown variant `web_search_tool_result`".
///
/// Report: <https://github.com/BerriAI/litellm/pull/36228>.
pub(crate) fn is_about_blocks(error: &EngineError) -> bool {
    let message = said(error);
    let message = message.as_deref().unwrap_or_default();
    ["server_tool_use", "_tool_result", "srvtoolu_"]
        .iter()
        .any(|words| message.contains(words))
}

fn why(setting: &str) -> &'static str {
    match setting {
        "thinking_budget" => "the server refuses it; the model decides how much to think",
        "prefill" => "the server refuses it; a prompt to continue is sent after it",
        "output_format" => "the server refuses it; the schema is described in the instructions",
        BLOCKS => "the server does not accept blocks of its own tools as it sent them",
        "container" => "the server does not have it any more",
        THINKING => "the server wants the thoughts of earlier replies, which were made without it",
        _ => "the server refuses it for this model",
    }
}

/// Returns the words of an error that refuses the request.
fn said(error: &EngineError) -> Option<String> {
    rules::refusal(error, &[ErrorKind::InvalidRequest, ErrorKind::NotFound])
}
