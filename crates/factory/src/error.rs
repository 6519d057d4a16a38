//! [`FactoryError`].

use std::{error::Error, fmt};

use geppetto_engine::{EngineError, ErrorKind};

/// Error returned if no engine can be created from settings: what is wrong, and where to set it. Without
/// credentials.
#[derive(Debug)]
pub struct FactoryError {
    kind: FactoryErrorKind,
    message: String,
    source: Option<EngineError>,
}

/// What a [`FactoryError`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FactoryErrorKind {
    /// An API type that no factory knows.
    UnknownApiType,
    /// An API type whose feature is off.
    NotBuiltIn,
    /// No model is set.
    MissingModel,
    /// No API key is set, and the server requires one.
    MissingKey,
    /// No address is set, and the API type has none of its own.
    MissingAddress,
    /// A value that the engine does not accept. The source is the engine's error.
    Invalid,
}

impl FactoryError {
    pub(crate) fn new(kind: FactoryErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    /// A value that the engine does not accept.
    pub(crate) fn invalid(api_type: &str, error: EngineError) -> Self {
        let mut invalid = Self::new(
            FactoryErrorKind::Invalid,
            format!("settings of `{api_type}`: {error}"),
        );
        invalid.source = Some(error);
        invalid
    }

    /// Returns what the error is about.
    #[must_use]
    pub fn kind(&self) -> FactoryErrorKind {
        self.kind
    }
}

impl fmt::Display for FactoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for FactoryError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // The message has that of the source; its own source follows.
        self.source.as_ref().and_then(Error::source)
    }
}

impl From<FactoryError> for EngineError {
    fn from(error: FactoryError) -> Self {
        Self::new(ErrorKind::Configuration, error.message)
    }
}
