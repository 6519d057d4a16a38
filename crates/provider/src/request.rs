//! Serialization of a request: its fields, and adaptations of the history.

use geppetto_engine::{EngineError, ErrorKind, StructuredOutput};
use serde::{Serialize, ser::SerializeMap};
use serde_json::{Map, Value};

mod arguments;
mod files;
mod images;
mod media;
mod results;
mod sent;

pub use arguments::sendable_args;
pub use media::{
    InlineMedia, file_url, image_url, inline_file, inline_image, inline_text, is_text,
    media_type_of,
};
pub use results::{MEDIA_IN_RESULTS, results_remedy};
pub use sent::{Sendable, media_remedy, sent_blocks};

pub use crate::settings::unreadable as unreadable_setting;

/// Returns the error of a turn without anything to send.
#[must_use]
pub fn nothing_to_send() -> EngineError {
    EngineError::new(
        ErrorKind::Configuration,
        "the turn holds nothing to send; give it a user block",
    )
}

/// Returns the instruction that replaces the schema of an answer if the server or the model does not
/// enforce it.
#[must_use]
pub fn schema_in_words(output: &StructuredOutput) -> String {
    let (description, schema) = (&output.description, &output.schema);
    let space = if description.is_empty() { "" } else { " " };
    format!(
        "Answer with one JSON object and nothing else.{space}{description} It must fit this JSON schema: \
         {schema}"
    )
}

/// Serializes a request's body.
///
/// # Errors
///
/// An error of kind `Configuration` if a value cannot be serialized as JSON.
pub fn to_json(body: &impl Serialize) -> Result<Vec<u8>, EngineError> {
    serde_json::to_vec(body).map_err(|error| {
        EngineError::new(
            ErrorKind::Configuration,
            "the request cannot be written as JSON",
        )
        .with_source(error)
    })
}

/// Writes the fields of a request that have a value, are allowed, and are not replaced by a
/// passed-through field.
#[derive(Debug)]
pub struct RequestFields<'a, M> {
    map: M,
    extra: &'a Map<String, Value>,
    allowed: Option<&'a [&'a str]>,
}

impl<'a, M: SerializeMap> RequestFields<'a, M> {
    /// Creates a writer to `map`. `extra` is passed through
    /// ([`Settings::extra`](crate::Settings::extra)). All fields are allowed, unless `allowed`
    /// lists them.
    pub fn new(map: M, extra: &'a Map<String, Value>, allowed: Option<&'a [&'a str]>) -> Self {
        Self {
            map,
            extra,
            allowed,
        }
    }

    /// Writes a field if it has a value, is allowed, and is not replaced by a passed-through field.
    ///
    /// # Errors
    ///
    /// The errors of the map.
    pub fn put<T: Serialize>(&mut self, name: &str, value: Option<T>) -> Result<(), M::Error> {
        match value {
            Some(value) if self.allows(name) && !self.extra.contains_key(name) => {
                self.map.serialize_entry(name, &value)
            }
            _ => Ok(()),
        }
    }

    fn allows(&self, name: &str) -> bool {
        self.allowed.is_none_or(|allowed| allowed.contains(&name))
    }

    /// Writes the passed-through fields, except for null, and ends the body.
    ///
    /// # Errors
    ///
    /// The errors of the map.
    pub fn end(mut self) -> Result<M::Ok, M::Error> {
        for (name, value) in self.extra {
            if !value.is_null() && self.allows(name) {
                self.map.serialize_entry(name, value)?;
            }
        }
        self.map.end()
    }
}
