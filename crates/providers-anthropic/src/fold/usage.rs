//! [`Counted`]: the usage of a reply, from the start and the end of the message.

use geppetto_provider::read::Counts;
use geppetto_turns::Usage;
use serde_json::{Map, Value, value::RawValue};

/// The usage so far.
///
/// The counts at the end are totals, and replace those of the start. Gateways send null, or 0 tokens of
/// input, where they do not know a count, which replaces nothing. 0 beside tokens of the cache is known: the
/// cache had the entire prompt, which such a gateway counts as input at the start.
///
/// Report: <https://github.com/maximhq/bifrost/pull/6598>.
#[derive(Debug, Default)]
pub(super) struct Counted {
    fields: Map<String, Value>,
    odd: bool,
}

impl Counted {
    pub(super) fn add(&mut self, raw: Option<&RawValue>) {
        let Some(counts) = raw.and_then(|raw| Counts::read(raw.get())) else {
            return;
        };
        self.odd |= counts.odd;
        let Value::Object(fields) = counts.value else {
            return;
        };
        let is_cached = ["cache_read_input_tokens", "cache_creation_input_tokens"]
            .iter()
            .any(|name| fields.get(*name).and_then(Value::as_u64) > Some(0));
        for (name, value) in fields {
            let is_input = name.starts_with("input") || name.starts_with("cache");
            let is_zero = is_input && value.as_u64() == Some(0);
            let is_unknown = value.is_null() || (is_zero && !is_cached);
            if !(is_unknown && self.fields.contains_key(&name)) {
                self.fields.insert(name, value);
            }
        }
    }

    /// Returns the usage, and `true` if a count could not be read; `None` if there is none. The input of
    /// the API does not include what the cache read and wrote.
    pub(super) fn read(&self) -> Option<(Usage, bool)> {
        if self.fields.is_empty() {
            return None;
        }
        let raw = Value::Object(self.fields.clone());
        let mut counts = Counts {
            value: raw.clone(),
            odd: self.odd,
        };
        let cached = counts.first(&["/cache_read_input_tokens"]);
        let written = counts.first(&["/cache_creation_input_tokens"]);
        let input = counts.first(&["/input_tokens"]);
        let output = counts.first(&["/output_tokens"]);
        let reasoning = counts.first(&[
            "/output_tokens_details/thinking_tokens",
            "/output_tokens_details/reasoning_tokens",
        ]);
        let all = input.saturating_add(cached).saturating_add(written);
        let usage = Usage::new(all, output)
            .with_cached(cached)
            .with_cache_creation(written)
            .with_reasoning(reasoning)
            .with_raw(raw);
        Some((usage, counts.odd))
    }
}
