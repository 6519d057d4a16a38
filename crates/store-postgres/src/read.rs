//! Reads, each of which is one statement, and so sees the store at one moment.

use geppetto_store::{Error, Request, RunRecord, SessionInfo, Stats};
use geppetto_turns::{Block, serial::from_json_str};
use tokio_postgres::{
    Row,
    types::{FromSql, ToSql, Type},
};

use crate::{fault::damaged, pool::Pool, time::time};

mod effects;
mod events;
mod listing;
mod turns;

pub(crate) use effects::{effect, effects};
pub(crate) use events::events;
pub(crate) use listing::list;
pub(crate) use turns::{turn, turn_rows};

const COLUMNS: &str = "id, turns, last_seq, owner, address, run, forked_from, forked_at, title, \
    group_name, created_at, updated_at";

type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// Returns a statement for the schema of a pool.
fn sql(pool: &Pool, text: &str) -> String {
    text.replace('@', &pool.connector().schema)
}

pub(crate) async fn info(pool: &Pool, id: &str) -> Result<SessionInfo, Error> {
    let sql = sql(
        pool,
        &format!("select {COLUMNS} from @.session where id = $1"),
    );
    let rows = pool.query(&sql, &[(&id.as_bytes(), Type::BYTEA)]).await?;
    to_info(rows.first().ok_or_else(|| Error::no_session(id))?)
}

fn to_info(row: &Row) -> Result<SessionInfo, Error> {
    let mut info = SessionInfo::new(text(get(row, 0)?)?);
    info.turns = number(get(row, 1)?)?;
    info.last_seq = number(get(row, 2)?)?;
    info.owner = maybe_text(get(row, 3)?)?;
    info.address = maybe_text(get(row, 4)?)?;
    if let Some(json) = maybe_text(get(row, 5)?)? {
        info.run = Some(parse_run(&info.id, &json)?);
    }
    let forked: (Option<Vec<u8>>, Option<i64>) = (get(row, 6)?, get(row, 7)?);
    if let (Some(from), Some(at)) = forked {
        info.forked_from = Some((text(from)?, number(at)?));
    }
    info.title = maybe_text(get(row, 8)?)?;
    info.group = maybe_text(get(row, 9)?)?;
    info.created_at = get::<Option<i64>>(row, 10)?.and_then(time);
    info.updated_at = time(get(row, 11)?);
    Ok(info)
}

fn parse_run(id: &str, json: &str) -> Result<RunRecord, Error> {
    from_json_str(json).map_err(|error| {
        damaged(format!(
            "the last run of session `{id}` cannot be read: {error}"
        ))
    })
}

/// Fails if there is no session. For a read that found nothing.
async fn must_exist(pool: &Pool, id: &str) -> Result<(), Error> {
    let sql = sql(pool, "select 1 from @.session where id = $1");
    let rows = pool.query(&sql, &[(&id.as_bytes(), Type::BYTEA)]).await?;
    rows.first().map(drop).ok_or_else(|| Error::no_session(id))
}

pub(crate) async fn request(pool: &Pool, id: &str, key: &str) -> Result<Option<Request>, Error> {
    let sql = sql(
        pool,
        "select q.digest, q.run from @.session s join @.request q using (sid) \
         where s.id = $1 and q.key = $2",
    );
    let parameters: [Parameter<'_>; 2] = [
        (&id.as_bytes(), Type::BYTEA),
        (&key.as_bytes(), Type::BYTEA),
    ];
    let rows = pool.query(&sql, &parameters).await?;
    let Some(row) = rows.first() else {
        return must_exist(pool, id).await.map(|()| None);
    };
    let digest: Vec<u8> = get(row, 0)?;
    let digest = digest.try_into();
    let digest = digest.map_err(|_| damaged("a stored digest has another length"))?;
    Ok(Some(Request::new(key, digest, text(get(row, 1)?)?)))
}

pub(crate) async fn stats(pool: &Pool) -> Result<Stats, Error> {
    let sql = sql(
        pool,
        "select (select count(*) from @.session), (select count(*) from @.block), \
         (select coalesce(sum(octet_length(body)), 0)::bigint from @.block), \
         (select count(*) from @.position)",
    );
    let rows = pool.query(&sql, &[]).await?;
    let row = rows.first().ok_or_else(crate::fault::ended)?;
    Ok(Stats::new(
        number(get(row, 0)?)?,
        number(get(row, 1)?)?,
        number(get(row, 2)?)?,
        number(get(row, 3)?)?,
    ))
}

/// Returns a column.
pub(crate) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, Error> {
    row.try_get(column)
        .map_err(|error| damaged(format!("a stored value cannot be read: {error}")))
}

pub(crate) fn text(bytes: Vec<u8>) -> Result<String, Error> {
    String::from_utf8(bytes).map_err(|_| damaged("a stored text is not UTF-8"))
}

fn maybe_text(bytes: Option<Vec<u8>>) -> Result<Option<String>, Error> {
    bytes.map(text).transpose()
}

pub(crate) fn number(number: i64) -> Result<u64, Error> {
    u64::try_from(number).map_err(|_| damaged("a stored number is negative"))
}

/// Converts a limit, of which every number that is too large means "all".
fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn parse_block(json: Vec<u8>) -> Result<Block, Error> {
    from_json_str(&text(json)?)
        .map_err(|error| damaged(format!("a stored block cannot be read: {error}")))
}
