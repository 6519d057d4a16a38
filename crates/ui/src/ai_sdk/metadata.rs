//! Metadata of an assistant's message: model, usage, the limit that was reached.

use geppetto_turns::Usage;
use serde_json::{Map, Value, json};

use crate::RawJson;

/// Returns the metadata; `None` if nothing is known.
pub(super) fn of(
    usage: Option<&Usage>,
    model: Option<&str>,
    limit: Option<&str>,
) -> Option<RawJson> {
    let mut fields = Map::new();
    if let Some(model) = model {
        fields.insert("model".to_owned(), model.into());
    }
    if let Some(usage) = usage {
        fields.insert("usage".to_owned(), of_usage(usage));
    }
    if let Some(limit) = limit {
        fields.insert("limit".to_owned(), limit.into());
    }
    (!fields.is_empty()).then(|| RawJson::of(&fields))
}

/// Returns the usage with the names of the AI SDK's `LanguageModelUsage`.
fn of_usage(usage: &Usage) -> Value {
    let mut own = json!({
        "inputTokens": usage.input_tokens,
        "outputTokens": usage.output_tokens,
        "totalTokens": usage.input_tokens.saturating_add(usage.output_tokens),
        "reasoningTokens": usage.reasoning_tokens,
        "cachedInputTokens": usage.cached_tokens,
    });
    if let (Some(cost), Some(fields)) = (usage.cost_usd, own.as_object_mut()) {
        fields.insert("costUsd".to_owned(), cost.into());
    }
    own
}
