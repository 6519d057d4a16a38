//! Access to JSON values of unknown structure.

use serde_json::Value;

/// Returns the value at these nested keys; null if there is none.
pub(crate) fn at<'a>(value: &'a Value, keys: &[&str]) -> &'a Value {
    keys.iter().fold(value, |value, key| &value[*key])
}
