//! [`RequestError`].

use std::fmt;

/// A request that cannot be carried out; the text says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestError(pub(crate) String);

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RequestError {}
