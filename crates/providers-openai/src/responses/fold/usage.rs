//! Tokens: from what the server counts to what [`Usage`] means.

use geppetto_turns::Usage;
use serde_json::Value;

use crate::shared::number;

#[cfg(test)]
mod tests;

/// Reads a usage object; `None` where it is not one, or counts nothing.
pub(super) fn parse(raw: &str) -> Option<Usage> {
    let value: Value = serde_json::from_str(raw).ok()?;
    let count = |pointers: &[&str]| number::first_count(&value, pointers);
    // Some gateways answer this wire with the counts of the other one.
    number::count(
        value
            .get("input_tokens")
            .or_else(|| value.get("prompt_tokens"))?,
    )?;
    let usage = Usage::new(
        count(&["/input_tokens", "/prompt_tokens"]),
        count(&["/output_tokens", "/completion_tokens"]),
    )
    .with_cached(count(&[
        "/input_tokens_details/cached_tokens",
        "/prompt_tokens_details/cached_tokens",
    ]))
    .with_cache_creation(count(&[
        "/input_tokens_details/cache_write_tokens",
        "/input_tokens_details/cache_creation_tokens",
    ]))
    .with_reasoning(count(&[
        "/output_tokens_details/reasoning_tokens",
        "/completion_tokens_details/reasoning_tokens",
    ]));
    Some(usage.with_raw(value))
}
