//! [`PartialError`].

use std::{error::Error, fmt};

use geppetto_turns::FormatError;

/// Error in an incomplete document.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PartialError {
    message: String,
    at: Option<u64>,
    source: Option<FormatError>,
}

impl PartialError {
    /// Returns the byte offset of the error in the document.
    #[must_use]
    pub fn at(&self) -> Option<u64> {
        self.at
    }

    pub(super) fn json(message: impl Into<String>, at: u64) -> Self {
        Self {
            message: message.into(),
            at: Some(at),
            source: None,
        }
    }

    pub(super) fn yaml(source: FormatError) -> Self {
        Self {
            message: "the document cannot be read".to_owned(),
            at: None,
            source: Some(source),
        }
    }
}

impl fmt::Display for PartialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.at, &self.source) {
            (Some(at), _) => write!(f, "not valid JSON at byte {at}: {}", self.message),
            (None, Some(source)) => write!(f, "{}: {source}", self.message),
            (None, None) => f.write_str(&self.message),
        }
    }
}

impl Error for PartialError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
