//! Turns.

use std::sync::Arc;

use geppetto_store::{Error, TurnRow};
use geppetto_turns::{Turn, serial::from_json_str};
use tokio_postgres::types::Type;

use super::{Parameter, get, limit, must_exist, number, parse_block, sql, text};
use crate::{fault::damaged, pool::Pool};

/// The turn at index $2 of session $1, found in O(log n) steps.
///
/// Here and below, rows are looked up one by one (`lateral ... offset 0`, scalar subqueries): without
/// statistics, the planner may read a whole table instead.
const FIND: &str = "\
    with recursive walk as ( \
        select t.tid, t.idx, t.prev, t.jump, t.jump_idx, t.base, t.kept, t.len \
        from @.session s join @.turn t on t.tid = s.head where s.id = $1 \
      union all \
        select n.tid, n.idx, n.prev, n.jump, n.jump_idx, n.base, n.kept, n.len from walk w \
        join @.turn n on n.tid = case when w.jump_idx >= $2 then w.jump else w.prev end \
        where w.idx > $2 \
    ), found as (select * from walk where idx = $2)";

pub(crate) async fn turn(pool: &Pool, id: &str, index: u64) -> Result<Turn, Error> {
    let text = format!(
        "{FIND}, chain as ( \
            select tid, base, kept, len as stop from found \
          union all \
            select t.tid, t.base, t.kept, c.kept from chain c join @.turn t on t.tid = c.base \
            where c.kept > 0 \
         ) \
         select -1::bigint as pos, t.head, t.len from found f join @.turn t using (tid) \
         union all \
         select p.pos, (select body from @.block b where b.bid = p.bid), null \
         from chain c cross join lateral ( \
            select pos, bid from @.position p where p.tid = c.tid and p.pos >= c.kept and p.pos < c.stop offset 0 \
         ) p order by 1"
    );
    let wanted = i64::try_from(index).unwrap_or(i64::MAX);
    let parameters: [Parameter<'_>; 2] = [(&id.as_bytes(), Type::BYTEA), (&wanted, Type::INT8)];
    let rows = pool.query(&sql(pool, &text), &parameters).await?;
    let Some((first, blocks)) = rows.split_first() else {
        must_exist(pool, id).await?;
        return Err(Error::no_turn(id, index));
    };
    let mut turn = head(get(first, 1)?)?;
    for row in blocks {
        turn.push(parse_block(get(row, 1)?)?);
    }
    let (expected, found) = (number(get(first, 2)?)?, turn.blocks.len() as u64);
    if expected != found {
        let message = format!("the stored turn {index} has {found} of its {expected} blocks");
        return Err(damaged(message));
    }
    Ok(turn)
}

pub(crate) async fn turn_rows(
    pool: &Pool,
    id: &str,
    from: u64,
    most: usize,
) -> Result<Vec<TurnRow>, Error> {
    let text = "\
        with recursive last as ( \
            select s.head, least(s.turns, $2 + $3) - 1 as idx from @.session s where s.id = $1 \
        ), walk as ( \
            select t.tid, t.idx, t.prev, t.jump, t.jump_idx from last l join @.turn t on t.tid = l.head \
          union all \
            select n.tid, n.idx, n.prev, n.jump, n.jump_idx from walk w cross join last l \
            join @.turn n on n.tid = case when w.jump_idx >= l.idx then w.jump else w.prev end \
            where w.idx > l.idx \
        ), page as ( \
            select t.* from walk w join last l on w.idx = l.idx join @.turn t on t.tid = w.tid \
            where l.idx >= $2 \
          union all \
            select t.* from page p join @.turn t on t.tid = p.prev where p.idx > $2 \
        ) \
        select idx, -1::bigint as pos, head as body, kept, len from page \
        union all \
        select g.idx, p.pos, (select body from @.block b where b.bid = p.bid), null, null \
        from page g cross join lateral ( \
            select pos, bid from @.position p where p.tid = g.tid and p.pos >= g.kept and p.pos < g.len offset 0 \
        ) p order by 1, 2";
    let start = i64::try_from(from).unwrap_or(i64::MAX);
    let most = limit(most).min(i64::MAX - start);
    let parameters: [Parameter<'_>; 3] = [
        (&id.as_bytes(), Type::BYTEA),
        (&start, Type::INT8),
        (&most, Type::INT8),
    ];
    let rows = pool.query(&sql(pool, text), &parameters).await?;
    if rows.is_empty() {
        must_exist(pool, id).await?;
    }
    let mut pages: Vec<(TurnRow, u64)> = Vec::new();
    for row in &rows {
        if get::<i64>(row, 1)? >= 0 {
            let block = parse_block(get(row, 2)?)?;
            if let Some((page, _)) = pages.last_mut() {
                page.blocks.push(Arc::new(block));
            }
            continue;
        }
        let mut page = TurnRow::after(number(get(row, 0)?)?, 0, &head(get(row, 2)?)?);
        page.kept = usize::try_from(number(get(row, 3)?)?).unwrap_or(usize::MAX);
        pages.push((page, number(get(row, 4)?)?));
    }
    for (page, len) in &pages {
        let found = (page.kept + page.blocks.len()) as u64;
        if found != *len {
            let index = page.index;
            let message = format!("the stored turn {index} has {found} of its {len} blocks");
            return Err(damaged(message));
        }
    }
    Ok(pages.into_iter().map(|(page, _)| page).collect())
}

/// Returns a turn without its blocks.
fn head(json: Vec<u8>) -> Result<Turn, Error> {
    from_json_str(&text(json)?)
        .map_err(|error| damaged(format!("a stored turn cannot be read: {error}")))
}
