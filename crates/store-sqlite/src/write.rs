//! What the writer does within a transaction.

use rusqlite::{Connection, OptionalExtension, params};

use crate::{fault::Result, number::to_i64};

mod append;
mod blocks;
mod effects;
mod events;
mod garbage;
mod lease;
mod manage;
mod requests;
mod turns;

pub(crate) use append::append;
pub(crate) use effects::{BEGUN, FINISHED, WAITING};
pub(crate) use garbage::{collect as collect_garbage, exists as has_garbage};
pub(crate) use lease::{claim, release, renew};
pub(crate) use manage::{delete, fork};
pub(crate) use turns::Node;

/// Moves the content of the write-ahead log to the file, if `pages` pages or more wait for it.
pub(crate) fn checkpoint(conn: &Connection, pages: u32) -> Result<()> {
    let pages = i64::from(pages);
    let mut statement = conn.prepare_cached("pragma wal_checkpoint(noop)")?;
    let (len, moved): (i64, i64) = statement.query_row([], |row| Ok((row.get(1)?, row.get(2)?)))?;
    // Readers may have kept the log from being begun anew for long.
    let pragma = if len >= 4 * pages {
        "pragma wal_checkpoint(restart)"
    } else if len - moved >= pages {
        "pragma wal_checkpoint(passive)"
    } else {
        return Ok(());
    };
    let mut statement = conn.prepare_cached(pragma)?;
    let _is_busy: i64 = statement.query_row([], |row| row.get(0))?;
    Ok(())
}

/// A session, as far as writes need it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) sid: i64,
    pub(crate) epoch: i64,
    pub(crate) owner: Option<String>,
    pub(crate) expires_at: Option<i64>,
    pub(crate) last_batch: i64,
    pub(crate) turns: i64,
    pub(crate) last_seq: i64,
    pub(crate) head: Option<i64>,
}

impl Session {
    pub(crate) fn find(conn: &Connection, id: &str) -> Result<Option<Self>> {
        let mut statement = conn.prepare_cached(
            "select sid, epoch, owner, expires_at, last_batch, turns, last_seq, head \
             from session where id = ?",
        )?;
        let found = statement.query_row(params![id], |row| {
            Ok(Self {
                sid: row.get(0)?,
                epoch: row.get(1)?,
                owner: row.get(2)?,
                expires_at: row.get(3)?,
                last_batch: row.get(4)?,
                turns: row.get(5)?,
                last_seq: row.get(6)?,
                head: row.get(7)?,
            })
        });
        Ok(found.optional()?)
    }

    /// Returns the session of a lease.
    pub(crate) fn leased(conn: &Connection, id: &str, epoch: u64) -> Result<Self> {
        let epoch = to_i64(epoch)?;
        let session = Self::find(conn, id)?;
        let own = session.filter(|own| own.owner.is_some() && own.epoch == epoch);
        Ok(own.ok_or_else(|| geppetto_store::Error::fenced(id))?)
    }
}
