//! The tables and functions, and their versions.

use geppetto_store::{Error, ErrorKind};
use tokio_postgres::{Client, types::Type};

use crate::{connector::Connector, fault};

/// The steps to each format, from 1.
const MIGRATIONS: &[&str] = &[include_str!("schema/version_1.sql")];

/// Key of the advisory lock that migrations hold, until their transaction ends.
const LOCK: i64 = 0x6765_7070_6574_746f;

/// Returns a name as it is written in SQL.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Creates the schema, or migrates it.
pub(crate) async fn prepare(client: &Client, connector: &Connector) -> Result<(), Error> {
    if format_of(client, connector).await? == Some(MIGRATIONS.len()) {
        return Ok(());
    }
    let begin = format!(
        "begin isolation level read committed read write; set local lock_timeout = {}; \
         set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0; select pg_advisory_xact_lock({LOCK})",
        connector.patience.as_millis()
    );
    execute(client, connector, &begin).await?;
    let migrated = migrate(client, connector).await;
    let end = if migrated.is_ok() {
        "commit"
    } else {
        "rollback"
    };
    let ended = execute(client, connector, end).await;
    migrated.and(ended)
}

async fn migrate(client: &Client, connector: &Connector) -> Result<(), Error> {
    let schema = &*connector.schema;
    // Another process may have done it in the meantime.
    let format = match format_of(client, connector).await? {
        Some(format) => format,
        None => {
            if !exists(client, connector).await? {
                execute(client, connector, &format!("create schema {schema}")).await?;
            }
            let sql = format!(
                "create table {schema}.format(version integer primary key, \
                 applied_at timestamptz not null default now())"
            );
            execute(client, connector, &sql).await?;
            0
        }
    };
    for (version, step) in (1..).zip(MIGRATIONS).skip(format) {
        execute(client, connector, &step.replace('@', schema)).await?;
        let sql = format!("insert into {schema}.format(version) values ({version})");
        execute(client, connector, &sql).await?;
    }
    Ok(())
}

/// Returns the format of the schema. `None` if there is no store in it.
async fn format_of(client: &Client, connector: &Connector) -> Result<Option<usize>, Error> {
    let (schema, place) = (&*connector.schema, &connector.place);
    // Not `to_regclass`, which may still know what was there before the lock was granted.
    let name = schema.trim_matches('"');
    let sql = "select exists (select 1 from pg_catalog.pg_class c join pg_catalog.pg_namespace n \
               on n.oid = c.relnamespace where n.nspname = $1 and c.relname = 'format')";
    let found = client.query_typed(sql, &[(&name, Type::TEXT)]).await;
    let found = found.map_err(|cause| fault::error(cause, place))?;
    if !found.first().is_some_and(|row| row.get(0)) {
        return Ok(None);
    }
    let sql = format!("select coalesce(max(version), 0) from {schema}.format");
    let rows = client.query_typed(&sql, &[]).await;
    let rows = rows.map_err(|cause| fault::error(cause, place))?;
    let format: i32 = rows.first().map_or(0, |row| row.get(0));
    let format = usize::try_from(format).unwrap_or(0);
    let newest = MIGRATIONS.len();
    if format > newest {
        let message = format!(
            "the schema {schema} of Postgres at `{place}` has format {format}, and this program knows \
             formats up to {newest}; update the program"
        );
        return Err(Error::new(ErrorKind::TooNew, message));
    }
    Ok(Some(format))
}

async fn exists(client: &Client, connector: &Connector) -> Result<bool, Error> {
    let sql = "select exists (select 1 from pg_catalog.pg_namespace where nspname = $1)";
    let name = connector.schema.trim_matches('"');
    let rows = client.query_typed(sql, &[(&name, Type::TEXT)]).await;
    let rows = rows.map_err(|cause| fault::error(cause, &connector.place))?;
    Ok(rows.first().is_some_and(|row| row.get(0)))
}

async fn execute(client: &Client, connector: &Connector, sql: &str) -> Result<(), Error> {
    let done = client.batch_execute(sql).await;
    done.map_err(|cause| fault::error(cause, &connector.place))
}
