//! The tables of versions before February 2026: each snapshot of a turn is a row with its YAML.

use geppetto_turns::Turn;
use rusqlite::{Connection, params};

use super::read::{Dated, has_column};
use crate::fault::{Fault, Result};

/// A table with snapshots.
#[derive(Debug, Clone, Copy)]
pub(super) struct Snapshots {
    /// `turn_snapshots`, or `turns` in a file that no later version has opened.
    table: &'static str,
    /// Column with the id of the session.
    session: &'static str,
}

impl Snapshots {
    pub(super) fn find(conn: &Connection) -> Result<Option<Self>> {
        for table in ["turn_snapshots", "turns"] {
            if !has_column(conn, table, "payload")? {
                continue;
            }
            for session in ["session_id", "run_id"] {
                if has_column(conn, table, session)? {
                    return Ok(Some(Self { table, session }));
                }
            }
        }
        Ok(None)
    }

    /// Returns the query for conversation, session, time of the last and of the first snapshot.
    pub(super) fn sessions(self) -> String {
        let Self { table, session } = self;
        format!(
            "select conv_id, {session} as session_id, max(created_at_ms) as updated, \
             min(created_at_ms) as created from {table} group by 1, 2"
        )
    }

    /// Returns the turns of a session, each as it was stored last: as `final` if there is such a
    /// snapshot. Their time is that of their first snapshot.
    pub(super) fn turns(
        self,
        conn: &Connection,
        conversation: &str,
        session: &str,
    ) -> Result<Vec<Dated>> {
        let Self {
            table,
            session: column,
        } = self;
        let mut statement = conn.prepare(&format!(
            "select turn_id, created, payload from (\
               select turn_id, payload, min(created_at_ms) over (partition by turn_id) as created, \
                 row_number() over (partition by turn_id \
                   order by phase = 'final' desc, created_at_ms desc, rowid desc) as place \
               from {table} where conv_id = ? and {column} = ?) \
             where place = 1 order by created"
        ))?;
        let mut rows = statement.query(params![conversation, session])?;
        let mut turns = Vec::new();
        while let Some(row) = rows.next()? {
            let (id, created, yaml): (String, i64, String) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            let mut turn = Turn::from_yaml(&yaml)
                .map_err(|error| Fault::damaged(format!("turn `{id}` cannot be read: {error}")))?;
            if turn.id.trim().is_empty() {
                turn.id = id;
            }
            turns.push(Dated { created, turn });
        }
        Ok(turns)
    }
}
