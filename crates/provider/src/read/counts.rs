//! Counts in a usage object, whatever type a server gives them.

use serde_json::Value;

use super::mend::mend;

#[cfg(test)]
mod tests;

/// The counts of a usage object.
#[derive(Debug)]
pub struct Counts {
    /// The object, as far as it can be read.
    pub value: Value,
    /// `true` if a number was not what it must be: negative, a fraction, or too large. Report it
    /// by [`Output::note_odd_usage`](crate::Output::note_odd_usage).
    pub odd: bool,
}

impl Counts {
    /// Reads a usage object; `None` where it is not one. A number that no reader has room for
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

    /// The count at the first of these JSON pointers that holds one; 0 where none does.
    pub fn first(&mut self, pointers: &[&str]) -> u64 {
        self.find(pointers).unwrap_or_default()
    }

    /// The count at the first of these JSON pointers (`/usage/input_tokens`) that holds one.
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

/// What stands in the place of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    Exact(u64),
    /// A fraction of a token, rounded up.
    Rounded(u64),
    Absent,
    /// What counts nothing: a negative or huge number, a text, an object.
    Odd,
}

/// The largest count that is believed: beyond it, a float is not exact. A sum of such counts would
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
    // Servers that compute send whole numbers as floats.
    if float.fract() == 0.0 {
        Count::Exact(float as u64)
    } else {
        Count::Rounded(float.ceil() as u64)
    }
}
