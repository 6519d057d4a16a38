//! What readers do within a transaction.

use geppetto_store::{Error, Request, RunRecord, SessionInfo, Stats};
use geppetto_turns::serial::from_json_str;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::{
    fault::{Fault, Result},
    number::{time, to_u64},
};

mod effects;
mod events;
mod listing;
mod turns;

pub(crate) use effects::{effect, effects};
pub(crate) use events::events;
pub(crate) use listing::list;
pub(crate) use turns::{latest, turn, turn_rows};

pub(crate) fn info(conn: &Connection, id: &str) -> Result<SessionInfo> {
    let sql = format!("select {COLUMNS} from session where id = ?");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params![id])?;
    let row = rows.next()?.ok_or_else(|| Error::no_session(id))?;
    to_info(row)
}

const COLUMNS: &str = "id, turns, last_seq, owner, run, forked_from, forked_at, title, group_name, \
    created_at, updated_at, address";

fn to_info(row: &Row<'_>) -> Result<SessionInfo> {
    let mut info = SessionInfo::new(row.get::<_, String>(0)?);
    info.turns = to_u64(row.get(1)?)?;
    info.last_seq = to_u64(row.get(2)?)?;
    info.owner = row.get(3)?;
    if let Some(json) = row.get::<_, Option<String>>(4)? {
        info.run = Some(parse_run(&info.id, &json)?);
    }
    let forked: (Option<String>, Option<i64>) = (row.get(5)?, row.get(6)?);
    if let (Some(from), Some(at)) = forked {
        info.forked_from = Some((from, to_u64(at)?));
    }
    info.title = row.get(7)?;
    info.group = row.get(8)?;
    info.created_at = row.get::<_, Option<i64>>(9)?.and_then(time);
    info.updated_at = time(row.get(10)?);
    info.address = row.get(11)?;
    Ok(info)
}

fn parse_run(id: &str, json: &str) -> Result<RunRecord> {
    from_json_str(json).map_err(|error| {
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

pub(crate) fn request(conn: &Connection, id: &str, key: &str) -> Result<Option<Request>> {
    let sid = sid(conn, id)?;
    let mut statement =
        conn.prepare_cached("select digest, run from request where sid = ? and key = ?")?;
    let found = statement.query_row(params![sid, key], |row| {
        let run: String = row.get(1)?;
        Ok(Request::new(key, row.get(0)?, run))
    });
    Ok(found.optional()?)
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
