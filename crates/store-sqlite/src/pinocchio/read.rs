//! Reading of the tables.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use geppetto_store::{Error, ErrorKind, TurnRow};
use geppetto_turns::{Block, Turn, serial::from_json_str};
use rusqlite::{Connection, OpenFlags, params};
use serde_json::{Map, Value, json};

use super::snapshots::Snapshots;
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
    let tables = Tables::find(&conn, path)?;
    let mut statement = conn.prepare(&tables.sessions())?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (conversation, session): (String, String) = (row.get(0)?, row.get(1)?);
        let updated: i64 = row.get(2)?;
        let content = match tables.read(&conn, &conversation, &session) {
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

/// A turn, and the time of its creation in milliseconds since 1970.
pub(super) struct Dated {
    pub(super) created: i64,
    pub(super) turn: Turn,
}

/// The tables that a file has.
struct Tables {
    has_blocks: bool,
    snapshots: Option<Snapshots>,
}

impl Tables {
    fn find(conn: &Connection, path: &Path) -> Result<Self> {
        let snapshots = Snapshots::find(conn)?;
        let mut missing = None;
        for (table, column) in [
            ("turns", "turn_metadata_json"),
            ("blocks", "payload_json"),
            ("turn_block_membership", "ordinal"),
        ] {
            if !has_column(conn, table, column)? {
                missing.get_or_insert((table, column));
            }
        }
        match missing {
            Some((table, column)) if snapshots.is_none() => {
                let message = format!(
                    "`{}` is no turn store of pinocchio: it has no table `{table}` with a column \
                     `{column}`",
                    path.display()
                );
                Err(Fault::damaged(message))
            }
            _ => Ok(Self {
                has_blocks: missing.is_none(),
                snapshots,
            }),
        }
    }

    /// Returns the query for conversation, session and time of the last change.
    fn sessions(&self) -> String {
        let mut parts = Vec::new();
        if self.has_blocks {
            parts.push(
                "select conv_id, session_id, max(updated_at_ms) as updated, \
                 min(turn_created_at_ms) as created from turns group by 1, 2"
                    .to_owned(),
            );
        }
        parts.extend(self.snapshots.map(Snapshots::sessions));
        format!(
            "select conv_id, session_id, max(updated) from ({}) group by 1, 2 \
             order by min(created), 1, 2",
            parts.join(" union all ")
        )
    }

    /// Reads the turns of a session. A file that a later version has opened has older turns as
    /// snapshots only.
    fn read(&self, conn: &Connection, conversation: &str, session: &str) -> Result<Vec<TurnRow>> {
        let mut turns = Vec::new();
        if self.has_blocks {
            turns = read(conn, conversation, session)?;
        }
        if let Some(snapshots) = self.snapshots {
            let known: HashSet<String> = turns.iter().map(|own| own.turn.id.clone()).collect();
            let older = snapshots.turns(conn, conversation, session)?;
            turns.extend(
                older
                    .into_iter()
                    .filter(|own| !known.contains(&own.turn.id)),
            );
            turns.sort_by_key(|own| own.created);
        }
        Ok(rows(&turns))
    }
}

/// Returns `true` if there is such a table with such a column.
pub(super) fn has_column(conn: &Connection, table: &str, column: &str) -> Result<bool> {
    let found: i64 = conn.query_row(
        "select count(*) from pragma_table_info(?) where name = ?",
        params![table, column],
        |row| row.get(0),
    )?;
    Ok(found > 0)
}

/// Returns the rows of turns, which share the blocks that are equal at their beginning.
fn rows(turns: &[Dated]) -> Vec<TurnRow> {
    let mut rows = Vec::new();
    let mut before: Option<&Turn> = None;
    for (index, Dated { turn, .. }) in (0..).zip(turns) {
        let earlier = before.into_iter().flat_map(|own| own.blocks.iter());
        let shared = earlier.zip(turn.blocks.iter());
        let kept = shared
            .take_while(|(a, b)| Arc::ptr_eq(a, b) || a == b)
            .count();
        rows.push(TurnRow::after(index, kept, turn));
        before = Some(turn);
    }
    rows
}

fn time(millis: i64) -> SystemTime {
    let millis = u64::try_from(millis).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
}

/// Reads the turns of a session. Their blocks are read once each.
fn read(conn: &Connection, conversation: &str, session: &str) -> Result<Vec<Dated>> {
    let mut statement = conn.prepare_cached(
        "select turn_id, turn_metadata_json, turn_data_json, turn_created_at_ms from turns \
         where conv_id = ? and session_id = ? order by turn_created_at_ms, rowid",
    )?;
    let mut found = statement.query(params![conversation, session])?;
    let mut turns = Vec::new();
    let mut blocks: HashMap<(String, String), Arc<Block>> = HashMap::new();
    while let Some(row) = found.next()? {
        let id: String = row.get(0)?;
        let (metadata, data): (String, String) = (row.get(1)?, row.get(2)?);
        let mut turn = head(&id, &metadata, &data)?;
        for key in membership(conn, [conversation, session, &id])? {
            let known = match blocks.get(&key) {
                Some(known) => Arc::clone(known),
                None => {
                    let read = Arc::new(block(conn, &id, &key)?);
                    blocks.insert(key, Arc::clone(&read));
                    read
                }
            };
            turn.push(known);
        }
        turns.push(Dated {
            created: row.get(3)?,
            turn,
        });
    }
    Ok(turns)
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
