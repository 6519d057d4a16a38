//! Servers that crash, restart, or end connections.

use std::sync::Arc;

use geppetto_store::{Claim, SessionStore};
use geppetto_store_postgres::PostgresStore;

use crate::{an_unknown_commit_is_found_out::batch, server::Server};

// Reports: https://github.com/oban-bg/oban/issues/821,
// https://github.com/getredash/redash/issues/1868,
// https://github.com/JoshuaC215/agent-service-toolkit/issues/212,
// https://github.com/supabase/pg_net/pull/211,
// https://github.com/cycle/database/issues/75.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs postgres"]
async fn and_has_what_was_acknowledged() {
    let server = Arc::new(Server::start(&["fsync = on"]));
    let store = PostgresStore::connect(&server.url()).await.unwrap();
    let opened = store.open("chat", &Claim::new("a")).await.unwrap();
    let own = Arc::clone(&server);
    let restarts = tokio::task::spawn_blocking(move || {
        for mode in ["immediate", "fast", "immediate"] {
            own.down(mode);
            own.up();
        }
    });
    let mut number = 0;
    while !restarts.is_finished() || number < 20 {
        number += 1;
        let appended = store
            .append(&opened.lease, Arc::new(batch(number)))
            .await
            .unwrap();
        assert_eq!(appended.turns, number);
        assert_eq!(store.info("chat").await.unwrap().turns, number);
    }
    restarts.await.unwrap();
    for _ in 0..3 {
        let end = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
                   where application_name = 'geppetto'";
        assert_ne!(server.sql(end).trim(), "0");
        number += 1;
        store
            .append(&opened.lease, Arc::new(batch(number)))
            .await
            .unwrap();
        assert_eq!(
            store.events("chat", 0, 10_000).await.unwrap().len() as u64,
            number
        );
    }
}
