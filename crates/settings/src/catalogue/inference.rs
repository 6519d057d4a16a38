//! Overrides of sampling and reasoning, which take precedence over `chat.*`.

use super::{Field, Kind};

const SECTION: &str = "ai-inference";

pub(super) const FIELDS: &[Field] = &[
    Field::new(
        "inference.thinking_budget",
        SECTION,
        "inference-thinking-budget",
        Kind::Int(0, i64::MAX),
        "The reasoning limit in tokens.",
    ),
    Field::new(
        "inference.reasoning_effort",
        SECTION,
        "inference-reasoning-effort",
        Kind::Text,
        "Reasoning effort.",
    )
    .values(&["minimal", "low", "medium", "high"]),
    Field::new(
        "inference.thinking_type",
        SECTION,
        "inference-thinking-type",
        Kind::Text,
        "The thinking mode.",
    )
    .values(&["enabled", "disabled", "adaptive"]),
    Field::new(
        "inference.reasoning_summary",
        SECTION,
        "inference-reasoning-summary",
        Kind::Text,
        "Reasoning summary.",
    )
    .values(&["auto", "concise", "detailed"]),
    Field::new(
        "inference.temperature",
        SECTION,
        "inference-temperature",
        Kind::Float(0.0, 2.0),
        "Sampling temperature; takes precedence over `ai-temperature`.",
    )
    .rare(),
    Field::new(
        "inference.top_p",
        SECTION,
        "inference-top-p",
        Kind::Float(0.0, 1.0),
        "Nucleus sampling; takes precedence over `ai-top-p`.",
    )
    .rare(),
    Field::new(
        "inference.max_response_tokens",
        SECTION,
        "inference-max-response-tokens",
        Kind::Int(1, i64::MAX),
        "The output limit in tokens; takes precedence over `ai-max-response-tokens`.",
    )
    .rare(),
    Field::new(
        "inference.stop",
        SECTION,
        "inference-stop",
        Kind::List,
        "Stop sequences; take precedence over `ai-stop`. An empty list clears them.",
    )
    .rare(),
    Field::new(
        "inference.seed",
        SECTION,
        "inference-seed",
        Kind::Int(i64::MIN, i64::MAX),
        "Sampling seed.",
    )
    .rare(),
];
