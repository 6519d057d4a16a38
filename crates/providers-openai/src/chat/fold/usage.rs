//! Tokens: from what each server counts to what [`Usage`] means.

use geppetto_turns::Usage;
use serde_json::{Value, value::RawValue};

use crate::shared::number;

#[cfg(test)]
mod tests;

/// Whether a usage object counts anything: some servers send one of nulls with every event.
pub(super) fn counts(raw: &RawValue) -> bool {
    let raw = raw.get();
    raw.starts_with('{') && raw.bytes().any(|byte| byte.is_ascii_digit())
}

/// Reads a usage object; `None` where it is not one.
///
/// - `prompt_tokens` and `completion_tokens`, or `input_tokens` and `output_tokens`;
/// - what was read from a cache: `prompt_tokens_details.cached_tokens`, `prompt_cache_hit_tokens`
///   (DeepSeek), `cache_read_input_tokens` (Databricks), `cached_tokens` (Moonshot);
/// - what was written to it: `prompt_tokens_details.cache_write_tokens` (OpenRouter),
///   `cache_creation_input_tokens`;
/// - reasoning: `completion_tokens_details.reasoning_tokens`, `reasoning_tokens` (Copilot).
///
/// Where the total says that a part that is counted apart was left out, it is added: xAI leaves
/// reasoning out of the output, Mistral leaves speech out of the prompt.
pub(super) fn parse(raw: &str) -> Option<Usage> {
    let value: Value = serde_json::from_str(raw).ok()?;
    value.as_object()?;
    let count = |pointers: &[&str]| number::first_count(&value, pointers);
    let mut input = count(&["/prompt_tokens", "/input_tokens"]);
    let mut output = count(&["/completion_tokens", "/output_tokens"]);
    let reasoning = count(&[
        "/completion_tokens_details/reasoning_tokens",
        "/output_tokens_details/reasoning_tokens",
        "/reasoning_tokens",
    ]);
    let speech = count(&["/prompt_tokens_details/audio_tokens"]);
    let missing = count(&["/total_tokens"]).saturating_sub(input.saturating_add(output));
    if missing > 0 && missing == reasoning {
        output = output.saturating_add(missing);
    } else if missing > 0 && missing == speech {
        input = input.saturating_add(missing);
    }
    let usage = Usage::new(input, output)
        .with_cached(count(&[
            "/prompt_tokens_details/cached_tokens",
            "/input_tokens_details/cached_tokens",
            "/prompt_cache_hit_tokens",
            "/cache_read_input_tokens",
            "/cached_tokens",
        ]))
        .with_cache_creation(count(&[
            "/prompt_tokens_details/cache_write_tokens",
            "/cache_creation_input_tokens",
        ]))
        .with_reasoning(reasoning);
    Some(usage.with_raw(value))
}
