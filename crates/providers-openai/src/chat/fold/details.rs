//! `reasoning_details`: reasoning in typed pieces, as OpenRouter sends and takes it.
//!
//! Types: `reasoning.text`, `reasoning.summary`, `reasoning.encrypted`. They go back unchanged, so
//! pieces of a stream are put together again and nothing of them is read but their text.
//! See <https://openrouter.ai/docs/use-cases/reasoning-tokens>.

use serde_json::{Map, Value, value::RawValue};

pub(super) type Detail = Map<String, Value>;

/// The fields that grow from event to event.
const GROWING: [&str; 4] = ["text", "summary", "data", "signature"];

/// The pieces of one event; `None` where there are none.
pub(super) fn parse(raw: &RawValue) -> Option<Vec<Detail>> {
    let Ok(Value::Array(entries)) = serde_json::from_str(raw.get()) else {
        return None;
    };
    let details: Vec<Detail> = entries
        .into_iter()
        .filter_map(|entry| match entry {
            Value::Object(detail) => Some(detail),
            _ => None,
        })
        .collect();
    (!details.is_empty()).then_some(details)
}

/// What the pieces say in plain text.
pub(super) fn text_of(details: &[Detail]) -> String {
    let text = |detail: &Detail| {
        let text = detail.get("text").or_else(|| detail.get("summary"))?;
        text.as_str().map(str::to_owned)
    };
    details.iter().filter_map(text).collect()
}

/// Adds the pieces of one event to those before it.
pub(super) fn merge(details: &mut Vec<Detail>, news: Vec<Detail>) {
    for piece in news {
        match details
            .iter_mut()
            .rev()
            .find(|known| goes_on(known, &piece))
        {
            Some(known) => grow(known, piece),
            None => details.push(piece),
        }
    }
}

/// Whether a piece goes on with one before it: same type, and same index, or, without one, no
/// other id.
fn goes_on(known: &Detail, piece: &Detail) -> bool {
    let field = |detail: &Detail, name| detail.get(name).filter(|value| !value.is_null()).cloned();
    let (id, other) = (field(known, "id"), field(piece, "id"));
    known.get("type") == piece.get("type")
        && field(known, "index") == field(piece, "index")
        && (id.is_none() || other.is_none() || id == other)
}

fn grow(known: &mut Detail, piece: Detail) {
    for (name, value) in piece {
        match (known.get_mut(&name), value) {
            (Some(Value::String(text)), Value::String(news))
                if GROWING.contains(&name.as_str()) =>
            {
                text.push_str(&news);
            }
            (Some(Value::Null) | None, value) => {
                known.insert(name, value);
            }
            _ => {}
        }
    }
}
