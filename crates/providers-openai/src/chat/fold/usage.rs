//! Conversion of each server's token counts to [`Usage`].

use geppetto_provider::read::Counts;
use geppetto_turns::Usage;

#[cfg(test)]
mod tests;

/// Returns `true` if a usage object has any count: some servers send one of nulls with every event.
pub(super) fn counts(raw: &str) -> bool {
    raw.starts_with('{') && raw.bytes().any(|byte| byte.is_ascii_digit())
}

/// Returns `true` if a usage object may have a count above zero.
pub(super) fn is_above_zero(raw: &str) -> bool {
    raw.bytes().any(|byte| matches!(byte, b'1'..=b'9'))
}

/// Parses a usage object, and returns `true` if one of its numbers was invalid; `None` if it is not
/// one.
///
/// - `prompt_tokens` and `completion_tokens`, or `input_tokens` and `output_tokens`;
/// - tokens read from a cache: `prompt_tokens_details.cached_tokens`, `prompt_cache_hit_tokens`
///   (DeepSeek), `cache_read_input_tokens` (Databricks), `cached_tokens` (Moonshot);
/// - tokens written to it: `prompt_tokens_details.cache_write_tokens` (OpenRouter),
///   `cache_creation_input_tokens`;
/// - reasoning: `completion_tokens_details.reasoning_tokens`, `reasoning_tokens` (Copilot).
///
/// If the total shows that a separately counted part is missing, it is added: xAI excludes
/// reasoning from the output, Mistral excludes speech from the prompt. A usage with unreadable
/// prompt and output counts as not reported.
pub(super) fn parse(raw: &str) -> Option<(Usage, bool)> {
    let mut counts = Counts::read(raw)?;
    let prompt = counts.find(&["/prompt_tokens", "/input_tokens"]);
    let completion = counts.find(&["/completion_tokens", "/output_tokens"]);
    let reasoning = counts.first(&[
        "/completion_tokens_details/reasoning_tokens",
        "/output_tokens_details/reasoning_tokens",
        "/reasoning_tokens",
    ]);
    let is_unread = counts.odd && (prompt.is_none() || completion.is_none());
    let (mut input, mut output) = (prompt.unwrap_or_default(), completion.unwrap_or_default());
    let speech = counts.first(&["/prompt_tokens_details/audio_tokens"]);
    let total = counts.first(&["/total_tokens"]);
    let missing = total.saturating_sub(input.saturating_add(output));
    if missing > 0 && missing == reasoning {
        output = output.saturating_add(missing);
    } else if missing > 0 && missing == speech {
        input = input.saturating_add(missing);
    }
    let mut usage = Usage::new(input, output)
        .with_cached(counts.first(&[
            "/prompt_tokens_details/cached_tokens",
            "/input_tokens_details/cached_tokens",
            "/prompt_cache_hit_tokens",
            "/cache_read_input_tokens",
            "/cached_tokens",
        ]))
        .with_cache_creation(counts.first(&[
            "/prompt_tokens_details/cache_write_tokens",
            "/cache_creation_input_tokens",
        ]))
        .with_reasoning(reasoning);
    usage.unreported_calls = u64::from(is_unread);
    Some((usage.with_raw(counts.value), counts.odd))
}
