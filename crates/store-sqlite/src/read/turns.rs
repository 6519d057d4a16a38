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
    let mut next = Node::at(conn, session.head, last)?.map(|node| node.tid);
    while let Some(tid) = next {
        let (mut turn, node) = head(conn, tid)?;
        let index = to_u64(node.idx)?;
        for block in own(conn, &node, node.len)? {
            turn.push(block);
        }
        let mut row = TurnRow::after(index, 0, &turn);
        row.kept = to_usize(node.kept)?;
        rows.push(row);
        next = node.prev.filter(|_| index > from);
    }
    rows.reverse();
    Ok(rows)
}

fn whole(conn: &Connection, node: &Node) -> Result<Turn> {
    let (mut turn, _) = head(conn, node.tid)?;
    for block in all(conn, node)? {
        turn.push(block);
    }
    Ok(turn)
}

/// Returns the turn without its blocks, and its place.
fn head(conn: &Connection, tid: i64) -> Result<(Turn, Node)> {
    let mut statement = conn.prepare_cached(
        "select prev, base, jump, jump_idx, idx, kept, len, refs, head, parts from turn where tid = ?",
    )?;
    let found = statement.query_row([tid], |row| {
        let (body, parts): (Vec<u8>, Option<Vec<u8>>) = (row.get(8)?, row.get(9)?);
        Ok((Node::of(tid, row)?, body, parts))
    });
    let missing = || Fault::damaged(format!("the stored turn {tid} is missing"));
    let (node, body, parts) = found.optional()?.ok_or_else(missing)?;
    let json = join(conn, body, parts.as_deref())?;
    let turn = from_json_str(&json).map_err(|error| {
        Fault::damaged(format!("the stored turn {tid} cannot be read: {error}"))
    })?;
    Ok((turn, node))
}

/// Returns all blocks of a turn. Each step back to an earlier turn has at least one.
fn all(conn: &Connection, node: &Node) -> Result<Vec<Arc<Block>>> {
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

/// Returns the blocks that a turn does not share, before position `end`.
fn own(conn: &Connection, node: &Node, end: i64) -> Result<Vec<Arc<Block>>> {
    let mut statement = conn.prepare_cached(
        "select body, parts from position cross join block using(bid) \
         where tid = ? and pos >= ? and pos < ? order by pos",
    )?;
    let mut rows = statement.query(params![node.tid, node.kept, end])?;
    let mut blocks = Vec::new();
    while let Some(row) = rows.next()? {
        let (body, parts): (Vec<u8>, Option<Vec<u8>>) = (row.get(0)?, row.get(1)?);
        let json = join(conn, body, parts.as_deref())?;
        blocks.push(Arc::new(parse_block(&json)?));
    }
    let expected = to_usize(end - node.kept)?;
    if blocks.len() != expected {
        let (tid, found) = (node.tid, blocks.len());
        let message = format!("the stored turn {tid} has {found} of its {expected} blocks");
        return Err(Fault::damaged(message));
    }
    Ok(blocks)
}

pub(super) fn parse_block(json: &str) -> Result<Block> {
    from_json_str(json)
        .map_err(|error| Fault::damaged(format!("a stored block cannot be read: {error}")))
}
