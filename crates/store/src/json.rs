//! The JSON that stores keep.

use geppetto_turns::serial::{MAX_JSON_DEPTH, limit_json_depth};
use serde::Serialize;

use crate::Error;

/// Maximum nesting depth of stored JSON: 496 levels. The rest of [`MAX_JSON_DEPTH`] is for what
/// contains it, such as the lines of an archive.
pub const MAX_STORED_DEPTH: usize = MAX_JSON_DEPTH - 16;

/// Encodes a value that is to be stored, so that
/// [`from_json_str`](geppetto_turns::serial::from_json_str) reads it. Arrays and objects below
/// [`MAX_STORED_DEPTH`] levels become strings with their JSON. For implementations of stores.
///
/// # Errors
///
/// Propagates serializer errors, of kind [`Invalid`](crate::ErrorKind::Invalid); turns, events and
/// runs cause none.
pub fn stored_json(value: &(impl Serialize + ?Sized)) -> Result<String, Error> {
    let json = serde_json::to_string(value).map_err(|error| {
        Error::invalid(format!("a value cannot be written as JSON: {error}")).with_source(error)
    })?;
    Ok(limit_json_depth(json, MAX_STORED_DEPTH))
}
