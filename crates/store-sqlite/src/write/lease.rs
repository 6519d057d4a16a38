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
    let (expires_at, ttl) = (expiry(claim, now), ttl(claim));
    match session {
        Some(session) => conn
            .prepare_cached(
                "update session set epoch = ?, owner = ?, address = ?, expires_at = ?, ttl = ?, \
                 last_batch = 0 \
                 where sid = ?",
            )?
            .execute(params![
                epoch,
                claim.owner,
                claim.address,
                expires_at,
                ttl,
                session.sid
            ])?,
        None => conn
            .prepare_cached(
                "insert into session(id, epoch, owner, address, expires_at, ttl, last_batch, turns, \
                 last_seq, updated_at) values(?, ?, ?, ?, ?, ?, 0, 0, 0, ?)",
            )?
            .execute(params![
                id,
                epoch,
                claim.owner,
                claim.address,
                expires_at,
                ttl,
                NEVER
            ])?,
    };
    to_u64(epoch)
}

fn check_claim(session: &Session, id: &str, claim: &Claim, now: i64) -> Result<()> {
    let Some(owner) = &session.owner else {
        return Ok(());
    };
    if claim.takes_over || *owner == claim.owner || is_expired(session, now) {
        return Ok(());
    }
    let message = format!("session `{id}` is open in `{owner}`; close it there, or take it over");
    Err(Error::new(ErrorKind::Held, message).into())
}

/// Returns `true` if the lease of a session has expired.
///
/// A lease cannot be valid for longer than its length, so if it seems to be, the clock was set back
/// after the last renewal. Up to the length itself that is tolerated: a living owner renews within a
/// third of it, by the new clock.
fn is_expired(session: &Session, now: i64) -> bool {
    let Some(expires_at) = session.expires_at else {
        return false;
    };
    let is_set_back = |ttl: i64| expires_at.saturating_sub(now) > ttl.saturating_mul(2);
    expires_at <= now || session.ttl.is_some_and(is_set_back)
}

fn ttl(claim: &Claim) -> Option<i64> {
    i64::try_from(claim.ttl?.as_millis()).ok()
}

/// Returns the time at which a lease expires. `None`: never, or later than can be represented.
fn expiry(claim: &Claim, now: i64) -> Option<i64> {
    now.checked_add(ttl(claim)?)
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
    conn.prepare_cached(
        "update session set owner = null, address = null, expires_at = null where sid = ?",
    )?
    .execute([session.sid])?;
    Ok(())
}
