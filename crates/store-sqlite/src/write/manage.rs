//! Forks and deletions.

use std::time::SystemTime;

use geppetto_store::{Error, ErrorKind};
use rusqlite::{Connection, params};

use super::{Session, turns::Node};
use crate::{
    fault::Result,
    number::{nanos, to_i64},
};

pub(crate) fn fork(
    conn: &Connection,
    from: &str,
    index: u64,
    to: &str,
    at: SystemTime,
) -> Result<()> {
    let origin = Session::find(conn, from)?.ok_or_else(|| Error::no_session(from))?;
    let node = Node::at(conn, origin.head, index)?;
    let node = node.ok_or_else(|| Error::no_turn(from, index))?;
    if Session::find(conn, to)?.is_some() {
        let message = format!("session `{to}` exists already");
        return Err(Error::new(ErrorKind::Exists, message).into());
    }
    conn.prepare_cached("update turn set refs = refs + 1 where tid = ?")?
        .execute([node.tid])?;
    let at = nanos(at);
    conn.prepare_cached(
        "insert into session(id, epoch, last_batch, turns, last_seq, head, forked_from, forked_at, \
         title, group_name, created_at, updated_at) \
         select ?, 0, 0, ?, 0, ?, ?, ?, title, group_name, ?, ? from session where sid = ?",
    )?
    .execute(params![
        to,
        node.idx + 1,
        node.tid,
        from,
        to_i64(index)?,
        at,
        at,
        origin.sid
    ])?;
    Ok(())
}

/// Deletes a session at once; its content becomes garbage. Returns `false` if it does not exist.
pub(crate) fn delete(conn: &Connection, id: &str) -> Result<bool> {
    let Some(session) = Session::find(conn, id)? else {
        return Ok(false);
    };
    conn.prepare_cached("insert into garbage(sid, head) values(?, ?)")?
        .execute(params![session.sid, session.head])?;
    conn.prepare_cached("delete from session where sid = ?")?
        .execute([session.sid])?;
    Ok(true)
}
