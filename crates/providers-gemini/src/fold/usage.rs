//! Conversion of the API's token counts to [`Usage`].

use geppetto_provider::read::Counts;
use geppetto_turns::Usage;
use serde_json::Value;

/// Returns `true` if a usage object has a count: chunks of Vertex AI have one without.
pub(super) fn counts(raw: &str) -> bool {
    raw.starts_with('{') && raw.contains("TokenCount\"")
}

/// Counts that some chunks do not repeat.
///
/// Report: <https://github.com/OpenMinis/OpenMinis/issues/384>.
const NOT_REPEATED: [&str; 3] = [
    "cachedContentTokenCount",
    "thoughtsTokenCount",
    "toolUsePromptTokenCount",
];

/// Returns `true` if a usage object does not repeat a count of an earlier one.
pub(super) fn lacks_counts(raw: &str, earlier: &str) -> bool {
    // In nearly every chunk, the object has the same fields as before.
    raw.len() < earlier.len()
        && NOT_REPEATED
            .iter()
            .any(|name| earlier.contains(name) && !raw.contains(name))
}

/// Parses a usage object, completed by the counts of an earlier one, and returns `true` if one of its numbers was invalid; `None` if it is not
/// one.
///
/// The prompt excludes the results of built-in tools, and the output excludes the thoughts; both are
/// added.
///
/// Source: <https://ai.google.dev/api/generate-content#UsageMetadata>.
pub(super) fn parse(raw: &str, earlier: &str) -> Option<(Usage, bool)> {
    let mut counts = Counts::read(raw)?;
    if let Some(Value::Object(earlier)) = Counts::read(earlier).map(|earlier| earlier.value)
        && let Value::Object(fields) = &mut counts.value
    {
        for (name, value) in earlier {
            fields.entry(name).or_insert(value);
        }
    }
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
