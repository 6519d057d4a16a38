//! [`Checkpoints`]: moving the content of the write-ahead log to the file.

use std::time::Duration;

use rusqlite::Connection;

use crate::{fault::Result, options::SqliteOptions};

/// Time to wait for readers before the log is begun anew. Most of them finish within it.
const PATIENCE: Duration = Duration::from_millis(20);

/// When the content of the log is moved.
#[derive(Debug)]
pub(crate) struct Checkpoints {
    /// Number of pages that wait to be moved.
    pages: i64,
    /// Size of the log at which it is begun anew, although readers may have kept it from that until
    /// now. A long read, such as a backup, must not delay each write.
    restart_at: i64,
    busy_timeout: Duration,
}

impl Checkpoints {
    pub(crate) fn new(options: &SqliteOptions) -> Self {
        let pages = i64::from(options.wal_pages);
        Self {
            pages,
            restart_at: 4 * pages,
            busy_timeout: options.busy_timeout,
        }
    }

    /// Moves the content, if it is time.
    pub(crate) fn run(&mut self, conn: &Connection) -> Result<()> {
        let mut statement = conn.prepare_cached("pragma wal_checkpoint(noop)")?;
        let (len, moved): (i64, i64) =
            statement.query_row([], |row| Ok((row.get(1)?, row.get(2)?)))?;
        if len >= self.restart_at {
            conn.busy_timeout(PATIENCE)?;
            let restarted = checkpoint(conn, "pragma wal_checkpoint(restart)");
            conn.busy_timeout(self.busy_timeout)?;
            let is_done = restarted?;
            self.restart_at = if is_done { 0 } else { len } + 4 * self.pages;
        } else if len - moved >= self.pages {
            checkpoint(conn, "pragma wal_checkpoint(passive)")?;
        }
        Ok(())
    }
}

/// Returns `true` unless readers were in the way.
fn checkpoint(conn: &Connection, pragma: &str) -> Result<bool> {
    let mut statement = conn.prepare_cached(pragma)?;
    let is_busy: bool = statement.query_row([], |row| row.get(0))?;
    Ok(!is_busy)
}
