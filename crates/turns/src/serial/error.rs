//! [`FormatError`].

use std::{error::Error, fmt};

/// Error returned if a document is not a valid turn, with its position and cause.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FormatError {
    message: String,
    line: Option<usize>,
    column: Option<usize>,
}

impl FormatError {
    /// Returns the line of a syntax error, counted from 1.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// Returns the column of a syntax error, counted from 1.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        self.column
    }

    pub(super) fn from_yaml(error: &serde_norway::Error) -> Self {
        let place = error.location();
        Self {
            message: format!("not valid YAML: {error}"),
            line: place.as_ref().map(serde_norway::Location::line),
            column: place.as_ref().map(serde_norway::Location::column),
        }
    }

    pub(super) fn from_json(error: &serde_json::Error) -> Self {
        let placed = error.line() > 0;
        Self {
            message: format!("not valid JSON: {error}"),
            line: placed.then(|| error.line()),
            column: placed.then(|| error.column()),
        }
    }

    /// Creates an error at a position; line and column are counted from 1.
    pub(super) fn at(message: &str, line: usize, column: usize) -> Self {
        Self {
            message: format!("{message}, at line {line} column {column}"),
            line: Some(line),
            column: Some(column),
        }
    }

    pub(super) fn unwritable(error: impl fmt::Display) -> Self {
        Self::shape(format!("cannot be written: {error}"))
    }

    fn shape(message: String) -> Self {
        Self {
            message,
            line: None,
            column: None,
        }
    }

    /// Prepends the name of the enclosing field to the path at the beginning of the message.
    pub(super) fn within(mut self, field: impl fmt::Display) -> Self {
        self.message = format!("{field}.{}", self.message);
        self
    }
}

impl serde::de::Error for FormatError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::shape(message.to_string())
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for FormatError {}
