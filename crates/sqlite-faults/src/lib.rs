//! A simulated disk below SQLite, which loses power and fails as a test demands.
//!
//! [`Disk`] holds the files of one test in memory. SQLite reaches them through a VFS
//! (<https://sqlite.org/vfs.html>) with the name [`VFS`]. The disk knows which writes were synced, so
//! that a loss of power takes, tears and keeps the others by a seed.
//!
//! ```
//! use geppetto_sqlite_faults::{Disk, VFS};
//! use rusqlite::{Connection, OpenFlags};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let disk = Disk::new(1)?;
//! let open = || {
//!     let flags = OpenFlags::default();
//!     Connection::open_with_flags_and_vfs(disk.file("a.db"), flags, VFS)
//! };
//! let conn = open()?;
//! conn.execute_batch("create table t(x); insert into t values(1)")?;
//! disk.lose_power();
//! // What was committed was synced.
//! let count: i64 = open()?.query_row("select count(*) from t", [], |row| row.get(0))?;
//! assert_eq!(count, 1);
//! # Ok(())
//! # }
//! ```

mod change;
mod disk;
mod file;
mod locks;
mod state;
mod vfs;

pub use disk::Disk;
pub use state::Faults;

/// Name of the VFS.
pub const VFS: &str = "geppetto-faults";
