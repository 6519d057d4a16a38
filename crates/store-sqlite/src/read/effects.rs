//! Effects.

use std::sync::Arc;

use geppetto_store::{Effect, EffectStart, EffectState};
use rusqlite::{Connection, Row, params};

use super::{sid, turns::parse_block};
use crate::{
    content::join,
    fault::{Fault, Result},
    number::to_u64,
    write::{BEGUN, FINISHED, WAITING},
};

const COLUMNS: &str = "key, run, turn, call_id, tool, idempotent, begun, state, answer, parts";

pub(crate) fn effect(conn: &Connection, id: &str, key: &str) -> Result<Option<Effect>> {
    let sid = sid(conn, id)?;
    let sql = format!("select {COLUMNS} from effect where sid = ? and key = ?");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params![sid, key])?;
    match rows.next()? {
        Some(row) => to_effect(conn, row).map(Some),
        None => Ok(None),
    }
}

pub(crate) fn effects(conn: &Connection, id: &str, turn: u64) -> Result<Vec<Effect>> {
    let sid = sid(conn, id)?;
    let Ok(turn) = i64::try_from(turn) else {
        return Ok(Vec::new());
    };
    let sql = format!("select {COLUMNS} from effect where sid = ? and turn = ? order by eid");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params![sid, turn])?;
    let mut effects = Vec::new();
    while let Some(row) = rows.next()? {
        effects.push(to_effect(conn, row)?);
    }
    Ok(effects)
}

fn to_effect(conn: &Connection, row: &Row<'_>) -> Result<Effect> {
    let (key, run): (String, String) = (row.get(0)?, row.get(1)?);
    let (call_id, tool): (String, String) = (row.get(3)?, row.get(4)?);
    let start = EffectStart::new(key, run, to_u64(row.get(2)?)?);
    let start = start.call(call_id, tool, row.get(5)?);
    let begun: u32 = row.get(6)?;
    let mut effect = Effect::begin(&start, begun.saturating_sub(1));
    effect.state = match row.get(7)? {
        BEGUN => EffectState::Begun,
        WAITING => EffectState::Waiting,
        FINISHED => {
            let (answer, parts): (Vec<u8>, Option<Vec<u8>>) = (row.get(8)?, row.get(9)?);
            let json = join(conn, answer, parts.as_deref())?;
            EffectState::Finished(Arc::new(parse_block(&json)?))
        }
        state => {
            let message = format!("the stored effect `{}` has state {state}", effect.key);
            return Err(Fault::damaged(message));
        }
    };
    Ok(effect)
}
