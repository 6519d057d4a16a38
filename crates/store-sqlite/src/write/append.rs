//! Batches.

use geppetto_store::{Appended, Batch, Error, Lease};
use rusqlite::{Connection, params};

use super::{Session, effects, events, requests, turns};
use crate::{
    encode::Encoded,
    fault::Result,
    number::{NEVER, nanos, to_i64, to_u64},
};

/// Applies a batch to the session of a lease. On an error, the caller undoes what was written.
pub(crate) fn append(conn: &Connection, lease: &Lease, encoded: &Encoded) -> Result<Appended> {
    let batch = &*encoded.batch;
    let session = Session::leased(conn, lease.session(), lease.epoch())?;
    let number = to_i64(batch.number)?;
    if number == session.last_batch && number != 0 {
        return appended(session.turns, session.last_seq);
    }
    if number != session.last_batch + 1 {
        let expected = session.last_batch + 1;
        let message = format!("batch {number} was appended, and {expected} is next");
        return Err(Error::invalid(message).into());
    }
    let (head, turns) = turns::write(conn, &session, encoded)?;
    if batch.drops_latest {
        effects::remove_of(conn, session.sid, session.turns - 1)?;
    }
    effects::write(conn, session.sid, encoded)?;
    check_run(batch, turns)?;
    let last_seq = events::write(conn, &session, encoded)?;
    requests::write(conn, session.sid, &batch.requests)?;
    if session.last_batch > 0 && has_events_alone(batch) {
        // Nearly all batches. Naming the other columns would rewrite their indexes.
        conn.prepare_cached("update session set last_batch = ?, last_seq = ? where sid = ?")?
            .execute(params![number, last_seq, session.sid])?;
        return appended(turns, last_seq);
    }
    let at = nanos(batch.at);
    conn.prepare_cached(
        "update session set last_batch = ?, turns = ?, last_seq = ?, head = ?, \
         run = coalesce(?, run), open_run = coalesce(?, open_run), title = coalesce(?, title), \
         group_name = coalesce(?, group_name), created_at = coalesce(created_at, ?), \
         updated_at = iif(? or updated_at = ?, ?, updated_at) where sid = ?",
    )?
    .execute(params![
        number,
        turns,
        last_seq,
        head,
        encoded.run,
        batch.run.as_ref().map(|run| !run.is_ended()),
        batch.title,
        batch.group,
        at,
        batch.is_activity(),
        NEVER,
        at,
        session.sid
    ])?;
    appended(turns, last_seq)
}

fn appended(turns: i64, last_seq: i64) -> Result<Appended> {
    Ok(Appended::new(to_u64(turns)?, to_u64(last_seq)?))
}

/// Returns `true` if a batch changes nothing of its session but the events.
fn has_events_alone(batch: &Batch) -> bool {
    !batch.is_activity() && batch.title.is_none() && batch.group.is_none()
}

fn check_run(batch: &Batch, turns: i64) -> Result<()> {
    if let Some(run) = &batch.run
        && !run.is_ended()
        && run.turn >= to_u64(turns)?
    {
        let message = format!("run `{}` runs on turn {} of {turns}", run.run, run.turn);
        return Err(Error::invalid(message).into());
    }
    Ok(())
}
