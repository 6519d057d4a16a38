//! What readers do within a transaction.

use geppetto_store::{Error, Page, RunRecord, SessionInfo, Stats};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{
    fault::{Fault, Result},
    number::{limit, time, to_u64},
};

mod effects;
mod events;
mod turns;

pub(crate) use effects::{effect, effects};
pub(crate) use events::events;
pub(crate) use turns::{latest, turn, turn_rows};

const COLUMNS: &str =
    "id, turns, last_seq, owner, run, forked_from, forked_at, created_at, updated_at";

pub(crate) fn info(conn: &Connection, id: &str) -> Result<SessionInfo> {
    let sql = format!("select {COLUMNS} from session where id = ?");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params![id])?;
    let row = rows.next()?.ok_or_else(|| Error::no_session(id))?;
    to_info(row)
}

pub(crate) fn list(conn: &Connection, page: &Page) -> Result<Vec<SessionInfo>> {
    let sql = format!("select {COLUMNS} from session where id > ? order by id limit ?");
    let mut statement = conn.prepare_cached(&sql)?;
    let after = page.after.as_deref().unwrap_or_default();
    let mut rows = statement.query(params![after, limit(page.limit)])?;
    let mut infos = Vec::new();
    while let Some(row) = rows.next()? {
        infos.push(to_info(row)?);
    }
    Ok(infos)
}

fn to_info(row: &Row<'_>) -> Result<SessionInfo> {
    let mut info = SessionInfo::new(row.get::<_, String>(0)?);
    info.turns = to_u64(row.get(1)?)?;
    info.last_seq = to_u64(row.get(2)?)?;
    info.owner = row.get(3)?;
    info.run = match row
        .get_ref(4)?
        .as_str_or_null()
        .map_err(rusqlite::Error::from)?
    {
        Some(json) => Some(parse_run(&info.id, json)?),
        None => None,
    };
    let forked: (Option<String>, Option<i64>) = (row.get(5)?, row.get(6)?);
    if let (Some(from), Some(at)) = forked {
        info.forked_from = Some((from, to_u64(at)?));
    }
    info.created_at = row.get::<_, Option<i64>>(7)?.and_then(time);
    info.updated_at = row.get::<_, Option<i64>>(8)?.and_then(time);
    Ok(info)
}

fn parse_run(id: &str, json: &str) -> Result<RunRecord> {
    serde_json::from_str(json).map_err(|error| {
        Fault::damaged(format!(
            "the last run of session `{id}` cannot be read: {error}"
        ))
    })
}

/// Returns the id of the row of a session.
fn sid(conn: &Connection, id: &str) -> Result<i64> {
    let mut statement = conn.prepare_cached("select sid from session where id = ?")?;
    let found = statement.query_row(params![id], |row| row.get(0));
    Ok(found.optional()?.ok_or_else(|| Error::no_session(id))?)
}

pub(crate) fn stats(conn: &Connection) -> Result<Stats> {
    let number = |sql: &str| -> Result<u64> { to_u64(conn.query_row(sql, [], |row| row.get(0))?) };
    Ok(Stats::new(
        number("select count(*) from session")?,
        number("select count(*) from block")?,
        number("select coalesce(sum(size), 0) from block")?,
        number("select count(*) from position")?,
    ))
}
