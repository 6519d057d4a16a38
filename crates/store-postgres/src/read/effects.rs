//! Effects.

use std::sync::Arc;

use geppetto_store::{Effect, EffectStart, EffectState, Error};
use tokio_postgres::{Row, types::Type};

use super::{Parameter, get, must_exist, number, parse_block, sql, text};
use crate::{
    encode::{BEGUN, FINISHED, WAITING},
    fault::damaged,
    pool::Pool,
};

const SELECT: &str = "select e.key, e.run, e.turn, e.call_id, e.tool, e.idempotent, e.begun, e.state, \
    e.answer from @.session s join @.effect e using (sid) where s.id = $1 and";

pub(crate) async fn effect(pool: &Pool, id: &str, key: &str) -> Result<Option<Effect>, Error> {
    let sql = sql(pool, &format!("{SELECT} sha256(e.key) = sha256($2)"));
    let parameters: [Parameter<'_>; 2] = [
        (&id.as_bytes(), Type::BYTEA),
        (&key.as_bytes(), Type::BYTEA),
    ];
    let rows = pool.query(&sql, &parameters).await?;
    match rows.first() {
        Some(row) => to_effect(row).map(Some),
        None => must_exist(pool, id).await.map(|()| None),
    }
}

pub(crate) async fn effects(pool: &Pool, id: &str, turn: u64) -> Result<Vec<Effect>, Error> {
    let turn = i64::try_from(turn).unwrap_or(i64::MAX);
    let sql = sql(pool, &format!("{SELECT} e.turn = $2 order by e.eid"));
    let parameters: [Parameter<'_>; 2] = [(&id.as_bytes(), Type::BYTEA), (&turn, Type::INT8)];
    let rows = pool.query(&sql, &parameters).await?;
    if rows.is_empty() {
        must_exist(pool, id).await?;
    }
    rows.iter().map(to_effect).collect()
}

fn to_effect(row: &Row) -> Result<Effect, Error> {
    let turn = number(get(row, 2)?)?;
    let start = EffectStart::new(text(get(row, 0)?)?, text(get(row, 1)?)?, turn);
    let start = start.call(text(get(row, 3)?)?, text(get(row, 4)?)?, get(row, 5)?);
    let begun = u32::try_from(get::<i64>(row, 6)?).unwrap_or(u32::MAX);
    let mut effect = Effect::begin(&start, begun.saturating_sub(1));
    effect.state = match get(row, 7)? {
        BEGUN => EffectState::Begun,
        WAITING => EffectState::Waiting,
        FINISHED => EffectState::Finished(Arc::new(parse_block(get(row, 8)?)?)),
        state => {
            let message = format!("the stored effect `{}` has state {state}", effect.key);
            return Err(damaged(message));
        }
    };
    Ok(effect)
}
