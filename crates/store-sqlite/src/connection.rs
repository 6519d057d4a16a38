//! Connections to the file.

use std::path::Path;

use geppetto_store::{Error, ErrorKind};
use rusqlite::{Connection, OpenFlags, config::DbConfig};

use crate::{fault::Result, options::SqliteOptions};

#[cfg(test)]
mod tests;

/// Oldest version of SQLite that is used. Earlier ones since 3.7.0 may corrupt a file when a
/// checkpoint and a write coincide (<https://sqlite.org/wal.html>, "The WAL-Reset Bug").
const MIN_VERSION: i32 = 3_051_003;

/// Page cache of the writer and of a reader, in KiB.
const WRITE_CACHE: u32 = 8192;
const READ_CACHE: u32 = 2048;

/// Size to which the write-ahead log is cut once its content is in the file, in bytes.
const WAL_LIMIT: u32 = 16 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// Refuses versions of SQLite that are known to corrupt files.
pub(crate) fn check_version(number: i32) -> Result<(), Error> {
    if number >= MIN_VERSION {
        return Ok(());
    }
    let message = format!(
        "this program is linked to SQLite {}, which can damage files; at least {} is required: \
         build it with rusqlite's feature `bundled`",
        version(number),
        version(MIN_VERSION)
    );
    Err(Error::new(ErrorKind::Unavailable, message))
}

fn version(number: i32) -> String {
    let (major, minor, patch) = (number / 1_000_000, number / 1000 % 1000, number % 1000);
    format!("{major}.{minor}.{patch}")
}

/// Opens a connection to an existing file.
pub(crate) fn connect(path: &Path, options: &SqliteOptions, access: Access) -> Result<Connection> {
    let mode = match access {
        Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let conn = match &options.vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs.as_str())?,
        None => Connection::open_with_flags(path, flags)?,
    };
    conn.busy_timeout(options.busy_timeout)?;
    conn.set_prepared_statement_cache_capacity(96);
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // Without it, plans depend on the values that are bound, so that SQLite compiles a cached statement
    // again for each execution.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    let cache = match access {
        Access::Read => READ_CACHE,
        Access::Write => WRITE_CACHE,
    };
    conn.execute_batch(&format!(
        "pragma cache_size = -{cache}; pragma temp_store = memory; pragma cell_size_check = on;"
    ))?;
    if access == Access::Write {
        // The writer moves the log's content to the file by itself, to see failures. A plain fsync
        // of macOS does not reach the disk.
        conn.execute_batch(
            "pragma wal_autocheckpoint = 0; pragma fullfsync = on; pragma checkpoint_fullfsync = on;",
        )?;
        conn.query_row(
            &format!("pragma journal_size_limit = {WAL_LIMIT}"),
            [],
            |_| Ok(()),
        )?;
    }
    Ok(conn)
}
