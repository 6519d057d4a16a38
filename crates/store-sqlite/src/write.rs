//! What the writer does within a transaction.

use rusqlite::{Connection, OptionalExtension, params};

use crate::{fault::Result, number::to_i64};

mod append;
mod blocks;
mod checkpoint;
mod effects;
mod events;
mod garbage;
mod lease;
mod manage;
mod requests;
mod turns;

pub(crate) use append::append;
pub(crate) use checkpoint::Checkpoints;
pub(crate) use effects::{BEGUN, FINISHED, WAITING};
pub(crate) use garbage::{collect as collect_garbage, exists as has_garbage};
pub(crate) use lease::{claim, release, renew};
pub(crate) use manage::{delete, fork};
pub(crate) use turns::Node;

/// A session, as far as writes need it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) sid: i64,
    pub(crate) epoch: i64,
    pub(crate) owner: Option<String>,
    pub(crate) expires_at: Option<i64>,
    pub(crate) ttl: Option<i64>,
    pub(crate) last_batch: i64,
    pub(crate) turns: i64,
    pub(crate) last_seq: i64,
    pub(crate) head: Option<i64>,
}

impl Session {
    pub(crate) fn find(conn: &Connection, id: &str) -> Result<Option<Self>> {
        let mut statement = conn.prepare_cached(
            "select sid, epoch, owner, expires_at, last_batch, turns, last_seq, head, ttl \
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
                ttl: row.get(8)?,
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
