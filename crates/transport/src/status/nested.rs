//! Nested errors: gateways put the error of the provider behind them into a field or into the
//! message.

use serde_json::{Deserializer, Value};

use super::{details::ErrorDetails, words::prefix};

/// Maximum nesting depth of errors.
const DEEPEST: u32 = 4;

/// Limit on the part of a message searched for JSON, in bytes.
const SEARCHED: usize = 64 * 1024;

/// Fields in which gateways report the upstream provider's error, as an object or as text.
///
/// OpenRouter: `metadata.raw` (<https://openrouter.ai/docs/api-reference/errors>).
const PLACES: [&str; 3] = [
    "/metadata/raw",
    "/metadata/provider_error",
    "/upstream_error",
];

/// Returns the error nested in `error`, whose message is `message`.
pub(super) fn inner(error: &Value, message: Option<&str>, depth: u32) -> Option<ErrorDetails> {
    if depth >= DEEPEST {
        return None;
    }
    let places = PLACES.iter().filter_map(|place| error.pointer(place));
    places
        .filter_map(|raw| match raw {
            Value::Object(_) => Some(ErrorDetails::of_value(raw, depth + 1)),
            Value::String(text) => Some(
                of_text(text, depth + 1).unwrap_or_else(|| ErrorDetails::of_words(text, depth + 1)),
            ),
            _ => None,
        })
        .find(ErrorDetails::says_something)
        .or_else(|| {
            let nested = error.get("error").filter(|inner| inner.is_object())?;
            Some(ErrorDetails::of_value(nested, depth + 1))
        })
        .or_else(|| of_text(message?, depth + 1))
}

/// Returns the error in the first JSON object in `text`.
fn of_text(text: &str, depth: u32) -> Option<ErrorDetails> {
    let text = prefix(text, SEARCHED);
    let from = text.get(text.find('{')?..)?;
    let value = Deserializer::from_str(from).into_iter::<Value>().next()?;
    let details = ErrorDetails::of_value(&value.ok()?, depth);
    details.says_something().then_some(details)
}
