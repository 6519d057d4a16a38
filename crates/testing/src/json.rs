//! Looking into JSON values that may be shaped in any way.

use serde_json::Value;

/// The value under these keys, one inside the other; null where there is none.
pub(crate) fn at<'a>(value: &'a Value, keys: &[&str]) -> &'a Value {
    keys.iter().fold(value, |value, key| &value[*key])
}
