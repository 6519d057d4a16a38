//! What goes wrong between a program and a server, and what the errors say.

use std::sync::Arc;

use geppetto_store::{Claim, Error, ErrorKind, SessionStore};
use geppetto_store_postgres::PostgresStore;

use crate::{an_unknown_commit_is_found_out::batch, server, server::Server};

async fn refused(url: &str) -> Error {
    let error = PostgresStore::connect(url).await.map(drop).unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
    error
}

fn says(error: &Error, kind: ErrorKind, what: &str) {
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(what), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs postgres"]
async fn of_logins_and_rights() {
    let server = server::shared();
    let port = server.port;
    server.sql("create role \"reader\" login; create role \"empty\" login password 's3cret'");
    let error = refused("postgres://u:s3cret@127.0.0.1:1/x").await;
    says(
        &error,
        ErrorKind::Unavailable,
        "u@127.0.0.1:1/x` cannot be reached",
    );
    let error = refused(&format!("postgres://owner:s3cret@127.0.0.1:{port}/missing")).await;
    says(&error, ErrorKind::NotFound, "createdb");
    let error = refused(&format!(
        "postgres://nobody:s3cret@127.0.0.1:{port}/postgres"
    ))
    .await;
    says(&error, ErrorKind::Unavailable, "rejected the login");
    let error = refused(&format!("postgres://reader@127.0.0.1:{port}/postgres")).await;
    says(&error, ErrorKind::ReadOnly, "grant the user the right");
    let error = refused(&format!(
        "postgres://reader@127.0.0.1:{port}/postgres?sslmode=require"
    ))
    .await;
    says(&error, ErrorKind::Unavailable, "sslmode");
    let named = PostgresStore::options()
        .schema("a'b")
        .connect(&server.url())
        .await;
    says(
        &named.map(drop).unwrap_err(),
        ErrorKind::Invalid,
        "name of a schema",
    );
    // A role that owns the schema needs no right on the database.
    server.sql("create schema \"own one\" authorization reader");
    let url = format!("postgres://reader@127.0.0.1:{port}/postgres");
    let store = PostgresStore::options()
        .schema("own one")
        .connect(&url)
        .await
        .unwrap();
    store.open("chat", &Claim::new("a")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs postgres"]
async fn of_schemas_and_locks() {
    let server = server::shared();
    let options = PostgresStore::options().schema("newer");
    let store = options.clone().connect(&server.url()).await.unwrap();
    let opened = store.open("chat", &Claim::new("a")).await.unwrap();
    server.sql("insert into newer.format values (99)");
    let error = options
        .clone()
        .connect(&server.url())
        .await
        .map(drop)
        .unwrap_err();
    says(&error, ErrorKind::TooNew, "update the program");
    server.sql("delete from newer.format where version = 99");
    let quick = options.patience(std::time::Duration::from_millis(400));
    let quick = quick.connect(&server.url()).await.unwrap();
    // A person's transaction holds the row.
    let hold = format!(
        "begin; select 1 from newer.session for update; select pg_sleep(3) /* {} */; commit",
        server.port
    );
    let holding = tokio::task::spawn_blocking(move || server::shared().sql(&hold));
    let find = "select count(*) from pg_stat_activity where wait_event = 'PgSleep'";
    while server.sql(find).trim() == "0" {
        tokio::task::yield_now().await;
    }
    let error = quick
        .append(&opened.lease, Arc::new(batch(1)))
        .await
        .unwrap_err();
    says(&error, ErrorKind::Unavailable, "pg_stat_activity");
    // Others do not wait for it.
    quick.open("other", &Claim::new("a")).await.unwrap();
    holding.await.unwrap();
    assert_eq!(
        quick
            .append(&opened.lease, Arc::new(batch(1)))
            .await
            .unwrap()
            .turns,
        1
    );
    server.sql("drop schema newer cascade");
    let error = store
        .append(&opened.lease, Arc::new(batch(2)))
        .await
        .unwrap_err();
    says(&error, ErrorKind::Corrupt, "another schema");
    let error = store.info("chat").await.unwrap_err();
    says(&error, ErrorKind::Corrupt, "another schema");
}

// Reports: https://github.com/bitnami/charts/issues/23219, https://github.com/cloudnative-pg/cloudnative-pg/issues/1254,
// https://github.com/patroni/patroni/issues/1235.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs postgres"]
async fn of_standbys() {
    let primary = Server::start(&[]);
    let store = PostgresStore::connect(&primary.url()).await.unwrap();
    let opened = store.open("chat", &Claim::new("a")).await.unwrap();
    primary.down("fast");
    primary.put("standby.signal", "");
    primary.up();
    let error = refused(&primary.url()).await;
    says(&error, ErrorKind::ReadOnly, "standby");
    // A store that was open finds the primary among the hosts of its URL, or says so.
    let quick = store
        .append(&opened.lease, Arc::new(batch(1)))
        .await
        .unwrap_err();
    says(&quick, ErrorKind::ReadOnly, "primary");
    assert_eq!(store.info("chat").await.unwrap().turns, 0);
    let other = server::shared();
    let both = format!(
        "postgres://owner@127.0.0.1:{},127.0.0.1:{}/postgres",
        primary.port, other.port
    );
    let store = server::options().connect(&both).await.unwrap();
    store.open("chat", &Claim::new("a")).await.unwrap();
    primary.sql("select pg_promote()");
    PostgresStore::connect(&primary.url()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs postgres"]
async fn of_connections_that_are_used_up() {
    let server = Server::start(&["max_connections = 6", "superuser_reserved_connections = 0"]);
    let options = PostgresStore::options().readers(1).writers(1);
    let store = options.clone().connect(&server.url()).await.unwrap();
    let opened = store.open("chat", &Claim::new("a")).await.unwrap();
    let mut others = Vec::new();
    let error = loop {
        let options = options
            .clone()
            .patience(std::time::Duration::from_millis(100));
        match options.connect(&server.url()).await {
            Ok(other) => others.push(other),
            Err(error) => break error,
        }
    };
    says(&error, ErrorKind::Unavailable, "max_connections");
    // The store that has its connections goes on.
    store
        .append(&opened.lease, Arc::new(batch(1)))
        .await
        .unwrap();
    drop(others);
}
