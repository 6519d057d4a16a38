//! A simulated disk below SQLite, which loses power and fails as a test demands.
//!
//! [`Disk`] holds the files of one test in memory. SQLite reaches them through a VFS
//! (<https://sqlite.org/vfs.html>) with the name [`VFS`]. The disk knows which writes were synced, so
//! that a loss of power takes, tears and keeps the others by a seed.

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
