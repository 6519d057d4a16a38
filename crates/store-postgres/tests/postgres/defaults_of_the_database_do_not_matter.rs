//! Settings of databases and users, encodings and poolers' habits.

use std::sync::Arc;

use geppetto_store::{Claim, Page, SessionStore};

use crate::{an_unknown_commit_is_found_out::batch, server};

/// Settings that were reported to break programs.
const SETTINGS: &[&str] = &[
    "default_transaction_read_only = on",
    "default_transaction_isolation = 'serializable'",
    "default_transaction_deferrable = on",
    "synchronous_commit = off",
    "search_path = 'nowhere'",
    "bytea_output = 'escape'",
    "standard_conforming_strings = off",
    "timezone = 'Pacific/Chatham'",
    "datestyle = 'German, DMY'",
    "intervalstyle = 'iso_8601'",
    "extra_float_digits = -15",
    "idle_in_transaction_session_timeout = 1",
    "lock_timeout = 1",
    "statement_timeout = 3000",
    "jit_above_cost = 0",
    "enable_seqscan = off",
    "plan_cache_mode = force_generic_plan",
    "check_function_bodies = off",
    "row_security = off",
    "client_min_messages = debug5",
    "lc_messages = 'C'",
    "xmloption = document",
    "transform_null_equals = on",
    "array_nulls = off",
    "default_toast_compression = 'pglz'",
    "default_tablespace = ''",
    "plpgsql.variable_conflict = use_column",
    "plpgsql.extra_errors = 'all'",
];

// Reports: https://github.com/oban-bg/oban/issues/1132, https://github.com/ubicloud/ubicloud/issues/5433.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs postgres"]
async fn none_of_many() {
    let server = server::shared();
    for encoding in ["UTF8", "SQL_ASCII", "LATIN1"] {
        let name = format!("db {}", encoding.to_lowercase());
        server.sql(&format!(
            "create database \"{name}\" encoding '{encoding}' template template0"
        ));
        for setting in SETTINGS {
            server.sql(&format!("alter database \"{name}\" set {setting}"));
        }
        let url = server
            .url()
            .replace("/postgres", &format!("/{}", name.replace(' ', "%20")));
        let store = server::options().connect(&url).await.unwrap();
        let id = "chat \0 \u{1f600} é";
        let opened = store.open(id, &Claim::new("ö\0")).await.unwrap();
        for number in 1..=10 {
            store
                .append(&opened.lease, Arc::new(batch(number)))
                .await
                .unwrap();
        }
        store.renew(&opened.lease).await.unwrap();
        assert_eq!(store.turn(id, 9).await.unwrap().blocks.len(), 1);
        assert_eq!(store.list(&Page::newest(9)).await.unwrap().len(), 1);
        assert_eq!(
            store.list(&Page::first(9).unowned()).await.unwrap().len(),
            0
        );
        assert!(store.delete(id).await.unwrap());
        store.close().await;
    }
}
