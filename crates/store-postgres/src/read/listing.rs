//! Listings.

use geppetto_store::{Error, Order, Page, SessionInfo};
use tokio_postgres::types::Type;

use super::{COLUMNS, Parameter, limit, sql, to_info};
use crate::{
    pool::Pool,
    time::{NEVER, nanos},
};

pub(crate) async fn list(pool: &Pool, page: &Page) -> Result<Vec<SessionInfo>, Error> {
    let after = page.after.as_ref();
    let id = after.map_or("", |after| after.id.as_str()).as_bytes();
    let time = after
        .and_then(|after| after.updated_at)
        .map_or(NEVER, nanos);
    let group = page.group.as_deref().map(str::as_bytes);
    let most = limit(page.limit);
    let mut conditions = vec!["$3::bigint is not null"];
    conditions.push(match group {
        Some(_) => "sha256(group_name) = sha256($1) and group_name = $1",
        None => "$1::bytea is null",
    });
    if page.open_runs {
        conditions.push("open_run");
    }
    if page.unowned {
        conditions.push("(owner is null or expires_at <= clock_timestamp())");
    }
    conditions.push(match (page.order, after) {
        (Order::Id, Some(_)) => "id > $2",
        (_, Some(_)) => "(updated_at, id) < ($3, $2)",
        (_, None) => "$2::bytea is not null",
    });
    let order = match page.order {
        Order::Id => "id",
        _ => "updated_at desc, id desc",
    };
    let text = format!(
        "select {COLUMNS} from @.session where {} order by {order} limit $4",
        conditions.join(" and ")
    );
    let parameters: [Parameter<'_>; 4] = [
        (&group, Type::BYTEA),
        (&id, Type::BYTEA),
        (&time, Type::INT8),
        (&most, Type::INT8),
    ];
    let rows = pool.query(&sql(pool, &text), &parameters).await?;
    rows.iter().map(to_info).collect()
}
