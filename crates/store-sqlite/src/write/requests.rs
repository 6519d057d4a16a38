//! Submits with idempotency keys.

use geppetto_store::{Error, MAX_ID_BYTES, Request, RequestWrite};
use rusqlite::{Connection, params};

use crate::fault::Result;

pub(super) fn write(conn: &Connection, sid: i64, writes: &[RequestWrite]) -> Result<()> {
    for write in writes {
        match write {
            RequestWrite::Put(request) => put(conn, sid, request)?,
            RequestWrite::Remove { key } => {
                conn.prepare_cached("delete from request where sid = ? and key = ?")?
                    .execute(params![sid, key])?;
            }
            _ => return Err(Error::invalid("a request has an unknown change").into()),
        }
    }
    Ok(())
}

fn put(conn: &Connection, sid: i64, request: &Request) -> Result<()> {
    let key = request.key.as_str();
    if key.len() > MAX_ID_BYTES {
        let message = format!(
            "an idempotency key has {} bytes; allowed are {MAX_ID_BYTES}",
            key.len()
        );
        return Err(Error::invalid(message).into());
    }
    let added = conn
        .prepare_cached(
            "insert into request(sid, key, digest, run) values(?, ?, ?, ?) on conflict do nothing",
        )?
        .execute(params![sid, key, request.digest, request.run])?;
    if added == 0 {
        return Err(Error::invalid(format!("request `{key}` exists already")).into());
    }
    Ok(())
}
