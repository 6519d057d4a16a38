//! Events.

use geppetto_store::Error;
use rusqlite::{Connection, OptionalExtension, params};

use super::Session;
use crate::{
    encode::{Context, Encoded},
    fault::Result,
    number::to_i64,
};

/// Appends the events of a batch, and returns the number of the last event.
pub(super) fn write(conn: &Connection, session: &Session, encoded: &Encoded) -> Result<i64> {
    let mut last = session.last_seq;
    let mut cid = None;
    for (row, event) in encoded.batch.events.iter().zip(&encoded.events) {
        let (first_seq, last_seq) = (to_i64(row.first_seq())?, to_i64(row.last_seq())?);
        if first_seq != last + 1 || last_seq < first_seq {
            let next = last + 1;
            let message =
                format!("events {first_seq} to {last_seq} were appended, and {next} is next");
            return Err(Error::invalid(message).into());
        }
        last = last_seq;
        match &event.context {
            Context::Same => {}
            Context::None => cid = None,
            Context::Own(json) => cid = Some(context(conn, session.sid, json)?),
        }
        let parts = event.body.add_parts(conn)?;
        let lens = Some(row.lens()).filter(|lens| !lens.is_empty());
        conn.prepare_cached(
            "insert into event(sid, first_seq, last_seq, cid, body, parts, lens) \
             values(?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            session.sid,
            first_seq,
            last_seq,
            cid,
            event.body.body(),
            parts,
            lens
        ])?;
    }
    Ok(last)
}

/// Returns the id of a context, of which each session has one copy.
fn context(conn: &Connection, sid: i64, json: &str) -> Result<i64> {
    let key = key_of(json);
    let known = conn
        .prepare_cached("select cid from context where sid = ? and key = ? and body = ?")?
        .query_row(params![sid, key, json.as_bytes()], |row| row.get(0))
        .optional()?;
    if let Some(cid) = known {
        return Ok(cid);
    }
    conn.prepare_cached("insert into context(sid, key, body) values(?, ?, ?)")?
        .execute(params![sid, key, json.as_bytes()])?;
    Ok(conn.last_insert_rowid())
}

/// Returns the value by which a context is found, which need not be unique: FNV-1a, because it is
/// computed for every batch.
fn key_of(json: &str) -> i64 {
    let hash = json.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash.cast_signed()
}
