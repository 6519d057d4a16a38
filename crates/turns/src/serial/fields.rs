//! Extraction of typed fields from a map; the remaining fields are preserved.
//!
//! Written by hand instead of derived: the derive macros would use five of the crates in this
//! crate's budget, and a derive cannot both keep unknown keys and name the path of an error.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser::SerializeMap};
use serde_json::{Map, Value};

use crate::Extra;

/// The fields of a map that have not been extracted.
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Self, D::Error> {
        Map::deserialize(deserializer).map(Self)
    }

    pub(crate) fn from_value<E: de::Error>(value: Value) -> Result<Self, E> {
        match value {
            Value::Object(map) => Ok(Self(map)),
            other => Err(E::custom(format_args!(
                "expected a map, found {}",
                describe(&other)
            ))),
        }
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    pub(crate) fn text<E: de::Error>(&mut self, name: &str) -> Result<Option<String>, E> {
        match self.take(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(mismatch(name, "text (put it in quotes)", &other)),
        }
    }

    pub(crate) fn flag<E: de::Error>(&mut self, name: &str) -> Result<Option<bool>, E> {
        match self.take(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(other) => Err(mismatch(name, "true or false", &other)),
        }
    }

    pub(crate) fn count<E: de::Error>(&mut self, name: &str) -> Result<Option<u64>, E> {
        match self.take(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) if number.is_u64() => Ok(number.as_u64()),
            Some(other) => Err(mismatch(name, "a whole number of at least 0", &other)),
        }
    }

    pub(crate) fn map<E: de::Error>(
        &mut self,
        name: &str,
    ) -> Result<Option<Map<String, Value>>, E> {
        match self.take(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(map)) => Ok(Some(map)),
            Some(other) => Err(mismatch(name, "a map", &other)),
        }
    }

    pub(crate) fn list<E: de::Error>(&mut self, name: &str) -> Result<Option<Vec<Value>>, E> {
        match self.take(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(list)) => Ok(Some(list)),
            Some(other) => Err(mismatch(name, "a list", &other)),
        }
    }

    /// Returns the remaining fields.
    pub(crate) fn rest(self) -> Extra {
        self.0.into()
    }

    pub(crate) fn into_map(self) -> Map<String, Value> {
        self.0
    }
}

fn mismatch<E: de::Error>(name: &str, expected: &str, found: &Value) -> E {
    E::custom(format_args!(
        "{name}: expected {expected}, found {}",
        describe(found)
    ))
}

fn describe(value: &Value) -> String {
    match value {
        Value::Bool(_) | Value::Number(_) => format!("{} {value}", type_name(value)),
        other => type_name(other).to_owned(),
    }
}

/// Describes the type of a value in words.
pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "the flag",
        Value::Number(_) => "the number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

/// Serializes pairs as a map.
pub(crate) struct AsMap<I>(pub(crate) I);

impl<K, V, I> Serialize for AsMap<I>
where
    K: AsRef<str>,
    V: Serialize,
    I: Iterator<Item = (K, V)> + Clone,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in self.0.clone() {
            map.serialize_entry(key.as_ref(), &value)?;
        }
        map.end()
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
