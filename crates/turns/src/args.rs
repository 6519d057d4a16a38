//! [`Args`]: tool call arguments, byte for byte as written by the model.

use std::{error::Error, fmt, sync::Arc};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::serial::is_deeper;

#[cfg(test)]
mod tests;

/// Tool call arguments: the exact text that the model produced.
///
/// Stored as text rather than as a parsed tree because the text may not be valid JSON (and the
/// model must be told so), and because it must be replayed to the provider byte for byte to hit its
/// prompt cache. Files store the arguments as a map if that is lossless and at most 64 levels deep,
/// otherwise as a string.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Args(Arc<str>);

/// Maximum nesting depth of arguments that files store as a map.
const MAX_MAP_DEPTH: usize = 64;

/// Error returned if tool call arguments are not a JSON object.
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
    /// Creates arguments from their exact text.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// Returns the exact text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns `true` if the text is empty or white space, which means "no arguments".
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// Parses the arguments as a JSON object. Blank text is the empty object.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a JSON object. The message gives the position and is
    /// worded so that a model can correct itself.
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

    /// Parses the arguments as a typed value. Blank text is the empty object.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not JSON or does not match `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ArgsError> {
        let text = if self.is_blank() { "{}" } else { &self.0 };
        serde_json::from_str(text).map_err(|error| ArgsError {
            message: format!("the arguments do not fit: {error}"),
        })
    }

    /// Returns the form stored in files: a map if writing it back gives the same text and it is not
    /// nested so deep that readers of files could reject it, else a string.
    pub(crate) fn to_value(&self) -> Value {
        if !is_deeper(&self.0, MAX_MAP_DEPTH)
            && let Ok(value @ Value::Object(_)) = serde_json::from_str::<Value>(&self.0)
            && *value.to_string() == *self.0
        {
            return value;
        }
        Value::String(self.0.to_string())
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
    /// Compact JSON text of a value.
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
