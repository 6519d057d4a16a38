//! Conversion of the server's token counts to [`Usage`].

use geppetto_provider::read::Counts;
use geppetto_turns::Usage;

#[cfg(test)]
mod tests;

/// Parses a usage object, and returns `true` if one of its numbers was invalid; `None` if it is not
/// one, or has no counts. A usage with an unreadable prompt or output counts as not reported.
pub(super) fn parse(raw: &str) -> Option<(Usage, bool)> {
    let mut counts = Counts::read(raw)?;
    // Some gateways respond on this wire with the counts of the other one.
    let input = counts.find(&["/input_tokens", "/prompt_tokens"]);
    let output = counts.find(&["/output_tokens", "/completion_tokens"]);
    if input.is_none() && output.is_none() && !counts.odd {
        return None;
    }
    let is_unread = counts.odd && (input.is_none() || output.is_none());
    let mut usage = Usage::new(input.unwrap_or_default(), output.unwrap_or_default())
        .with_cached(counts.first(&[
            "/input_tokens_details/cached_tokens",
            "/prompt_tokens_details/cached_tokens",
        ]))
        .with_cache_creation(counts.first(&[
            "/input_tokens_details/cache_write_tokens",
            "/input_tokens_details/cache_creation_tokens",
        ]))
        .with_reasoning(counts.first(&[
            "/output_tokens_details/reasoning_tokens",
            "/completion_tokens_details/reasoning_tokens",
        ]));
    usage.unreported_calls = u64::from(is_unread);
    Some((usage.with_raw(counts.value), counts.odd))
}
