//! Events.

use std::{collections::HashMap, sync::Arc};

use geppetto_events::{Correlation, Event, EventMeta, EventRow};
use geppetto_store::Error;
use geppetto_turns::serial::from_json_str;
use tokio_postgres::{Row, types::Type};

use super::{Parameter, get, limit, must_exist, sql, text};
use crate::{fault::damaged, pool::Pool};

type Context = (Arc<EventMeta>, Arc<Correlation>);

pub(crate) async fn events(
    pool: &Pool,
    id: &str,
    after: u64,
    most: usize,
) -> Result<Vec<Event>, Error> {
    let sql = sql(
        pool,
        "select e.cid, e.body, e.lens, (select c.body from @.context c where c.cid = e.cid) \
         from @.event e where e.sid = (select sid from @.session where id = $1) and e.last_seq > $2 \
         order by e.last_seq limit $3",
    );
    let (after_seq, most) = (i64::try_from(after).unwrap_or(i64::MAX), limit(most));
    let parameters: [Parameter<'_>; 3] = [
        (&id.as_bytes(), Type::BYTEA),
        (&after_seq, Type::INT8),
        (&most, Type::INT8),
    ];
    let rows = pool.query(&sql, &parameters).await?;
    if rows.is_empty() {
        must_exist(pool, id).await?;
    }
    let mut contexts = HashMap::new();
    let mut events = Vec::new();
    for row in &rows {
        events.extend(event_row(row, &mut contexts)?.after(after));
    }
    Ok(events)
}

fn event_row(row: &Row, contexts: &mut HashMap<i64, Context>) -> Result<EventRow, Error> {
    let mut event = parse(get(row, 1)?)?;
    if let Some(cid) = get::<Option<i64>>(row, 0)? {
        let (meta, correlation) = match contexts.get(&cid) {
            Some(known) => known.clone(),
            None => {
                let body: Option<Vec<u8>> = get(row, 3)?;
                let missing = || damaged(format!("the stored context {cid} is missing"));
                let context = parse(body.ok_or_else(missing)?)?;
                let read = (context.meta, context.correlation);
                contexts.insert(cid, read.clone());
                read
            }
        };
        event.meta = meta;
        event.correlation = correlation;
    }
    let seq = event.seq;
    let lens: Option<Vec<u8>> = get(row, 2)?;
    EventRow::from_parts(event, lens.unwrap_or_default()).ok_or_else(|| {
        damaged(format!(
            "the stored event {seq} has lengths that do not match its text"
        ))
    })
}

fn parse(json: Vec<u8>) -> Result<Event, Error> {
    from_json_str(&text(json)?)
        .map_err(|error| damaged(format!("a stored event cannot be read: {error}")))
}
