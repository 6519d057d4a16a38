//! Counts in a usage object, in any JSON type.

use serde_json::Value;

use super::mend::mend;

#[cfg(test)]
mod tests;

/// Counts of a usage object.
#[derive(Debug)]
pub struct Counts {
    /// The readable part of the object.
    pub value: Value,
    /// `true` if a number was invalid: negative, a fraction, or too large. Report it with
    /// [`Output::note_odd_usage`](crate::Output::note_odd_usage).
    pub odd: bool,
}

impl Counts {
    /// Reads a usage object; `None` if it is not one. A number that no parser can represent
    /// (`1e400`) is null.
    #[must_use]
    pub fn read(raw: &str) -> Option<Self> {
        let (value, odd) = match serde_json::from_str(raw) {
            Ok(value) => (value, false),
            Err(_) => (serde_json::from_str(&mend(raw, &[])?.text).ok()?, true),
        };
        let is_object = Value::is_object(&value);
        is_object.then_some(Self { value, odd })
    }

    /// Returns the count at the first of these JSON pointers that has one; 0 if none does.
    pub fn first(&mut self, pointers: &[&str]) -> u64 {
        self.find(pointers).unwrap_or_default()
    }

    /// Returns the count at the first of these JSON pointers (`/usage/input_tokens`) that has one.
    pub fn find(&mut self, pointers: &[&str]) -> Option<u64> {
        for pointer in pointers {
            match self.value.pointer(pointer).map_or(Count::Absent, count) {
                Count::Exact(number) => return Some(number),
                Count::Rounded(number) => {
                    self.odd = true;
                    return Some(number);
                }
                Count::Odd => self.odd = true,
                Count::Absent => {}
            }
        }
        None
    }
}

/// Value in the place of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    Exact(u64),
    /// A fraction of a token, rounded up.
    Rounded(u64),
    Absent,
    /// An invalid count: a negative or huge number, a text, an object.
    Odd,
}

/// Largest count that is accepted: beyond it, a float is not exact, and a sum of such counts would
/// end every run that has a limit.
const LARGEST: f64 = 9e15;

fn count(value: &Value) -> Count {
    match value {
        Value::Null => Count::Absent,
        Value::Number(number) => number.as_f64().map_or(Count::Odd, of_float),
        // Gateways that pass numbers through headers or templates send them as text.
        Value::String(text) => match text.trim() {
            "" => Count::Absent,
            text => text.parse().map_or(Count::Odd, of_float),
        },
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Count::Odd,
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is checked to be in range"
)]
fn of_float(float: f64) -> Count {
    if !(0.0..LARGEST).contains(&float) {
        return Count::Odd;
    }
    // Servers that compute counts may send integers as floats.
    if float.fract() == 0.0 {
        Count::Exact(float as u64)
    } else {
        Count::Rounded(float.ceil() as u64)
    }
}
