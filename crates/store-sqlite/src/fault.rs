//! [`Fault`]: a failure below the store's own errors, and its translation.

use std::{fmt, path::Path};

use geppetto_store::{Error, ErrorKind};
use rusqlite::ffi;

/// A failure of an operation: of SQLite, or of the contract.
#[derive(Debug)]
pub(crate) enum Fault {
    Sql(rusqlite::Error),
    Store(Error),
}

pub(crate) type Result<T, E = Fault> = std::result::Result<T, E>;

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sql(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl Fault {
    /// Creates the error of stored data that cannot be read.
    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Store(Error::new(ErrorKind::Corrupt, what))
    }

    /// Returns `true` if a lock was not free in time.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self, Self::Sql(error) if code(error).map(primary) == Some(ffi::SQLITE_BUSY))
    }

    /// Returns `true` if the file is damaged.
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Self::Sql(error) => code(error).map(primary) == Some(ffi::SQLITE_CORRUPT),
            Self::Store(error) => error.kind() == ErrorKind::Corrupt,
        }
    }

    /// Returns `true` if a sync failed, after which nobody knows what the disk has.
    pub(crate) fn is_failed_sync(&self) -> bool {
        match self {
            Self::Sql(error) => code(error).is_some_and(is_sync),
            Self::Store(error) => error.kind() == ErrorKind::Poisoned,
        }
    }

    /// Converts to the store's error, which names the file.
    pub(crate) fn into_error(self, path: &Path) -> Error {
        match self {
            Self::Store(error) => error,
            Self::Sql(error) => {
                let (kind, message) = describe(&error, &path.display().to_string());
                Error::new(kind, message).with_source(error)
            }
        }
    }
}

fn code(error: &rusqlite::Error) -> Option<i32> {
    error.sqlite_error().map(|error| error.extended_code)
}

fn primary(code: i32) -> i32 {
    code & 0xff
}

fn is_sync(code: i32) -> bool {
    code == ffi::SQLITE_IOERR_FSYNC || code == ffi::SQLITE_IOERR_DIR_FSYNC
}

fn describe(error: &rusqlite::Error, path: &str) -> (ErrorKind, String) {
    let Some(code) = code(error) else {
        let message = format!(
            "`{path}` has a value that this program does not expect ({error}); `check` says more"
        );
        return (ErrorKind::Corrupt, message);
    };
    if is_sync(code) {
        let message = format!(
            "syncing `{path}` failed ({error}), so it is unknown what the disk has; nothing more is \
             written until the store is opened again; the system's log says more about the disk"
        );
        return (ErrorKind::Poisoned, message);
    }
    let (kind, what, advice) = match primary(code) {
        ffi::SQLITE_FULL => FULL,
        ffi::SQLITE_READONLY | ffi::SQLITE_PERM | ffi::SQLITE_AUTH => READ_ONLY,
        ffi::SQLITE_NOTADB => NO_DATABASE,
        ffi::SQLITE_CORRUPT => DAMAGED,
        ffi::SQLITE_CONSTRAINT => CONTRADICTION,
        ffi::SQLITE_CANTOPEN => CANNOT_OPEN,
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED | ffi::SQLITE_PROTOCOL => BUSY,
        ffi::SQLITE_TOOBIG => TOO_BIG,
        ffi::SQLITE_IOERR => IO,
        _ => OTHER,
    };
    (kind, format!("`{path}` {what} ({error}); {advice}"))
}

/// Kind, what happened to the file, and what to do.
type Description = (ErrorKind, &'static str, &'static str);

const FULL: Description = (
    ErrorKind::Full,
    "cannot grow because the disk or a quota is full",
    "nothing was written; free space and retry",
);
const READ_ONLY: Description = (
    ErrorKind::ReadOnly,
    "cannot be written to",
    "check its permissions, those of its folder, and the mount",
);
const NO_DATABASE: Description = (
    ErrorKind::Corrupt,
    "is not a session store",
    "choose another file",
);
const DAMAGED: Description = (
    ErrorKind::Corrupt,
    "is damaged",
    "`check` says where; restore a backup, or save what is left with `sqlite3 FILE .recover`",
);
const CONTRADICTION: Description = (
    ErrorKind::Corrupt,
    "contradicts itself",
    "`check` says where; restore a backup",
);
const CANNOT_OPEN: Description = (
    ErrorKind::Unavailable,
    "or a file beside it cannot be opened",
    "check the permissions of its folder, and the limit of open files",
);
const BUSY: Description = (
    ErrorKind::Unavailable,
    "is locked by another process",
    "retry, or end that process",
);
const TOO_BIG: Description = (
    ErrorKind::Invalid,
    "cannot hold a value this large",
    "a value has at most 1 GB",
);
const IO: Description = (
    ErrorKind::Unavailable,
    "cannot be read or written",
    "check the disk, and retry",
);
const OTHER: Description = (ErrorKind::Unavailable, "cannot be used", "retry");
