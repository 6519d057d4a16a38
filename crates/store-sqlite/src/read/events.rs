//! Events.

use std::{collections::HashMap, sync::Arc};

use geppetto_events::{Correlation, Event, EventMeta, EventRow};
use geppetto_turns::serial::from_json_str;
use rusqlite::{Connection, OptionalExtension, params};

use super::sid;
use crate::{
    content::join,
    fault::{Fault, Result},
    number::limit,
};

type Context = (Arc<EventMeta>, Arc<Correlation>);

/// Columns of a row: context, body, parts, lengths of deltas.
type Stored = (Option<i64>, Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>);

pub(crate) fn events(conn: &Connection, id: &str, after: u64, most: usize) -> Result<Vec<Event>> {
    let sid = sid(conn, id)?;
    let Ok(after_seq) = i64::try_from(after) else {
        return Ok(Vec::new());
    };
    let mut statement = conn.prepare_cached(
        "select cid, body, parts, lens from event where sid = ? and last_seq > ? \
         order by last_seq limit ?",
    )?;
    let mut rows = statement.query(params![sid, after_seq, limit(most)])?;
    let mut contexts = HashMap::new();
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let stored = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let row = event_row(conn, stored, &mut contexts)?;
        events.extend(row.after(after));
    }
    Ok(events)
}

fn event_row(
    conn: &Connection,
    (cid, body, parts, lens): Stored,
    contexts: &mut HashMap<i64, Context>,
) -> Result<EventRow> {
    let mut event = parse(&join(conn, body, parts.as_deref())?)?;
    if let Some(cid) = cid {
        let (meta, correlation) = match contexts.get(&cid) {
            Some(known) => known.clone(),
            None => {
                let read = context(conn, cid)?;
                contexts.insert(cid, read.clone());
                read
            }
        };
        event.meta = meta;
        event.correlation = correlation;
    }
    let seq = event.seq;
    EventRow::from_parts(event, lens.unwrap_or_default()).ok_or_else(|| {
        Fault::damaged(format!(
            "the stored event {seq} has lengths that do not match its text"
        ))
    })
}

fn context(conn: &Connection, cid: i64) -> Result<Context> {
    let body: Option<Vec<u8>> = conn
        .prepare_cached("select body from context where cid = ?")?
        .query_row([cid], |row| row.get(0))
        .optional()?;
    let missing = || Fault::damaged(format!("the stored context {cid} is missing"));
    let json = String::from_utf8(body.ok_or_else(missing)?)
        .map_err(|_| Fault::damaged("a stored text is not UTF-8"))?;
    let event = parse(&json)?;
    Ok((event.meta, event.correlation))
}

fn parse(json: &str) -> Result<Event> {
    from_json_str(json)
        .map_err(|error| Fault::damaged(format!("a stored event cannot be read: {error}")))
}
