//! Listings.

use std::time::SystemTime;

use geppetto_store::{Order, Page, SessionInfo};
use rusqlite::{Connection, Params, params};

use super::{COLUMNS, to_info};
use crate::{
    fault::Result,
    number::{NEVER, limit, millis, nanos},
};

pub(crate) fn list(conn: &Connection, page: &Page) -> Result<Vec<SessionInfo>> {
    let after = page.after.as_ref();
    let id = after.map_or("", |after| after.id.as_str());
    let (group, most) = (page.group.as_deref(), limit(page.limit));
    let unowned = unowned(page);
    let in_group = match (group, page.open_runs) {
        (Some(_), false) => "group_name = ?1",
        (None, false) => "?1 is null",
        (Some(_), true) => "group_name = ?1 and open_run = 1",
        (None, true) => "?1 is null and open_run = 1",
    };
    if page.order == Order::Id {
        let sql = format!(
            "select {COLUMNS} from session where {in_group}{unowned} and id > ?2 order by id limit ?3"
        );
        return query(conn, &sql, params![group, id, most]);
    }
    if let Some(after) = after {
        let sql = format!(
            "select {COLUMNS} from session where {in_group}{unowned} and (updated_at, id) < (?2, ?3) \
             order by updated_at desc, id desc limit ?4"
        );
        let time = after.updated_at.map_or(NEVER, nanos);
        return query(conn, &sql, params![group, time, id, most]);
    }
    let sql = format!(
        "select {COLUMNS} from session where {in_group}{unowned} \
         order by updated_at desc, id desc limit ?2"
    );
    query(conn, &sql, params![group, most])
}

/// Returns the condition for sessions that any owner may claim.
fn unowned(page: &Page) -> String {
    if !page.unowned {
        return String::new();
    }
    let now = millis(SystemTime::now());
    format!(" and (owner is null or expires_at <= {now} or expires_at - {now} > 2 * ttl)")
}

fn query(conn: &Connection, sql: &str, params: impl Params) -> Result<Vec<SessionInfo>> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut infos = Vec::new();
    while let Some(row) = rows.next()? {
        infos.push(to_info(row)?);
    }
    Ok(infos)
}
