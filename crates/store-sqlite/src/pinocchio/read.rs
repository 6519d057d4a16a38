//! Reading of the tables.

use std::{
    fmt,
    path::Path,
    time::{Duration, SystemTime},
};

use geppetto_store::{Error, ErrorKind, TurnRow};
use geppetto_turns::{Block, Turn, serial::from_json_str};
use rusqlite::{Connection, OpenFlags, params};
use serde_json::{Map, Value, json};

use crate::fault::{Fault, Result};

/// A session of pinocchio.
pub(super) struct Found {
    /// Id of the session in the new store.
    pub(super) id: String,
    /// The session, or why it cannot be imported.
    pub(super) content: Result<Session, String>,
}

pub(super) struct Session {
    pub(super) rows: Vec<TurnRow>,
    pub(super) updated_at: SystemTime,
}

/// Reads all sessions, one after the other, until `each` returns `false`.
pub(super) fn sessions(path: &Path, each: &dyn Fn(Found) -> bool) -> Result<()> {
    if !path.exists() {
        let message = format!("there is no file `{}`", path.display());
        return Err(Error::new(ErrorKind::NotFound, message).into());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(Duration::from_secs(10))?;
    conn.execute_batch("begin")?;
    check_tables(&conn, path)?;
    let mut statement = conn.prepare(
        "select conv_id, session_id, max(updated_at_ms) from turns group by conv_id, session_id \
         order by min(turn_created_at_ms), conv_id, session_id",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (conversation, session): (String, String) = (row.get(0)?, row.get(1)?);
        let updated: i64 = row.get(2)?;
        let content = match read(&conn, &conversation, &session) {
            Ok(rows) => Ok(Session {
                rows,
                updated_at: time(updated),
            }),
            Err(Fault::Store(error)) => Err(error.to_string()),
            Err(other) => return Err(other),
        };
        let id = if conversation == session {
            session
        } else {
            format!("{conversation}/{session}")
        };
        if !each(Found { id, content }) {
            break;
        }
    }
    Ok(())
}

fn check_tables(conn: &Connection, path: &Path) -> Result<()> {
    for (table, column) in [
        ("turns", "turn_metadata_json"),
        ("blocks", "payload_json"),
        ("turn_block_membership", "ordinal"),
    ] {
        let found: i64 = conn.query_row(
            "select count(*) from pragma_table_info(?) where name = ?",
            params![table, column],
            |row| row.get(0),
        )?;
        if found == 0 {
            let message = format!(
                "`{}` is no turn store of pinocchio: it has no table `{table}` with a column \
                 `{column}`",
                path.display()
            );
            return Err(Fault::damaged(message));
        }
    }
    Ok(())
}

fn time(millis: i64) -> SystemTime {
    let millis = u64::try_from(millis).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
}

/// Reads the turns of a session. Their blocks are read once each, as long as neighbours share them.
fn read(conn: &Connection, conversation: &str, session: &str) -> Result<Vec<TurnRow>> {
    let mut statement = conn.prepare_cached(
        "select turn_id, turn_metadata_json, turn_data_json from turns \
         where conv_id = ? and session_id = ? order by turn_created_at_ms, rowid",
    )?;
    let mut found = statement.query(params![conversation, session])?;
    let mut rows: Vec<TurnRow> = Vec::new();
    let mut before: Vec<(String, String)> = Vec::new();
    while let Some(row) = found.next()? {
        let id: String = row.get(0)?;
        let keys = membership(conn, [conversation, session, &id])?;
        let shared = before.iter().zip(&keys).take_while(|(a, b)| a == b);
        let kept = shared.count();
        let (metadata, data): (String, String) = (row.get(1)?, row.get(2)?);
        let mut turn = head(&id, &metadata, &data)?;
        for key in keys.get(kept..).unwrap_or_default() {
            turn.push(block(conn, &id, key)?);
        }
        let mut row = TurnRow::after(rows.len() as u64, 0, &turn);
        row.kept = kept;
        rows.push(row);
        before = keys;
    }
    Ok(rows)
}

/// Returns id and hash of the blocks of a turn, as it was stored last.
fn membership(conn: &Connection, turn: [&str; 3]) -> Result<Vec<(String, String)>> {
    let mut statement = conn.prepare_cached(
        "select block_id, content_hash from turn_block_membership \
         where conv_id = ?1 and session_id = ?2 and turn_id = ?3 \
         and (phase, snapshot_created_at_ms) = (\
           select phase, snapshot_created_at_ms from turn_block_membership \
           where conv_id = ?1 and session_id = ?2 and turn_id = ?3 \
           order by phase = 'final' desc, snapshot_created_at_ms desc, rowid desc limit 1) \
         order by ordinal",
    )?;
    let rows = statement.query_map(turn, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn head(id: &str, metadata: &str, data: &str) -> Result<Turn> {
    let what = format!("turn `{id}`");
    let value = json!({
        "id": id,
        "metadata": object(metadata, &what)?,
        "data": object(data, &what)?,
    });
    serde_json::from_value(value).map_err(|error| unreadable(&what, &error))
}

fn block(conn: &Connection, turn: &str, (id, hash): &(String, String)) -> Result<Block> {
    let what = format!("block `{id}` of turn `{turn}`");
    let mut statement = conn.prepare_cached(
        "select kind, role, payload_json, block_metadata_json from blocks \
         where block_id = ? and content_hash = ?",
    )?;
    let mut rows = statement.query(params![id, hash])?;
    let Some(row) = rows.next()? else {
        return Err(Fault::damaged(format!("{what} is missing")));
    };
    let (kind, role): (String, String) = (row.get(0)?, row.get(1)?);
    let (payload, metadata): (String, String) = (row.get(2)?, row.get(3)?);
    let mut value = json!({
        "id": id,
        "kind": kind,
        "payload": object(&payload, &what)?,
        "metadata": object(&metadata, &what)?,
    });
    if !role.is_empty()
        && let Some(fields) = value.as_object_mut()
    {
        fields.insert("role".to_owned(), role.into());
    }
    serde_json::from_value(value).map_err(|error| unreadable(&what, &error))
}

/// Parses an object. Go writes a map that is not set as `null`.
fn object(json: &str, what: &str) -> Result<Map<String, Value>> {
    let parsed: Option<Map<String, Value>> =
        from_json_str(json).map_err(|error| unreadable(what, &error))?;
    Ok(parsed.unwrap_or_default())
}

fn unreadable(what: &str, error: &dyn fmt::Display) -> Fault {
    Fault::damaged(format!("{what} cannot be read: {error}"))
}
