//! Opening the file: its folder, its permissions, its format.

use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use geppetto_store::{Error, ErrorKind};
use rusqlite::Connection;

use crate::{
    connection::{Access, connect},
    fault::Result,
    options::SqliteOptions,
};

/// "gept": the mark of a session store in the header of a SQLite file.
const APPLICATION_ID: i32 = 0x6765_7074;

/// The steps to each format, from 1.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/version_1.sql"),
    include_str!("schema/version_2.sql"),
    include_str!("schema/version_3.sql"),
];

/// Opens the connection of the writer, and creates or migrates the file.
pub(crate) fn open(path: &Path, options: &SqliteOptions) -> Result<Connection> {
    prepare(path, options)?;
    let conn = connect(path, options, Access::Write)?;
    if conn.is_readonly(rusqlite::MAIN_DB)? {
        return Err(Error::new(ErrorKind::ReadOnly, read_only(path)).into());
    }
    let is_current = within(&conn, "begin", || check_format(&conn, path))?;
    use_wal(&conn, path, options.busy_timeout)?;
    if !is_current {
        within(&conn, "begin immediate", || migrate(&conn, path))?;
    }
    Ok(conn)
}

/// Returns the absolute path of a file. SQLite does not understand it as an address or as one of its
/// names for databases without a file.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, Error> {
    let shown = path.display();
    if path.as_os_str().is_empty() || path == Path::new(":memory:") {
        let message = format!(
            "`{shown}` is not the name of a file; `MemoryStore` of `geppetto-store` keeps sessions in \
             memory"
        );
        return Err(Error::new(ErrorKind::Invalid, message));
    }
    std::path::absolute(path).map_err(|error| {
        let message =
            format!("the folder of `{shown}` is unknown ({error}); give an absolute path");
        Error::new(ErrorKind::Unavailable, message).with_source(error)
    })
}

fn read_only(path: &Path) -> String {
    format!(
        "`{}` is read-only; check its permissions, those of its folder, and the mount",
        path.display()
    )
}

/// Creates the file, which only its owner can read.
fn prepare(path: &Path, options: &SqliteOptions) -> Result<(), Error> {
    let shown = path.display();
    if path.is_dir() {
        let message = format!("`{shown}` is a folder; give the name of a file");
        return Err(Error::new(ErrorKind::Invalid, message));
    }
    if path.exists() {
        return Ok(());
    }
    if !options.create {
        let message = format!("there is no file `{shown}`");
        return Err(Error::new(ErrorKind::NotFound, message));
    }
    create_folder(path)?;
    match create_new(path) {
        // Another process was faster.
        Err(error) if error.kind() == ErrorKind::Exists => Ok(()),
        created => created,
    }
}

/// Creates an empty file, which only its owner can read.
pub(crate) fn create_new(path: &Path) -> Result<(), Error> {
    let mut file = OpenOptions::new();
    file.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    file.open(path)
        .map(drop)
        .map_err(|error| not_created(path, error))
}

/// Creates the missing folders above the file, which only their owner can enter.
fn create_folder(path: &Path) -> Result<(), Error> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.exists() => folder,
        _ => return Ok(()),
    };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|error| not_created(folder, error))
}

fn not_created(path: &Path, error: io::Error) -> Error {
    let kind = match error.kind() {
        io::ErrorKind::AlreadyExists => ErrorKind::Exists,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => ErrorKind::ReadOnly,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ErrorKind::Full,
        _ => ErrorKind::Unavailable,
    };
    let message = format!(
        "`{}` cannot be created ({error}); check the folder above it",
        path.display()
    );
    Error::new(kind, message).with_source(error)
}

/// Returns `true` if the file has the current format, and `false` if it must be created or migrated.
fn check_format(conn: &Connection, path: &Path) -> Result<bool> {
    let shown = path.display();
    let application: i32 = pragma(conn, "application_id")?;
    let format = format_of(conn)?;
    let newest = MIGRATIONS.len();
    if application == APPLICATION_ID {
        if format > newest {
            let message = format!(
                "`{shown}` has format {format}, and this program knows formats up to {newest}; \
                 update the program"
            );
            return Err(Error::new(ErrorKind::TooNew, message).into());
        }
        return Ok(format == newest);
    }
    let tables: i64 = conn.query_row("select count(*) from sqlite_schema", [], |row| row.get(0))?;
    if application != 0 || format != 0 || tables != 0 {
        let message = format!(
            "`{shown}` is a database of another program, not a session store; choose another file"
        );
        return Err(Error::new(ErrorKind::Corrupt, message).into());
    }
    Ok(false)
}

fn format_of(conn: &Connection) -> Result<usize> {
    let format: i64 = pragma(conn, "user_version")?;
    Ok(usize::try_from(format).unwrap_or(usize::MAX))
}

fn pragma<T: rusqlite::types::FromSql>(conn: &Connection, name: &str) -> Result<T> {
    Ok(conn.query_row(&format!("pragma {name}"), [], |row| row.get(0))?)
}

/// Runs an operation within a transaction, so that it sees the file of one moment.
fn within<T>(conn: &Connection, begin: &str, operation: impl FnOnce() -> Result<T>) -> Result<T> {
    conn.execute_batch(begin)?;
    let done = operation();
    let ended = conn.execute_batch(if done.is_ok() { "commit" } else { "rollback" });
    let done = done?;
    ended?;
    Ok(done)
}

/// Switches to write-ahead logging, with which readers do not wait for the writer.
fn use_wal(conn: &Connection, path: &Path, patience: Duration) -> Result<()> {
    let mode: String = retry(patience, || pragma(conn, "journal_mode = wal"))?;
    if mode == "wal" {
        return Ok(());
    }
    let message = format!(
        "`{}` is on a file system without shared memory, such as a network share; choose a local \
         folder",
        path.display()
    );
    Err(Error::new(ErrorKind::Unavailable, message).into())
}

/// Repeats an operation while another process has the file. SQLite does not wait by itself where
/// two processes could wait for each other, as when both create the file.
#[expect(
    clippy::disallowed_methods,
    reason = "runs on the writer's own thread, where blocking is right"
)]
fn retry<T>(patience: Duration, mut operation: impl FnMut() -> Result<T>) -> Result<T> {
    const PAUSE: Duration = Duration::from_millis(5);
    let mut waited = Duration::ZERO;
    loop {
        match operation() {
            Err(fault) if fault.is_busy() && waited < patience => {
                std::thread::sleep(PAUSE);
                waited += PAUSE;
            }
            done => return done,
        }
    }
}

fn migrate(conn: &Connection, path: &Path) -> Result<()> {
    // Another process may have done it in the meantime.
    if check_format(conn, path)? {
        return Ok(());
    }
    for step in MIGRATIONS.iter().skip(format_of(conn)?) {
        conn.execute_batch(step)?;
    }
    let newest = MIGRATIONS.len();
    conn.execute_batch(&format!(
        "pragma application_id = {APPLICATION_ID}; pragma user_version = {newest};"
    ))?;
    Ok(())
}
