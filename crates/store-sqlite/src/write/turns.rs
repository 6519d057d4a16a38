//! Turns.

use geppetto_store::{Error, TurnRow};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Session, blocks};
use crate::{
    content::remove_parts,
    encode::{Encoded, EncodedTurn},
    fault::{Fault, Result},
    number::to_i64,
};

/// The row of a turn, without its content.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub(crate) tid: i64,
    pub(crate) prev: Option<i64>,
    pub(crate) base: Option<i64>,
    pub(crate) jump: Option<i64>,
    pub(crate) jump_idx: Option<i64>,
    pub(crate) idx: i64,
    pub(crate) kept: i64,
    pub(crate) len: i64,
    pub(crate) refs: i64,
}

impl Node {
    pub(crate) fn find(conn: &Connection, tid: i64) -> Result<Self> {
        let mut statement = conn.prepare_cached(
            "select prev, base, jump, jump_idx, idx, kept, len, refs from turn where tid = ?",
        )?;
        let found = statement.query_row([tid], |row| Self::of(tid, row));
        let missing = || Fault::damaged(format!("the stored turn {tid} is missing"));
        found.optional()?.ok_or_else(missing)
    }

    /// Returns the node of a row that begins with the columns of [`find`](Self::find).
    pub(crate) fn of(tid: i64, row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            tid,
            prev: row.get(0)?,
            base: row.get(1)?,
            jump: row.get(2)?,
            jump_idx: row.get(3)?,
            idx: row.get(4)?,
            kept: row.get(5)?,
            len: row.get(6)?,
            refs: row.get(7)?,
        })
    }

    /// Returns the turn at an index of the history that ends with `head`.
    pub(crate) fn at(conn: &Connection, head: Option<i64>, index: u64) -> Result<Option<Self>> {
        let (Some(head), Ok(index)) = (head, i64::try_from(index)) else {
            return Ok(None);
        };
        let mut node = Self::find(conn, head)?;
        while node.idx > index {
            let jump = node.jump.filter(|_| node.jump_idx >= Some(index));
            let Some(next) = jump.or(node.prev) else {
                return Err(Fault::damaged("a history has a gap"));
            };
            node = Self::find(conn, next)?;
        }
        Ok((node.idx == index).then_some(node))
    }
}

/// Applies the turns of a batch. Returns the latest turn and the number of turns.
pub(super) fn write(
    conn: &Connection,
    session: &Session,
    encoded: &Encoded,
) -> Result<(Option<i64>, i64)> {
    let batch = &*encoded.batch;
    if !batch.drops_latest && batch.turns.is_empty() {
        return Ok((session.head, session.turns));
    }
    let mut head = match session.head {
        Some(tid) => Some(Node::find(conn, tid)?),
        None => None,
    };
    if batch.drops_latest {
        let Some(latest) = head else {
            return Err(Error::invalid("there is no turn to remove").into());
        };
        head = drop_latest(conn, &latest)?;
    }
    for (row, turn) in batch.turns.iter().zip(&encoded.turns) {
        head = Some(put(conn, head, row, turn)?);
    }
    let turns = head.as_ref().map_or(0, |node| node.idx + 1);
    Ok((head.map(|node| node.tid), turns))
}

/// Removes the latest turn of a session, and returns the one before it.
fn drop_latest(conn: &Connection, latest: &Node) -> Result<Option<Node>> {
    let Some(prev) = latest.prev else {
        release(conn, latest.tid, usize::MAX)?;
        return Ok(None);
    };
    add_reference(conn, prev, 1)?;
    release(conn, latest.tid, usize::MAX)?;
    Node::find(conn, prev).map(Some)
}

fn add_reference(conn: &Connection, tid: i64, refs: i64) -> Result<()> {
    conn.prepare_cached("update turn set refs = refs + ? where tid = ?")?
        .execute(params![refs, tid])?;
    Ok(())
}

/// Removes a reference to a turn, and if it was the last one, the turn, and its reference to the
/// turn before it. Returns that turn if more than `most` blocks would have to be removed.
pub(super) fn release(conn: &Connection, tid: i64, most: usize) -> Result<Option<i64>> {
    let mut next = Some(tid);
    let mut removed = 0;
    while let Some(tid) = next {
        if removed > most {
            return Ok(Some(tid));
        }
        let node = Node::find(conn, tid)?;
        if node.refs > 1 {
            add_reference(conn, tid, -1)?;
            return Ok(None);
        }
        let own = blocks::take(conn, tid, 0)?;
        blocks::drop_all(conn, &own)?;
        let parts: Option<Vec<u8>> = conn
            .prepare_cached("delete from turn where tid = ? returning parts")?
            .query_row([tid], |row| row.get(0))?;
        remove_parts(conn, parts.as_deref())?;
        removed += own.len() + 1;
        next = node.prev;
    }
    Ok(None)
}

/// Appends a turn after `head`, or replaces it. Returns the new latest turn.
fn put(conn: &Connection, head: Option<Node>, row: &TurnRow, turn: &EncodedTurn) -> Result<Node> {
    let turns = head.as_ref().map_or(0, |node| node.idx + 1);
    let (index, kept) = (to_i64(row.index)?, to_i64(row.kept)?);
    let appends = index == turns;
    if !appends && index + 1 != turns {
        let message = format!("turn {index} was appended to {turns} turns");
        return Err(Error::invalid(message).into());
    }
    let shared = head.as_ref().map_or(0, |node| node.len);
    if kept > shared {
        let message = format!("turn {index} shares {kept} blocks with a turn of {shared} blocks");
        return Err(Error::invalid(message).into());
    }
    match head {
        Some(head) if appends => append(conn, Some(&head), kept, turn),
        Some(head) if head.refs > 1 => replace_shared(conn, head, kept, turn),
        Some(head) => replace(conn, head, kept, turn),
        None => append(conn, None, kept, turn),
    }
}

