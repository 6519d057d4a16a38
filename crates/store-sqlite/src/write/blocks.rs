//! Blocks and the positions that refer to them.

use geppetto_store::BlockHash;
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    content::{Content, remove_parts},
    fault::Result,
    number::{key_of, to_i64},
};

/// Adds a reference to a block, which is stored if it is new. Returns its id.
fn add(conn: &Connection, hash: &BlockHash, content: &Content) -> Result<i64> {
    let key = key_of(hash);
    let known = conn
        .prepare_cached(
            "update block set refs = refs + 1 where key = ? and hash = ? returning bid",
        )?
        .query_row(params![key, hash.as_bytes()], |row| row.get(0))
        .optional()?;
    if let Some(bid) = known {
        return Ok(bid);
    }
    let parts = content.add_parts(conn)?;
    conn.prepare_cached(
        "insert into block(key, refs, size, hash, body, parts) values(?, 1, ?, ?, ?, ?)",
    )?
    .execute(params![
        key,
        to_i64(content.size())?,
        hash.as_bytes(),
        content.body(),
        parts
    ])?;
    Ok(conn.last_insert_rowid())
}

/// Removes a reference to a block, and the block if it was the last one.
fn remove(conn: &Connection, bid: i64) -> Result<()> {
    let refs: i64 = conn
        .prepare_cached("update block set refs = refs - 1 where bid = ? returning refs")?
        .query_row([bid], |row| row.get(0))?;
    if refs > 0 {
        return Ok(());
    }
    let parts: Option<Vec<u8>> = conn
        .prepare_cached("delete from block where bid = ? returning parts")?
        .query_row([bid], |row| row.get(0))?;
    remove_parts(conn, parts.as_deref())
}

/// Appends blocks to a turn, from a position on.
pub(super) fn put(
    conn: &Connection,
    tid: i64,
    from: i64,
    blocks: &[(BlockHash, Content)],
) -> Result<()> {
    let mut insert = conn.prepare_cached("insert into position(tid, pos, bid) values(?, ?, ?)")?;
    for (pos, (hash, content)) in (from..).zip(blocks) {
        insert.execute(params![tid, pos, add(conn, hash, content)?])?;
    }
    Ok(())
}

/// Copies the positions of a turn that are before `to`.
pub(super) fn copy(conn: &Connection, tid: i64, to: i64, into: i64) -> Result<()> {
    conn.prepare_cached(
        "update block set refs = refs + own.times \
         from (select bid, count(*) as times from position where tid = ? and pos < ? group by bid) \
         as own where block.bid = own.bid",
    )?
    .execute(params![tid, to])?;
    conn.prepare_cached(
        "insert into position(tid, pos, bid) select ?, pos, bid from position \
         where tid = ? and pos < ?",
    )?
    .execute(params![into, tid, to])?;
    Ok(())
}

/// Takes the positions of a turn from one on. Their references are to be [dropped](drop_all).
pub(super) fn take(conn: &Connection, tid: i64, from: i64) -> Result<Vec<i64>> {
    let mut statement =
        conn.prepare_cached("delete from position where tid = ? and pos >= ? returning bid")?;
    let taken = statement.query_map(params![tid, from], |row| row.get(0))?;
    Ok(taken.collect::<Result<_, _>>()?)
}

/// Removes a reference for each id.
pub(super) fn drop_all(conn: &Connection, taken: &[i64]) -> Result<()> {
    taken.iter().try_for_each(|bid| remove(conn, *bid))
}
