//! Settings specific to one provider.

use super::{Field, Kind};

const OPENAI: &str = "openai-chat";
const CLAUDE: &str = "claude-chat";
const GEMINI: &str = "gemini-chat";

const EFFORTS: &[&str] = &["minimal", "low", "medium", "high"];

pub(super) const FIELDS: &[Field] = &[
    Field::new(
        "openai.n",
        OPENAI,
        "openai-n",
        Kind::Int(1, 128),
        "Number of choices; the first is used.",
    )
    .rare(),
    Field::new(
        "openai.presence_penalty",
        OPENAI,
        "openai-presence-penalty",
        Kind::Float(-2.0, 2.0),
        "Penalty for tokens that occurred.",
    )
    .rare(),
    Field::new(
        "openai.frequency_penalty",
        OPENAI,
        "openai-frequency-penalty",
        Kind::Float(-2.0, 2.0),
        "Penalty for tokens by how often they occurred.",
    )
    .rare(),
    Field::new(
        "openai.logit_bias",
        OPENAI,
        "openai-logit-bias",
        Kind::Map,
        "Bias of tokens from -100 to 100, by token id.",
    )
    .rare(),
    Field::new(
        "openai.reasoning_effort",
        OPENAI,
        "openai-reasoning-effort",
        Kind::Text,
        "Reasoning effort of the Responses API.",
    )
    .values(EFFORTS),
    Field::new(
        "openai.reasoning_summary",
        OPENAI,
        "openai-reasoning-summary",
        Kind::Text,
        "Reasoning summary of the Responses API.",
    )
    .values(&["auto", "concise", "detailed"])
    .rare(),
    Field::new(
        "openai.thinking_type",
        OPENAI,
        "openai-thinking-type",
        Kind::Text,
        "Thinking mode of chat servers that have one.",
    )
    .values(&["enabled", "disabled"])
    .rare(),
    Field::new(
        "openai.chat_reasoning_effort",
        OPENAI,
        "openai-chat-reasoning-effort",
        Kind::Text,
        "Reasoning effort of Chat Completions.",
    )
    .values(EFFORTS)
    .rare(),
    Field::new(
        "openai.parallel_tool_calls",
        OPENAI,
        "openai-parallel-tool-calls",
        Kind::Bool,
        "Parallel tool calls.",
    )
    .ignored("the tool configuration decides"),
    Field::new(
        "openai.include_reasoning_encrypted",
        OPENAI,
        "openai-include-reasoning-encrypted",
        Kind::Bool,
        "Ask for encrypted reasoning.",
    )
    .ignored("it is always asked for"),
    Field::new(
        "openai.stream_include_usage",
        OPENAI,
        "openai-stream-include-usage",
        Kind::Bool,
        "Ask for token counts.",
    )
    .ignored("they are always asked for"),
    Field::new(
        "claude.top_k",
        CLAUDE,
        "claude-top-k",
        Kind::Int(0, i64::MAX),
        "Sample from this many tokens; 1, geppetto's default, is not sent.",
    )
    .rare(),
    Field::new(
        "claude.user_id",
        CLAUDE,
        "claude-user-id",
        Kind::Text,
        "Identifies the end user without naming them.",
    )
    .rare(),
    Field::new(
        "claude.cache",
        CLAUDE,
        "claude-cache",
        Kind::Text,
        "Prompt cache, by the life of its entries.",
    )
    .values(&["off", "5m", "1h"]),
    Field::new(
        "gemini.api_version",
        GEMINI,
        "gemini-api-version",
        Kind::Text,
        "Version of the API.",
    )
    .values(&["v1beta", "v1"])
    .rare(),
    Field::new(
        "gemini.include_thoughts",
        GEMINI,
        "gemini-include-thoughts",
        Kind::Bool,
        "Return summaries of thoughts.",
    )
    .rare(),
    Field::new(
        "gemini.thinking_budget",
        GEMINI,
        "gemini-thinking-budget",
        Kind::Int(-1, i64::MAX),
        "The reasoning limit in tokens; -1 leaves it to the model.",
    )
    .rare(),
    Field::new(
        "gemini.thinking_level",
        GEMINI,
        "gemini-thinking-level",
        Kind::Text,
        "The thinking level.",
    )
    .values(&["minimal", "low", "medium", "high"])
    .rare(),
];
