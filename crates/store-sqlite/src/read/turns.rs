//! Turns.

use std::sync::Arc;

use geppetto_store::{Error, TurnRow};
use geppetto_turns::{Block, Turn, serial::from_json_str};
use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    content::join,
    fault::{Fault, Result},
    number::{limit, to_u64, to_usize},
    write::{Node, Session},
};

fn session(conn: &Connection, id: &str) -> Result<Session> {
    Ok(Session::find(conn, id)?.ok_or_else(|| Error::no_session(id))?)
}

pub(crate) fn turn(conn: &Connection, id: &str, index: u64) -> Result<Turn> {
    let node = Node::at(conn, session(conn, id)?.head, index)?;
    let node = node.ok_or_else(|| Error::no_turn(id, index))?;
    whole(conn, &node)
}

pub(crate) fn latest(conn: &Connection, id: &str) -> Result<Option<Turn>> {
    match session(conn, id)?.head {
        Some(tid) => whole(conn, &Node::find(conn, tid)?).map(Some),
        None => Ok(None),
    }
}

pub(crate) fn turn_rows(
    conn: &Connection,
    id: &str,
    from: u64,
    most: usize,
) -> Result<Vec<TurnRow>> {
    let session = session(conn, id)?;
    let turns = to_u64(session.turns)?;
    let end = from.saturating_add(to_u64(limit(most))?).min(turns);
    let Some(last) = end.checked_sub(1).filter(|last| *last >= from) else {
        return Ok(Vec::new());
    };
    let mut rows = Vec::new();
    let mut next = Node::at(conn, session.head, last)?;
    while let Some(node) = next {
        let index = to_u64(node.idx)?;
        let kept = to_usize(node.kept)?;
        let mut turn = head(conn, node.tid)?;
        for bid in own(conn, &node, node.len)? {
            turn.push(block(conn, bid)?);
        }
        let mut row = TurnRow::after(index, 0, &turn);
        row.kept = kept;
        rows.push(row);
        next = match node.prev.filter(|_| index > from) {
            Some(prev) => Some(Node::find(conn, prev)?),
            None => None,
        };
    }
    rows.reverse();
    Ok(rows)
}

fn whole(conn: &Connection, node: &Node) -> Result<Turn> {
    let mut turn = head(conn, node.tid)?;
    for bid in all(conn, node)? {
        turn.push(block(conn, bid)?);
    }
    Ok(turn)
}

/// Returns the turn without its blocks.
fn head(conn: &Connection, tid: i64) -> Result<Turn> {
    let (body, parts): (Vec<u8>, Option<Vec<u8>>) = conn
        .prepare_cached("select head, parts from turn where tid = ?")?
        .query_row([tid], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let json = join(conn, body, parts.as_deref())?;
    from_json_str(&json)
        .map_err(|error| Fault::damaged(format!("the stored turn {tid} cannot be read: {error}")))
}

/// Returns the ids of all blocks of a turn. Each step back to an earlier turn has at least one.
fn all(conn: &Connection, node: &Node) -> Result<Vec<i64>> {
    let mut reversed = Vec::new();
    let mut node = *node;
    let mut end = node.len;
    loop {
        let own = own(conn, &node, end)?;
        reversed.extend(own.into_iter().rev());
        end = node.kept;
        node = match node.base {
            Some(base) if end > 0 => Node::find(conn, base)?,
            _ => break,
        };
    }
    reversed.reverse();
    Ok(reversed)
}

/// Returns the ids of the blocks that a turn does not share, before position `end`.
fn own(conn: &Connection, node: &Node, end: i64) -> Result<Vec<i64>> {
    let mut statement = conn.prepare_cached(
        "select bid from position where tid = ? and pos >= ? and pos < ? order by pos",
    )?;
    let found = statement.query_map(params![node.tid, node.kept, end], |row| row.get(0))?;
    let found: Vec<i64> = found.collect::<Result<_, _>>()?;
    let expected = to_usize(end - node.kept)?;
    if found.len() != expected {
        let (tid, found) = (node.tid, found.len());
        let message = format!("the stored turn {tid} has {found} of its {expected} blocks");
        return Err(Fault::damaged(message));
    }
    Ok(found)
}

fn block(conn: &Connection, bid: i64) -> Result<Arc<Block>> {
    let found: Option<(Vec<u8>, Option<Vec<u8>>)> = conn
        .prepare_cached("select body, parts from block where bid = ?")?
        .query_row([bid], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let missing = || Fault::damaged(format!("the stored block {bid} is missing"));
    let (body, parts) = found.ok_or_else(missing)?;
    parse_block(&join(conn, body, parts.as_deref())?).map(Arc::new)
}

pub(super) fn parse_block(json: &str) -> Result<Block> {
    from_json_str(json)
        .map_err(|error| Fault::damaged(format!("a stored block cannot be read: {error}")))
}
