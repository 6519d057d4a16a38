//! [`Table`]: a free-form map that prints without credentials.

use std::{fmt, ops::Deref};

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::MASK;

#[cfg(test)]
mod tests;

/// Parts of the name of an entry whose value counts as a credential.
const SENSITIVE: [&str; 8] = [
    "apikey",
    "token",
    "secret",
    "password",
    "passwd",
    "authorization",
    "credential",
    "privatekey",
];

/// A map of any values, such as the metadata of a profile.
///
/// `Debug` and `Serialize` mask the values of entries whose name suggests a credential (`api_key`,
/// `authorization`, `token`, ...), at any depth.
#[derive(Clone, PartialEq, Default, Deserialize)]
#[serde(transparent)]
pub struct Table(Map<String, Value>);

impl Table {
    /// Wraps a map.
    #[must_use]
    pub fn new(map: Map<String, Value>) -> Self {
        Self(map)
    }

    /// Returns the map in its printed form, with credentials masked.
    #[must_use]
    pub fn masked(&self) -> Map<String, Value> {
        masked_map(&self.0)
    }

    /// Returns the map.
    #[must_use]
    pub fn into_map(self) -> Map<String, Value> {
        self.0
    }
}

/// Returns `true` for names of entries that contain credentials. Token counts and limits do not.
pub(crate) fn is_sensitive(name: &str) -> bool {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    let name: String = letters.flat_map(char::to_lowercase).collect();
    !name.contains("tokens") && SENSITIVE.iter().any(|part| name.contains(part))
}

fn masked_map(map: &Map<String, Value>) -> Map<String, Value> {
    let entries = map.iter().map(|(name, value)| {
        let shown = if is_sensitive(name) {
            Value::from(MASK)
        } else {
            masked_value(value)
        };
        (name.clone(), shown)
    });
    entries.collect()
}

fn masked_value(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(masked_map(map)),
        Value::Array(list) => list.iter().map(masked_value).collect(),
        other => other.clone(),
    }
}

impl Deref for Table {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<Map<String, Value>> for Table {
    fn from(map: Map<String, Value>) -> Self {
        Self(map)
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.masked()).finish()
    }
}

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.masked().serialize(to)
    }
}
