//! Translation of the failures of Postgres.

use std::error::Error as StdError;

use geppetto_store::{Error, ErrorKind};
use tokio_postgres::{Error as Cause, error::SqlState};

/// What a failure means for the writes of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing was written, and another attempt may succeed: a deadlock, a lock that was not free.
    Retry,
    /// The connection is of no use any more, and the outcome is unknown.
    Lost,
    /// Nothing was written.
    Refused,
    /// An earlier statement of the transaction failed.
    Follows,
}

/// Returns what a failure means.
pub(crate) fn effect(cause: &Cause) -> Effect {
    let Some(code) = cause.code() else {
        // Parameters that cannot be encoded, such as an array of more than 2 GiB, are no failure of
        // the connection; but the message may have been sent in part.
        return Effect::Lost;
    };
    if *code == SqlState::IN_FAILED_SQL_TRANSACTION {
        return Effect::Follows;
    }
    let retries = [
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::UNIQUE_VIOLATION,
        SqlState::QUERY_CANCELED,
    ];
    if retries.contains(code) {
        return Effect::Retry;
    }
    // The end of the server or of the session, lost connections, and a server that became a standby.
    let ends = ["57P", "08", "58030", "25006", "25P03", "53300"];
    if ends.iter().any(|start| code.code().starts_with(start)) {
        return Effect::Lost;
    }
    Effect::Refused
}

/// Returns `true` if a connection may succeed later.
pub(crate) fn is_temporary(cause: &Cause) -> bool {
    match cause.code() {
        Some(code) => {
            let starts = ["57P", "08", "53"];
            starts.iter().any(|start| code.code().starts_with(start))
        }
        None => io_kind(cause).is_some(),
    }
}

/// Returns `true` if the server accepts connections soon.
pub(crate) fn is_starting(cause: &Cause) -> bool {
    cause.code() == Some(&SqlState::CANNOT_CONNECT_NOW)
}

fn io_kind(cause: &Cause) -> Option<std::io::ErrorKind> {
    let mut source = cause.source();
    while let Some(error) = source {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return Some(io.kind());
        }
        source = error.source();
    }
    None
}

/// Converts to the store's error. `place` names the server, without a password.
pub(crate) fn error(cause: Cause, place: &str) -> Error {
    let (kind, what, advice) = describe(&cause);
    let message = format!("Postgres at `{place}` {what} ({}); {advice}", chain(&cause));
    Error::new(kind, message).with_source(cause)
}

/// Creates the error of a server that did not answer in time.
pub(crate) fn silent(place: &str) -> Error {
    let message = format!(
        "Postgres at `{place}` did not answer in time, so the outcome is unknown; check the network \
         and the load of the server, and retry"
    );
    Error::new(ErrorKind::Unavailable, message)
}

/// Creates the error of stored data that cannot be read.
pub(crate) fn damaged(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Corrupt, what)
}

/// Creates the error of a store that was closed.
pub(crate) fn ended() -> Error {
    let message = "the store is closed; open it again";
    Error::new(ErrorKind::Unavailable, message)
}

/// Returns the causes of an error, in one line. None of them has the password.
fn chain(cause: &Cause) -> String {
    if let Some(db) = cause.as_db_error() {
        let mut text = format!("{}, SQLSTATE {}", db.message(), db.code().code());
        if let Some(hint) = db.hint() {
            text = format!("{text}; {hint}");
        }
        return text.replace('\n', " ");
    }
    let mut text = cause.to_string();
    let mut source = cause.source();
    while let Some(error) = source {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        source = error.source();
    }
    text
}

/// Kind, what happened, and what to do.
type Description = (ErrorKind, &'static str, &'static str);

fn describe(cause: &Cause) -> Description {
    let Some(code) = cause.code() else {
        return describe_connection(cause);
    };
    match code.code() {
        "53100" => (
            ErrorKind::Full,
            "cannot grow because its disk is full",
            "nothing was written; free space and retry",
        ),
        "53300" => (
            ErrorKind::Unavailable,
            "has no free connection",
            "raise `max_connections`, use a pooler, or lower the number of readers",
        ),
        "25006" => (
            ErrorKind::ReadOnly,
            "is read-only, as a standby is",
            "connect to the primary: list all hosts in the URL",
        ),
        "42501" => (
            ErrorKind::ReadOnly,
            "denies access",
            "grant the user the right to create the schema, or create it with this user as owner",
        ),
        "28P01" | "28000" => (
            ErrorKind::Unavailable,
            "rejected the login",
            "check user, password and `pg_hba.conf`",
        ),
        "3D000" => (
            ErrorKind::NotFound,
            "has no such database",
            "create it with `createdb`, or correct the URL",
        ),
        "57P03" => (
            ErrorKind::Unavailable,
            "is starting up or shutting down",
            "retry in a moment",
        ),
        "54000" | "22001" | "22021" => (
            ErrorKind::Invalid,
            "cannot hold a value this large",
            "a value has at most 1 GB",
        ),
        other => describe_class(other),
    }
}

fn describe_class(code: &str) -> Description {
    match code.get(..2).unwrap_or_default() {
        "42" | "3F" => (
            ErrorKind::Corrupt,
            "has another schema than this program expects",
            "another program changed it: restore it, or choose another schema",
        ),
        "XX" => (
            ErrorKind::Corrupt,
            "found damaged data",
            "check the server's log, and restore a backup",
        ),
        "23" => (
            ErrorKind::Corrupt,
            "contradicts itself",
            "check the server's log, and restore a backup",
        ),
        "40" | "55" => (
            ErrorKind::Unavailable,
            "could not get a lock in time",
            "retry; look for long transactions in `pg_stat_activity`",
        ),
        "57" => (
            ErrorKind::Unavailable,
            "ended the connection or the statement",
            "retry",
        ),
        "53" => (
            ErrorKind::Unavailable,
            "is out of resources",
            "check its memory and load, and retry",
        ),
        _ => (ErrorKind::Unavailable, "failed", "retry"),
    }
}

fn describe_connection(cause: &Cause) -> Description {
    let text = chain(cause);
    if text.contains("TLS") || text.contains("certificate") {
        return (
            ErrorKind::Unavailable,
            "cannot be reached with TLS",
            "check `sslmode` and `sslrootcert` in the URL, and the server's certificate",
        );
    }
    match io_kind(cause) {
        Some(std::io::ErrorKind::ConnectionRefused | std::io::ErrorKind::NotFound) => (
            ErrorKind::Unavailable,
            "cannot be reached",
            "check that it is running, and the host and port of the URL",
        ),
        _ => (
            ErrorKind::Unavailable,
            "cannot be reached, or the connection was lost",
            "check the host, the port and the network",
        ),
    }
}
