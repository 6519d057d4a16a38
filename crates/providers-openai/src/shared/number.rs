//! Counts in a usage object, whatever type a server gives them.

use serde_json::Value;

/// The first of the places that holds a count; 0 where none does.
pub(crate) fn first_count(value: &Value, pointers: &[&str]) -> u64 {
    let found = pointers
        .iter()
        .find_map(|pointer| count(value.pointer(pointer)?));
    found.unwrap_or_default()
}

/// A count; servers that compute send it as a float.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is checked to be a whole number in range"
)]
pub(crate) fn count(value: &Value) -> Option<u64> {
    let whole = |float: &f64| float.fract() == 0.0 && (0.0..9e15).contains(float);
    value
        .as_u64()
        .or_else(|| value.as_f64().filter(whole).map(|float| float as u64))
}
