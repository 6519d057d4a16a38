//! What a server wants instead of what it refuses, determined from its words.

use super::{
    BARE, BODY, DESCRIPTIONS, EFFORT_WITH_TOOLS, KEYWORDS, NAMED_CHOICE, NULL_CONTENT, OBJECT,
    ORDER, REFUSALS, SCHEMA, SYSTEM, THINKING_WITH_CHOICE, UNSTREAMED,
};

/// Returns the settings, of which one is to be changed, of a message in lower case: "parameter.enable_thinking must be set to
/// false for non-streaming calls" (`DashScope`), "enable thinking can not be support when `stream=False`"
/// (`ModelScope`), "The `reasoning_content` in the thinking mode must be passed back to the API" (`DeepSeek`),
/// "thinking is enabled but reasoning_content is missing in assistant tool call message" (Moonshot), "The
/// `reasoning_text` in the thinking mode must be passed back" (the same, behind a gateway), "This model only support
/// stream mode" (`DashScope`), "This `response_format` type is unavailable now" (`DeepSeek`), "Unsupported JSON
/// schema fields: {'minItems'}" (Cerebras).
pub(super) fn wanted(message: &str) -> &'static [&'static str] {
    let has = |words: &str| message.contains(words);
    if has("thinking") && (has("non-streaming") || has("stream=false")) {
        return &[UNSTREAMED];
    }
    if has("only support stream") || has("only supports stream") {
        return &[BODY];
    }
    let names_thoughts = has("reasoning_content") || has("reasoning_text");
    if names_thoughts && (has("must be passed back") || has("is missing")) {
        return &[BARE];
    }
    if let Some(setting) = of_reasoning(message)
        .or_else(|| of_tools(message))
        .or_else(|| of_messages(message))
    {
        return setting;
    }
    let names_format = has("response_format") || has("json_schema") || has("text.format");
    let is_refused = has("unavailable") || REFUSALS.iter().any(|words| has(words));
    let is_invalid = has("invalid schema") || has("in context=");
    if has("unsupported json schema") || (names_format && is_refused && !is_invalid) {
        return &[SCHEMA, OBJECT];
    }
    &[]
}

/// "Function tools with reasoning_effort are not supported for gpt-6-astra in /v1/chat/completions" (OpenAI, also for a
/// request without an effort: <https://github.com/can1357/oh-my-pi/issues/11052>), "tool_choice 'specified' is
/// incompatible with thinking enabled" (Moonshot: <https://github.com/can1357/oh-my-pi/issues/1077>), "cannot specify both
/// 'thinking' and 'reasoning_effort'" (Moonshot: <https://github.com/HKUDS/nanobot/issues/3939>), "\"llama3.1:8b\" does
/// not support thinking" (Ollama: <https://github.com/Gitlawb/openclaude/issues/1371>).
fn of_reasoning(message: &str) -> Option<&'static [&'static str]> {
    let has = |words: &str| message.contains(words);
    if has("tools with reasoning_effort") {
        return Some(&[EFFORT_WITH_TOOLS]);
    }
    if has("tool_choice") && has("incompatible with thinking") {
        return Some(&[THINKING_WITH_CHOICE]);
    }
    if has("cannot specify both") && has("thinking") && has("reasoning_effort") {
        return Some(&["reasoning_effort"]);
    }
    let sentence = message.trim_end_matches(|c: char| c.is_whitespace() || c == '.');
    sentence
        .ends_with("does not support thinking")
        .then_some(&["reasoning_effort", "thinking_type"])
}

/// "Invalid tool_choice type: 'object'" (LM Studio: <https://github.com/earendil-works/pi/issues/4266>), "Only allowed
/// string values for 'tool_choice' are [none, auto, required]" (Groq), "Unknown name \"$schema\" at
/// 'tools[0].function_declarations[0].parameters'" (Google, behind a gateway that renames the model:
/// <https://github.com/openswarm-ai/openswarm/issues/24>), "Invalid 'tools[13].function.description': string too long.
/// Expected a string with maximum length 1024" (Azure, and OpenAI's older models:
/// <https://github.com/getsentry/sentry-mcp/issues/106>,
/// <https://github.com/langchain-ai/open_deep_research/issues/80>).
fn of_tools(message: &str) -> Option<&'static [&'static str]> {
    const KEYWORD: [&str; 4] = [
        "unknown name",
        "invalid value at",
        "only allowed for",
        "are supported for",
    ];
    let has = |words: &str| message.contains(words);
    if has("tool_choice") && (has("type: 'object'") || has("allowed string values")) {
        return Some(&[NAMED_CHOICE]);
    }
    let is_long = has("too long") || has("exceeds maximum length");
    if is_long && (has(".description'") || has("tool description")) {
        return Some(&[DESCRIPTIONS]);
    }
    let is_keyword = has("function_declarations") && KEYWORD.iter().any(|words| has(words));
    is_keyword.then_some(&[KEYWORDS])
}

/// "messages.1...content.str: Input should be a valid string [input_value=None]" (servers in Python:
/// <https://github.com/sgl-project/sglang/issues/4236>), "Conversation roles must alternate user/assistant/..." (templates
/// without instructions: <https://github.com/microsoft/autogen/issues/1037>), "System role not supported", "Unexpected role
/// 'user' after role 'tool'" (servers of Mistral's models: <https://github.com/mistralai/mistral-vibe/issues/578>), "After the
/// (optional) system message(s), user or tool message(s) should alternate with assistant message(s)." (Perplexity, also
/// behind a gateway).
fn of_messages(message: &str) -> Option<&'static [&'static str]> {
    let has = |words: &str| message.contains(words);
    let is_null = ["input_value=none", "\"input\":null", "'input': none"];
    if has("content") && has("valid string") && is_null.iter().any(|words| has(words)) {
        return Some(&[NULL_CONTENT]);
    }
    if has("roles must alternate") || has("system role not supported") {
        return Some(&[SYSTEM, ORDER]);
    }
    let is_order =
        has("unexpected role") || has("should be alternating") || has("should alternate");
    is_order.then_some(&[ORDER])
}
