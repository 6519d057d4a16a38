//! [`Warning`]: what was read and is not used, or looks like a mistake.

use std::fmt;

use crate::Source;

/// What was read and is not used, or looks like a mistake. Settings are resolved nevertheless.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// What it is about.
    pub kind: WarningKind,
    /// What happened and what to do, for people. Without credentials.
    pub message: String,
}

/// What a [`Warning`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WarningKind {
    /// A key of a file, or a variable, that is no setting.
    UnknownKey,
    /// A setting that no engine uses.
    Ignored,
    /// An invalid value that a stronger layer replaces.
    Invalid,
    /// A file has the same setting in the spelling of two versions.
    MixedSpelling,
    /// An API key that does not belong to the address in use.
    KeyNotUsed,
    /// A file of the current folder, which somebody else may have written, decides where requests go.
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

    /// A key that is no setting.
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
