//! Writing a request: its fields, and what of a history has to be changed on its way out.

use geppetto_engine::{EngineError, ErrorKind};
use serde::{Serialize, ser::SerializeMap};
use serde_json::{Map, Value};

mod arguments;

pub use arguments::sendable_args;

pub use crate::settings::unreadable as unreadable_setting;

/// The error of a turn that makes no request.
#[must_use]
pub fn nothing_to_send() -> EngineError {
    EngineError::new(
        ErrorKind::Configuration,
        "the turn holds nothing to send; give it a user block",
    )
}

/// Writes a request's body.
///
/// # Errors
///
/// Of kind `Configuration`: a value in it cannot be JSON.
pub fn to_json(body: &impl Serialize) -> Result<Vec<u8>, EngineError> {
    serde_json::to_vec(body).map_err(|error| {
        EngineError::new(
            ErrorKind::Configuration,
            "the request cannot be written as JSON",
        )
        .with_source(error)
    })
}

/// Writes the fields of a request that are there, that are allowed, and that nothing passed
/// through replaces.
#[derive(Debug)]
pub struct RequestFields<'a, M> {
    map: M,
    extra: &'a Map<String, Value>,
    allowed: Option<&'a [&'a str]>,
}

impl<'a, M: SerializeMap> RequestFields<'a, M> {
    /// Writes into `map`. `extra` is passed through ([`Settings::extra`](crate::Settings::extra)). All
    /// fields are allowed, unless `allowed` lists those that are.
    pub fn new(map: M, extra: &'a Map<String, Value>, allowed: Option<&'a [&'a str]>) -> Self {
        Self {
            map,
            extra,
            allowed,
        }
    }

    /// Writes a field, if there is a value, it is allowed, and no passed-through field replaces it.
    ///
    /// # Errors
    ///
    /// Those of the map.
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

    /// Writes what is passed through, null left out, and ends the body.
    ///
    /// # Errors
    ///
    /// Those of the map.
    pub fn end(mut self) -> Result<M::Ok, M::Error> {
        for (name, value) in self.extra {
            if !value.is_null() && self.allows(name) {
                self.map.serialize_entry(name, value)?;
            }
        }
        self.map.end()
    }
}
