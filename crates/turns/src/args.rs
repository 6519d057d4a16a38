//! [`Args`]: the arguments of a tool call, exactly as the model wrote them.

use std::{error::Error, fmt, sync::Arc};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

#[cfg(test)]
mod tests;

/// The arguments of a tool call: the exact text that the model produced.
///
/// The text is kept, not a parsed tree, for two reasons: it may not be JSON at all (models err,
/// and the error must be answerable), and it must go back to the provider byte for byte, or its
/// prompt cache misses. In files the arguments stand as a map where that loses nothing, else as a
/// string.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Args(Arc<str>);

/// The arguments of a tool call are not a JSON object.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArgsError {
    message: String,
}

/// The exact text.
impl fmt::Display for Args {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Args {
    /// Arguments from their exact text.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The exact text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `true` if the model wrote nothing (which means "no arguments").
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// The arguments as a JSON object; blank text is the empty object.
    ///
    /// # Errors
    ///
    /// When the text is not a JSON object; the error says where, in words a model can act on.
    pub fn object(&self) -> Result<Map<String, Value>, ArgsError> {
        if self.is_blank() {
            return Ok(Map::new());
        }
        match serde_json::from_str(&self.0) {
            Ok(Value::Object(map)) => Ok(map),
            Ok(other) => Err(ArgsError {
                message: format!(
                    "the arguments must be a JSON object, not {}",
                    crate::serial::type_name(&other)
                ),
            }),
            Err(error) => Err(ArgsError {
                message: format!("the arguments are not valid JSON: {error}"),
            }),
        }
    }

    /// The arguments as a typed value; blank text is the empty object.
    ///
    /// # Errors
    ///
    /// When the text is not JSON, or does not have the shape of `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ArgsError> {
        let text = if self.is_blank() { "{}" } else { &self.0 };
        serde_json::from_str(text).map_err(|error| ArgsError {
            message: format!("the arguments do not fit: {error}"),
        })
    }

    /// As they stand in a file: a map where writing it back gives the same text, else a string.
    pub(crate) fn to_value(&self) -> Value {
        match serde_json::from_str::<Value>(&self.0) {
            Ok(value @ Value::Object(_)) if *value.to_string() == *self.0 => value,
            _ => Value::String(self.0.to_string()),
        }
    }

    pub(crate) fn from_value(value: Value) -> Self {
        match value {
            Value::String(text) => Self(text.into()),
            other => Self(other.to_string().into()),
        }
    }
}

impl Default for Args {
    /// The empty text.
    fn default() -> Self {
        Self(Arc::from(""))
    }
}

impl fmt::Debug for Args {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl From<&str> for Args {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Args {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<Value> for Args {
    /// The compact JSON text of a value.
    fn from(value: Value) -> Self {
        Self(value.to_string().into())
    }
}

impl fmt::Display for ArgsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for ArgsError {}
