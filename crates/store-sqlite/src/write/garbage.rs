//! The content of deleted sessions, which is removed in small steps, between which others write.

use rusqlite::{Connection, OptionalExtension, params};

use super::turns;
use crate::{content::remove_parts, fault::Result};

/// Maximum number of rows that a step removes, approximately.
const STEP: usize = 500;

/// Returns `true` if there is content of deleted sessions. Needs no transaction for writing.
pub(crate) fn exists(conn: &Connection) -> Result<bool> {
    let sql = "select exists(select 1 from garbage)";
    Ok(conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Removes some of the content of deleted sessions. Returns `true` if there is no more.
pub(crate) fn collect(conn: &Connection) -> Result<bool> {
    let next: Option<(i64, Option<i64>)> = conn
        .prepare_cached("select sid, head from garbage order by sid limit 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((sid, head)) = next else {
        return Ok(true);
    };
    let removed = remove_events(conn, sid)? + remove_effects(conn, sid)?;
    if removed >= STEP {
        return Ok(false);
    }
    for sql in [
        "delete from context where sid = ?",
        "delete from request where sid = ?",
    ] {
        conn.prepare_cached(sql)?.execute([sid])?;
    }
    let rest = match head {
        Some(tid) => turns::release(conn, tid, STEP)?,
        None => None,
    };
    if rest.is_some() {
        conn.prepare_cached("update garbage set head = ? where sid = ?")?
            .execute(params![rest, sid])?;
    } else {
        conn.prepare_cached("delete from garbage where sid = ?")?
            .execute([sid])?;
    }
    Ok(false)
}

fn remove_events(conn: &Connection, sid: i64) -> Result<usize> {
    remove(
        conn,
        sid,
        "delete from event where rid in (select rid from event where sid = ? limit ?) \
         returning parts",
    )
}

fn remove_effects(conn: &Connection, sid: i64) -> Result<usize> {
    remove(
        conn,
        sid,
        "delete from effect where eid in (select eid from effect where sid = ? limit ?) \
         returning parts",
    )
}

fn remove(conn: &Connection, sid: i64, sql: &str) -> Result<usize> {
    let mut statement = conn.prepare_cached(sql)?;
    let limit = i64::try_from(STEP).unwrap_or(i64::MAX);
    let removed = statement.query_map(params![sid, limit], |row| row.get(0))?;
    let removed: Vec<Option<Vec<u8>>> = removed.collect::<Result<_, _>>()?;
    for parts in &removed {
        remove_parts(conn, parts.as_deref())?;
    }
    Ok(removed.len())
}
