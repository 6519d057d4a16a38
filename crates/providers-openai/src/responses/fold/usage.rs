//! Tokens: from what the server counts to what [`Usage`] means.

use geppetto_turns::Usage;
use serde_json::Value;

#[cfg(test)]
mod tests;

/// Reads a usage object; `None` where it is not one, or counts nothing.
pub(super) fn parse(raw: &str) -> Option<Usage> {
    let value: Value = serde_json::from_str(raw).ok()?;
    let count = |pointers: &[&str]| {
        let found = pointers
            .iter()
            .find_map(|pointer| number(value.pointer(pointer)?));
        found.unwrap_or_default()
    };
    // Some gateways answer this wire with the counts of the other one.
    number(
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

/// A count; servers that compute send it as a float.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is checked to be a whole number in range"
)]
fn number(value: &Value) -> Option<u64> {
    let whole = |float: &f64| float.fract() == 0.0 && (0.0..9e15).contains(float);
    value
        .as_u64()
        .or_else(|| value.as_f64().filter(whole).map(|float| float as u64))
}
