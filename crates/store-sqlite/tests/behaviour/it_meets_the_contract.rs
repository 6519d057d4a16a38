//! The store passes every check that a store must pass.

use geppetto_store::{
    async_trait,
    conformance::{Factory, run_all},
};
use geppetto_store_sqlite::SqliteStore;

use crate::folder::Folder;

struct Sqlite(Folder);

#[async_trait]
impl Factory for Sqlite {
    type Store = SqliteStore;

    async fn fresh(&self) -> SqliteStore {
        SqliteStore::open(self.0.file()).await.unwrap()
    }

    async fn reopen(&self, store: SqliteStore) -> SqliteStore {
        let report = store.check().await.unwrap();
        assert!(report.is_clean(), "{report:#?}");
        store.close().await;
        SqliteStore::open(store.path()).await.unwrap()
    }
}

#[tokio::test]
async fn every_check_passes() {
    let violations = run_all(&Sqlite(Folder::new())).await;
    assert!(violations.is_empty(), "{violations:#?}");
}
