//! [`SettingsError`].

use std::{error::Error, fmt, io};

/// Error returned if settings cannot be resolved: the problem, its place, and what to do. Contains
/// no credentials.
#[derive(Debug)]
#[non_exhaustive]
pub struct SettingsError {
    kind: SettingsErrorKind,
    message: String,
    source: Option<io::Error>,
}

/// Kind of a [`SettingsError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SettingsErrorKind {
    /// A value that its field does not allow.
    InvalidValue,
    /// A name used by the program is not a setting.
    UnknownSetting,
    /// A named file cannot be read.
    Unreadable,
    /// A file is not valid YAML or TOML, or is too large.
    Syntax,
    /// A profile does not exist, or inherits from itself.
    Profile,
    /// A required setting is not set.
    Missing,
}

impl SettingsError {
    pub(crate) fn new(kind: SettingsErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    pub(crate) fn caused_by(mut self, source: io::Error) -> Self {
        self.source = Some(source);
        self
    }

    /// Returns the kind of error.
    #[must_use]
    pub fn kind(&self) -> SettingsErrorKind {
        self.kind
    }

    /// Returns `true` if the system does not permit the program to read a file.
    pub(crate) fn is_denied(&self) -> bool {
        let source = self.source.as_ref();
        source.is_some_and(|source| source.kind() == io::ErrorKind::PermissionDenied)
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for SettingsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
