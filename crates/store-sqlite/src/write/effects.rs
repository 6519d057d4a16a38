//! Effects.

use geppetto_store::{EffectStart, EffectWrite, Error};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    content::{Content, remove_parts},
    encode::Encoded,
    fault::Result,
    number::to_i64,
};

/// States of an effect, as stored.
pub(crate) const BEGUN: i64 = 0;
pub(crate) const WAITING: i64 = 1;
pub(crate) const FINISHED: i64 = 2;

pub(super) fn write(conn: &Connection, sid: i64, encoded: &Encoded) -> Result<()> {
    let mut answers = encoded.answers.iter();
    for write in &encoded.batch.effects {
        let key = write.key();
        match write {
            EffectWrite::Begin(start) => begin(conn, sid, start)?,
            EffectWrite::Finish { .. } => set(conn, sid, key, FINISHED, answers.next())?,
            _ => set(conn, sid, key, WAITING, None)?,
        }
    }
    Ok(())
}

/// Removes the effects of a turn.
pub(super) fn remove_of(conn: &Connection, sid: i64, turn: i64) -> Result<()> {
    let mut statement =
        conn.prepare_cached("delete from effect where sid = ? and turn = ? returning parts")?;
    let removed = statement.query_map(params![sid, turn], |row| row.get(0))?;
    let removed: Vec<Option<Vec<u8>>> = removed.collect::<Result<_, _>>()?;
    removed
        .iter()
        .try_for_each(|parts| remove_parts(conn, parts.as_deref()))
}

fn begin(conn: &Connection, sid: i64, start: &EffectStart) -> Result<()> {
    let turn = to_i64(start.turn)?;
    let earlier: Option<(i64, i64, i64, Option<Vec<u8>>)> = conn
        .prepare_cached("select eid, turn, begun, parts from effect where sid = ? and key = ?")?
        .query_row(params![sid, start.key], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .optional()?;
    let mut begun = 1_i64;
    let mut eid: Option<i64> = None;
    if let Some((id, of_turn, times, parts)) = earlier {
        begun = times.saturating_add(1).min(i64::from(u32::MAX));
        // The order of the effects of a turn is that of their ids.
        eid = (of_turn == turn).then_some(id);
        remove_parts(conn, parts.as_deref())?;
        conn.prepare_cached("delete from effect where eid = ?")?
            .execute([id])?;
    }
    conn.prepare_cached(
        "insert into effect(eid, sid, key, turn, run, call_id, tool, idempotent, begun, state) \
         values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        eid,
        sid,
        start.key,
        turn,
        start.run,
        start.call_id,
        start.tool,
        start.idempotent,
        begun,
        BEGUN
    ])?;
    Ok(())
}

fn set(conn: &Connection, sid: i64, key: &str, state: i64, answer: Option<&Content>) -> Result<()> {
    let known: Option<(i64, Option<Vec<u8>>)> = conn
        .prepare_cached("select eid, parts from effect where sid = ? and key = ?")?
        .query_row(params![sid, key], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let not_begun = || Error::invalid(format!("effect `{key}` was not begun"));
    let (eid, earlier) = known.ok_or_else(not_begun)?;
    let parts = match answer {
        Some(answer) => answer.add_parts(conn)?,
        None => None,
    };
    conn.prepare_cached("update effect set state = ?, answer = ?, parts = ? where eid = ?")?
        .execute(params![state, answer.map(Content::body), parts, eid])?;
    remove_parts(conn, earlier.as_deref())
}
