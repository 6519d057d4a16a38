//! [`SettingsError`].

use std::{error::Error, fmt, io};

/// Error returned if settings cannot be resolved: what is wrong, where, and what to do. Without
/// credentials.
#[derive(Debug)]
#[non_exhaustive]
pub struct SettingsError {
    kind: SettingsErrorKind,
    message: String,
    source: Option<io::Error>,
}

/// What a [`SettingsError`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SettingsErrorKind {
    /// A value that its field does not permit.
    InvalidValue,
    /// A name that is no setting, given by the program.
    UnknownSetting,
    /// A file that is named and cannot be read.
    Unreadable,
    /// A file that is no valid YAML or TOML, or is too large.
    Syntax,
    /// A profile that does not exist, or stands on itself.
    Profile,
    /// A setting that is required and not set.
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

    /// Returns what the error is about.
    #[must_use]
    pub fn kind(&self) -> SettingsErrorKind {
        self.kind
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
