//! Token usage in the names of the two APIs.

use geppetto_turns::Usage;
use serde_json::{Value, json};

/// Returns `true` if no provider call reported usage.
fn is_unknown(usage: &Usage) -> bool {
    usage.unreported_calls > 0 && usage.total_tokens() == 0
}

/// Returns the input tokens that a cache served or stored.
fn cached(usage: &Usage) -> Value {
    json!({
        "cached_tokens": usage.cache_read_input_tokens.max(usage.cached_tokens),
        "cache_write_tokens": usage.cache_creation_input_tokens,
    })
}

/// Returns the usage as in Chat Completions; `None` if it is unknown.
pub(super) fn of_chat(usage: &Usage) -> Option<Value> {
    if is_unknown(usage) {
        return None;
    }
    Some(json!({
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens(),
        "prompt_tokens_details": cached(usage),
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
    }))
}

/// Returns the usage as in Responses; `None` if it is unknown.
pub(super) fn of_response(usage: &Usage) -> Option<Value> {
    if is_unknown(usage) {
        return None;
    }
    Some(json!({
        "input_tokens": usage.input_tokens,
        "input_tokens_details": cached(usage),
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.total_tokens(),
    }))
}
