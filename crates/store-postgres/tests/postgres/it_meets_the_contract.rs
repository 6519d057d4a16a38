//! The conformance kit.

use geppetto_store::{SessionStore, async_trait, conformance};
use geppetto_store_postgres::PostgresStore;

use crate::server;

struct Postgres;

#[async_trait]
impl conformance::Factory for Postgres {
    type Store = Schema;

    async fn fresh(&self) -> Schema {
        let options = server::options();
        let store = options
            .clone()
            .connect(&server::shared().url())
            .await
            .unwrap();
        conformance::Wrapped(Kept { options, store })
    }

    async fn reopen(&self, store: Schema) -> Schema {
        store.store.close().await;
        let options = store.options.clone();
        let store = options
            .clone()
            .connect(&server::shared().url())
            .await
            .unwrap();
        conformance::Wrapped(Kept { options, store })
    }
}

type Schema = conformance::Wrapped<Kept>;

/// A store, and the options to open it again.
struct Kept {
    options: geppetto_store_postgres::PostgresOptions,
    store: PostgresStore,
}

impl conformance::Wraps for Kept {
    type Store = PostgresStore;

    fn inner(&self) -> &PostgresStore {
        &self.store
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs postgres"]
async fn all_of_it() {
    let mut violations = Vec::new();
    for check in conformance::checks() {
        if let Err(violation) = check.run(&Postgres).await {
            violations.push(violation.to_string());
        }
    }
    assert!(violations.is_empty(), "{}", violations.join("\n"));
    assert!(server::store().await.stats().await.unwrap().sessions == 0);
}
