//! Programs that begin at the same time, and connections that listen.

use std::collections::BTreeSet;

use geppetto_store::{Claim, SessionStore};
use tokio::task::JoinSet;

use crate::{an_unknown_commit_is_found_out::batch, server, server::Server};

// Reports: https://github.com/decocms/studio/pull/6435 (two rows with versions, for good),
// https://github.com/multica-ai/multica/issues/3647, https://github.com/golang-migrate/migrate/issues/393,
// https://github.com/OpenHands/OpenHands/pull/13608.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs postgres"]
async fn that_has_no_schema_yet() {
    let options = server::options()
        .schema("begin together")
        .readers(1)
        .writers(1);
    let mut connecting = JoinSet::new();
    for _ in 0..12 {
        let options = options.clone();
        connecting.spawn(async move { options.connect(&server::shared().url()).await });
    }
    let mut sessions = BTreeSet::new();
    while let Some(connected) = connecting.join_next().await {
        let store = connected.unwrap().unwrap();
        let id = format!("chat {}", sessions.len());
        store.open(&id, &Claim::new("a")).await.unwrap();
        sessions.insert(id);
    }
    assert_eq!(sessions.len(), 12);
    let versions = "select count(*) = max(version) from \"begin together\".format";
    assert_eq!(server::shared().sql(versions).trim(), "t");
}

// Reports: https://github.com/oban-bg/oban/issues/1499, https://github.com/commanded/eventstore/issues/309,
// https://github.com/neohaskell/NeoHaskell/issues/682, https://github.com/iopsystems/durable/pull/66.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs postgres"]
async fn and_one_whose_listening_connection_is_ended_listens_again() {
    let server = Server::start(&[]);
    let (own, other) = (server.url(), server.url());
    let writer = geppetto_store_postgres::PostgresStore::connect(&own)
        .await
        .unwrap();
    let reader = geppetto_store_postgres::PostgresStore::connect(&other)
        .await
        .unwrap();
    let opened = writer.open("chat", &Claim::new("a")).await.unwrap();
    reader.changed("chat").await;
    let listening = || {
        let sql = "select coalesce(max(pid), 0) from pg_stat_activity where query like 'listen %'";
        server.sql(sql).trim().parse::<u32>().unwrap()
    };
    let first = listening();
    assert_ne!(first, 0);
    server.sql(&format!("select pg_terminate_backend({first})"));
    // What is written in the meantime is not lost: hints are only hints.
    writer.append(&opened.lease, batch(1).into()).await.unwrap();
    reader.changed("chat").await;
    assert_eq!(reader.events("chat", 0, 10).await.unwrap().len(), 1);
    while matches!(listening(), pid if pid == 0 || pid == first) {
        reader.changed("chat").await;
    }
    writer.append(&opened.lease, batch(2).into()).await.unwrap();
    reader.changed("chat").await;
    assert_eq!(reader.events("chat", 0, 10).await.unwrap().len(), 2);
}
