//! [`Content`]: JSON whose long strings are stored once each.

use std::ops::Range;

use geppetto_store::{BlockHash, Error, stored_json};
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use crate::{
    fault::{Fault, Result},
    number::{key_of, to_i64, to_usize},
};

#[cfg(test)]
mod tests;

/// Minimum length of a string that is stored on its own, in bytes.
const LONG: usize = 4096;

/// JSON, and the places of its long strings.
///
/// A string is cut out as it is in the JSON, with its escapes and without its quotes, so that
/// putting it back gives the same bytes.
#[derive(Debug)]
pub(crate) struct Content {
    json: String,
    long: Vec<(Range<usize>, BlockHash)>,
}

impl Content {
    pub(crate) fn new(json: String) -> Self {
        let long = long_strings(&json)
            .into_iter()
            .map(|range| {
                let text = json.get(range.clone()).unwrap_or_default();
                (range, BlockHash::of_json(text))
            })
            .collect();
        Self { json, long }
    }

    pub(crate) fn of(value: &impl Serialize) -> Result<Self, Error> {
        stored_json(value).map(Self::new)
    }

    pub(crate) fn size(&self) -> usize {
        self.json.len()
    }

    /// Returns the JSON without the long strings.
    pub(crate) fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        let mut from = 0;
        for (range, _) in &self.long {
            let before = self.json.get(from..range.start).unwrap_or_default();
            body.extend_from_slice(before.as_bytes());
            from = range.end;
        }
        body.extend_from_slice(self.json.get(from..).unwrap_or_default().as_bytes());
        body
    }

    /// Adds a reference to each long string, and returns the list of them for the row.
    pub(crate) fn add_parts(&self, conn: &Connection) -> Result<Option<Vec<u8>>> {
        if self.long.is_empty() {
            return Ok(None);
        }
        let mut list = Vec::new();
        let mut cut = 0;
        for (range, hash) in &self.long {
            let text = self.json.get(range.clone()).unwrap_or_default();
            let pid = add_part(conn, hash, text)?;
            list.extend_from_slice(&to_i64(range.start - cut)?.to_le_bytes());
            list.extend_from_slice(&pid.to_le_bytes());
            cut += range.len();
        }
        Ok(Some(list))
    }
}

fn add_part(conn: &Connection, hash: &BlockHash, text: &str) -> Result<i64> {
    let key = key_of(hash);
    let known = conn
        .prepare_cached("update part set refs = refs + 1 where key = ? and hash = ? returning pid")?
        .query_row(params![key, hash.as_bytes()], |row| row.get(0))
        .optional()?;
    if let Some(pid) = known {
        return Ok(pid);
    }
    conn.prepare_cached("insert into part(key, refs, hash) values(?, 1, ?)")?
        .execute(params![key, hash.as_bytes()])?;
    let pid = conn.last_insert_rowid();
    conn.prepare_cached("insert into part_body(pid, body) values(?, ?)")?
        .execute(params![pid, text.as_bytes()])?;
    Ok(pid)
}

/// Removes a reference to each part of a list, and the parts without references.
pub(crate) fn remove_parts(conn: &Connection, list: Option<&[u8]>) -> Result<()> {
    for (_, pid) in parts(list)? {
        let refs: i64 = conn
            .prepare_cached("update part set refs = refs - 1 where pid = ? returning refs")?
            .query_row([pid], |row| row.get(0))?;
        if refs <= 0 {
            conn.prepare_cached("delete from part where pid = ?")?
                .execute([pid])?;
            conn.prepare_cached("delete from part_body where pid = ?")?
                .execute([pid])?;
        }
    }
    Ok(())
}

/// Returns the JSON of a row.
pub(crate) fn join(conn: &Connection, body: Vec<u8>, list: Option<&[u8]>) -> Result<String> {
    let json = match list {
        None => body,
        Some(_) => {
            let mut json = Vec::new();
            let mut from = 0;
            for (place, pid) in parts(list)? {
                let before = body.get(from..place);
                json.extend_from_slice(before.ok_or_else(|| misplaced(pid))?);
                let part: Option<Vec<u8>> = conn
                    .prepare_cached("select body from part_body where pid = ?")?
                    .query_row([pid], |row| row.get(0))
                    .optional()?;
                json.extend_from_slice(&part.ok_or_else(|| misplaced(pid))?);
                from = place;
            }
            json.extend_from_slice(body.get(from..).unwrap_or_default());
            json
        }
    };
    String::from_utf8(json).map_err(|_| Fault::damaged("a stored text is not UTF-8"))
}

fn misplaced(pid: i64) -> Fault {
    Fault::damaged(format!("the stored string {pid} is missing or misplaced"))
}

/// Returns the place and the id of each part of a list.
pub(crate) fn parts(list: Option<&[u8]>) -> Result<Vec<(usize, i64)>> {
    let (pairs, rest) = list.unwrap_or_default().as_chunks::<16>();
    if !rest.is_empty() {
        return Err(Fault::damaged("a list of stored strings is cut off"));
    }
    let pair = |pair: &[u8; 16]| {
        let (place, pid) = pair.split_at(8);
        let number = |bytes: &[u8]| bytes.try_into().map(i64::from_le_bytes).unwrap_or_default();
        Ok((to_usize(number(place))?, number(pid)))
    };
    pairs.iter().map(pair).collect()
}

/// Returns the places of the long strings of a JSON text, without their quotes.
fn long_strings(json: &str) -> Vec<Range<usize>> {
    let bytes = json.as_bytes();
    let mut found = Vec::new();
    if bytes.len() < LONG {
        return found;
    }
    let mut at = 0;
    while let Some(start) = find(bytes, at, |byte| byte == b'"') {
        let start = start + 1;
        let mut end = start;
        loop {
            match find(bytes, end, |byte| byte == b'"' || byte == b'\\') {
                Some(stop) if bytes.get(stop) == Some(&b'\\') => end = stop + 2,
                Some(stop) => {
                    end = stop;
                    break;
                }
                None => return found,
            }
        }
        if end - start >= LONG {
            found.push(start..end);
        }
        at = end + 1;
    }
    found
}

fn find(bytes: &[u8], from: usize, is_it: impl Fn(u8) -> bool) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.iter()
        .position(|byte| is_it(*byte))
        .map(|at| from + at)
}