fn append(conn: &Connection, prev: Option<&Node>, kept: i64, turn: &EncodedTurn) -> Result<Node> {
    let jump = match prev {
        Some(prev) => Some(jump_over(conn, prev)?),
        None => None,
    };
    let node = Node {
        tid: 0,
        // The reference of the session becomes that of the new turn.
        prev: prev.map(|prev| prev.tid),
        base: base_of(conn, prev, kept)?,
        jump: jump.map(|(tid, _)| tid),
        jump_idx: jump.map(|(_, idx)| idx),
        idx: prev.map_or(0, |prev| prev.idx + 1),
        kept,
        len: kept,
        refs: 1,
    };
    let node = insert(conn, node, turn)?;
    blocks::put(conn, node.tid, kept, &turn.blocks)?;
    Ok(node)
}

/// Inserts a turn whose blocks will be its first `len` and the new ones.
fn insert(conn: &Connection, mut node: Node, turn: &EncodedTurn) -> Result<Node> {
    node.len += to_i64(turn.blocks.len())?;
    let parts = turn.head.add_parts(conn)?;
    conn.prepare_cached(
        "insert into turn(prev, base, jump, jump_idx, idx, kept, len, refs, head, parts) \
         values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        node.prev,
        node.base,
        node.jump,
        node.jump_idx,
        node.idx,
        node.kept,
        node.len,
        node.refs,
        turn.head.body(),
        parts
    ])?;
    node.tid = conn.last_insert_rowid();
    Ok(node)
}

/// Replaces the latest turn of a session, to which nothing else refers.
fn replace(conn: &Connection, mut node: Node, kept: i64, turn: &EncodedTurn) -> Result<Node> {
    let old = blocks::take(conn, node.tid, kept)?;
    blocks::put(conn, node.tid, kept, &turn.blocks)?;
    if kept < node.kept {
        node.base = base_above(conn, node.base, kept)?;
        node.kept = kept;
    }
    node.len = kept + to_i64(turn.blocks.len())?;
    let old_parts: Option<Vec<u8>> = conn
        .prepare_cached("select parts from turn where tid = ?")?
        .query_row([node.tid], |row| row.get(0))?;
    let parts = turn.head.add_parts(conn)?;
    conn.prepare_cached(
        "update turn set base = ?, kept = ?, len = ?, head = ?, parts = ? where tid = ?",
    )?
    .execute(params![
        node.base,
        node.kept,
        node.len,
        turn.head.body(),
        parts,
        node.tid
    ])?;
    // Last, so that content that the new version has too is not written again.
    remove_parts(conn, old_parts.as_deref())?;
    blocks::drop_all(conn, &old)?;
    Ok(node)
}

/// Replaces the latest turn of a session in which a fork has it too: by a turn of its own.
fn replace_shared(conn: &Connection, head: Node, kept: i64, turn: &EncodedTurn) -> Result<Node> {
    let shared = head.tid;
    let mut node = Node {
        len: kept,
        refs: 1,
        ..head
    };
    if kept < node.kept {
        node.base = base_above(conn, node.base, kept)?;
        node.kept = kept;
    }
    let node = insert(conn, node, turn)?;
    blocks::copy(conn, shared, kept, node.tid)?;
    blocks::put(conn, node.tid, kept, &turn.blocks)?;
    if let Some(prev) = node.prev {
        add_reference(conn, prev, 1)?;
    }
    add_reference(conn, shared, -1)?;
    Ok(node)
}

/// Returns the turn that has the last of the first `kept` blocks of `prev`.
fn base_of(conn: &Connection, prev: Option<&Node>, kept: i64) -> Result<Option<i64>> {
    match prev {
        Some(prev) if kept > prev.kept => Ok(Some(prev.tid)),
        Some(prev) => base_above(conn, prev.base, kept),
        None => Ok(None),
    }
}

fn base_above(conn: &Connection, mut base: Option<i64>, kept: i64) -> Result<Option<i64>> {
    if kept == 0 {
        return Ok(None);
    }
    while let Some(tid) = base {
        let node = Node::find(conn, tid)?;
        if node.kept < kept {
            return Ok(Some(tid));
        }
        base = node.base;
    }
    Err(Fault::damaged("a turn has fewer blocks than it shares"))
}

/// Returns the jump of a turn that follows `prev`, such that any turn is reached in O(log n) steps
/// (Myers, "An applicative random-access stack", 1983).
fn jump_over(conn: &Connection, prev: &Node) -> Result<(i64, i64)> {
    let own = (prev.tid, prev.idx);
    let (Some(first), Some(first_idx)) = (prev.jump, prev.jump_idx) else {
        return Ok(own);
    };
    let next = Node::find(conn, first)?;
    let (second, second_idx) = match (next.jump, next.jump_idx) {
        (Some(tid), Some(idx)) => (tid, idx),
        _ => (first, first_idx),
    };
    if prev.idx - first_idx == first_idx - second_idx {
        return Ok((second, second_idx));
    }
    Ok(own)
}
