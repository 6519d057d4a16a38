//! Conversion of the API's token counts to [`Usage`].

use geppetto_provider::read::Counts;
use geppetto_turns::Usage;

/// Returns `true` if a usage object has a count: chunks of Vertex AI have one without.
pub(super) fn counts(raw: &str) -> bool {
    raw.starts_with('{') && raw.contains("TokenCount\"")
}

/// Parses a usage object, and returns `true` if one of its numbers was invalid; `None` if it is not
/// one.
///
/// The prompt excludes the results of built-in tools, and the output excludes the thoughts; both are
/// added.
///
/// Source: <https://ai.google.dev/api/generate-content#UsageMetadata>.
pub(super) fn parse(raw: &str) -> Option<(Usage, bool)> {
    let mut counts = Counts::read(raw)?;
    let prompt = counts.find(&["/promptTokenCount"]);
    let total = counts.find(&["/totalTokenCount"]);
    let tools = counts.first(&["/toolUsePromptTokenCount"]);
    let thoughts = counts.first(&["/thoughtsTokenCount"]);
    let candidates = counts.find(&["/candidatesTokenCount", "/responseTokenCount"]);
    let cached = counts.first(&["/cachedContentTokenCount"]);
    let input = prompt.unwrap_or_default().saturating_add(tools);
    let output = candidates.unwrap_or_default().saturating_add(thoughts);
    let is_unread = counts.odd && (prompt.is_none() || (candidates.is_none() && total.is_none()));
    let mut usage = Usage::new(input, output)
        .with_cached(cached)
        .with_reasoning(thoughts);
    usage.unreported_calls = u64::from(is_unread);
    Some((usage.with_raw(counts.value), counts.odd))
}
