//! The result of an append.

use geppetto_store::{Appended, Batch, EffectWrite, Error, MAX_ID_BYTES, RequestWrite};
use tokio_postgres::Row;

use crate::read::{get, number};

/// Converts the row of an append, whose codes are those of the schema.
pub(crate) fn appended(row: &Row, session: &str, batch: &Batch) -> Result<Appended, Error> {
    let code: i32 = get(row, 0)?;
    if code == 0 {
        return Ok(Appended::new(number(get(row, 3)?)?, number(get(row, 4)?)?));
    }
    if code == 1 {
        return Err(Error::fenced(session));
    }
    let at: Option<i64> = get(row, 1)?;
    let at = at.and_then(|at| usize::try_from(at - 1).ok()).unwrap_or(0);
    let is: i64 = get::<Option<i64>>(row, 2)?.unwrap_or(0);
    Err(Error::invalid(violation(code, at, is, batch)))
}

fn violation(code: i32, at: usize, is: i64, batch: &Batch) -> String {
    let turn = batch.turns.get(at);
    let key = match batch.requests.get(at) {
        Some(RequestWrite::Put(request)) => request.key.as_str(),
        _ => "",
    };
    match code {
        2 => format!("batch {} was appended, and {is} is next", batch.number),
        3 => "there is no turn to remove".to_owned(),
        4 => {
            let index = turn.map_or(0, |turn| turn.index);
            format!("turn {index} was appended to {is} turns")
        }
        5 => {
            let (index, kept) = turn.map_or((0, 0), |turn| (turn.index, turn.kept));
            format!("turn {index} shares {kept} blocks with a turn of {is} blocks")
        }
        6 => {
            let (run, turn) = batch
                .run
                .as_ref()
                .map_or(("", 0), |run| (&run.run, run.turn));
            format!("run `{run}` runs on turn {turn} of {is}")
        }
        7 => {
            let row = batch.events.get(at);
            let (first, last) = row.map_or((0, 0), |row| (row.first_seq(), row.last_seq()));
            format!("events {first} to {last} were appended, and {is} is next")
        }
        8 => {
            let key = batch.effects.get(at).map_or("", EffectWrite::key);
            format!("effect `{key}` was not begun")
        }
        9 => format!("request `{key}` exists already"),
        _ => format!(
            "an idempotency key has {} bytes; allowed are {MAX_ID_BYTES}",
            key.len()
        ),
    }
}
