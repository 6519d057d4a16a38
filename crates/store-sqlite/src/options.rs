//! [`SqliteOptions`]: how a store is opened.

use std::{path::Path, time::Duration};

use geppetto_store::Error;

use crate::SqliteStore;

/// Longest time that SQLite waits: 2^31 ms.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 86_400);

/// Options of a [`SqliteStore`].
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    pub(crate) busy_timeout: Duration,
    pub(crate) read_threads: usize,
    pub(crate) create: bool,
    pub(crate) wal_pages: u32,
    pub(crate) vfs: Option<String>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            busy_timeout: Duration::from_secs(10),
            read_threads: 2,
            create: true,
            wal_pages: 1000,
            vfs: None,
        }
    }
}

impl SqliteOptions {
    /// Creates the default options.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the time to wait for another process that writes to the same file, after which a write
    /// fails as [`Unavailable`](geppetto_store::ErrorKind::Unavailable). 10 seconds by default, at
    /// most 24 days.
    #[must_use]
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout.min(LONGEST_WAIT);
        self
    }

    /// Sets the number of threads that read, at least 1. 2 by default. Each has a connection of its
    /// own, with a page cache of up to 2 MiB.
    #[must_use]
    pub fn read_threads(mut self, threads: usize) -> Self {
        self.read_threads = threads.max(1);
        self
    }

    /// Sets whether a missing file, and missing folders above it, are created. `true` by default.
    #[must_use]
    pub fn create(mut self, create: bool) -> Self {
        self.create = create;
        self
    }

    /// Sets the size of the write-ahead log from which on its content is moved to the file, in pages
    /// of 4 KiB. 1,000 by default. A larger log makes bursts faster, and the slowest writes slower.
    #[must_use]
    pub fn wal_pages(mut self, pages: u32) -> Self {
        self.wal_pages = pages.max(1);
        self
    }

    /// Sets the name of a [VFS](https://sqlite.org/vfs.html) that the process has registered, for
    /// tests with faults. `None` by default: that of the operating system.
    #[must_use]
    pub fn vfs(mut self, name: impl Into<String>) -> Self {
        self.vfs = Some(name.into());
        self
    }

    /// Opens a store; see [`SqliteStore::open`].
    ///
    /// # Errors
    ///
    /// Those of [`SqliteStore::open`].
    pub async fn open(self, path: impl AsRef<Path>) -> Result<SqliteStore, Error> {
        SqliteStore::open_with(path.as_ref(), self).await
    }
}
