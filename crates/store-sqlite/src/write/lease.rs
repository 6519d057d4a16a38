//! Leases.

use std::time::SystemTime;

use geppetto_store::{Claim, Error, ErrorKind, Lease};
use rusqlite::{Connection, params};

use super::Session;
use crate::{
    fault::Result,
    number::{NEVER, millis, to_u64},
};

/// Claims a session, and creates it if it does not exist. Returns the epoch.
pub(crate) fn claim(conn: &Connection, id: &str, claim: &Claim) -> Result<u64> {
    let now = millis(SystemTime::now());
    let session = Session::find(conn, id)?;
    if let Some(session) = &session {
        check_claim(session, id, claim, now)?;
    }
    let epoch: i64 = conn
        .prepare_cached("update store set epoch = epoch + 1 returning epoch")?
        .query_row([], |row| row.get(0))?;
    let expires_at = expiry(claim, now);
    match session {
        Some(session) => conn
            .prepare_cached(
                "update session set epoch = ?, owner = ?, expires_at = ?, last_batch = 0 \
                 where sid = ?",
            )?
            .execute(params![epoch, claim.owner, expires_at, session.sid])?,
        None => conn
            .prepare_cached(
                "insert into session(id, epoch, owner, expires_at, last_batch, turns, last_seq, \
                 updated_at) values(?, ?, ?, ?, 0, 0, 0, ?)",
            )?
            .execute(params![id, epoch, claim.owner, expires_at, NEVER])?,
    };
    to_u64(epoch)
}

fn check_claim(session: &Session, id: &str, claim: &Claim, now: i64) -> Result<()> {
    let Some(owner) = &session.owner else {
        return Ok(());
    };
    let is_expired = session.expires_at.is_some_and(|expires| expires <= now);
    if claim.takes_over || *owner == claim.owner || is_expired {
        return Ok(());
    }
    let message = format!("session `{id}` is open in `{owner}`; close it there, or take it over");
    Err(Error::new(ErrorKind::Held, message).into())
}

/// Returns the time at which a lease expires. `None`: never, or later than can be represented.
fn expiry(claim: &Claim, now: i64) -> Option<i64> {
    let ttl = i64::try_from(claim.ttl?.as_millis()).ok()?;
    now.checked_add(ttl)
}

pub(crate) fn renew(conn: &Connection, lease: &Lease) -> Result<()> {
    let session = Session::leased(conn, lease.session(), lease.epoch())?;
    let expires_at = expiry(lease.claim(), millis(SystemTime::now()));
    conn.prepare_cached("update session set expires_at = ? where sid = ?")?
        .execute(params![expires_at, session.sid])?;
    Ok(())
}

pub(crate) fn release(conn: &Connection, lease: &Lease) -> Result<()> {
    let session = Session::leased(conn, lease.session(), lease.epoch())?;
    conn.prepare_cached("update session set owner = null, expires_at = null where sid = ?")?
        .execute([session.sid])?;
    Ok(())
}
