//! [`Warning`]: unused content and likely mistakes.

use std::fmt;

use crate::Source;

/// Unused content or a likely mistake. Settings are resolved nevertheless.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// Kind of the warning.
    pub kind: WarningKind,
    /// What happened and what to do, for people. Contains no credentials.
    pub message: String,
}

/// Kind of a [`Warning`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WarningKind {
    /// A key of a file, or a variable, that is not a setting.
    UnknownKey,
    /// A setting that no engine uses.
    Ignored,
    /// An invalid value that a stronger layer replaces.
    Invalid,
    /// A file contains the same setting in the formats of two versions.
    MixedSpelling,
    /// An API key that does not belong to the address in use.
    KeyNotUsed,
    /// A file of the current folder, which may be untrusted, decides where requests are sent.
    Untrusted,
    /// A file, or a part of one, that cannot be used.
    File,
}

impl Warning {
    /// Creates a warning.
    pub(crate) fn new(kind: WarningKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// A key is not a setting.
    pub(crate) fn unknown(source: &Source, key: &str, nearest: Option<&str>) -> Self {
        let hint = match nearest {
            Some(nearest) => format!("; did you mean `{nearest}`?"),
            None => String::new(),
        };
        let key = crate::nearest::shown(key);
        Self::new(
            WarningKind::UnknownKey,
            format!("{source}: `{key}` is no setting{hint}"),
        )
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
