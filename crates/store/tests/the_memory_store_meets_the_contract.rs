//! The memory store passes every check that a store must pass.

use geppetto_store::{
    MemoryStore, async_trait,
    conformance::{Check, Factory, checks, run_all},
};

struct Memory;

#[async_trait]
impl Factory for Memory {
    type Store = MemoryStore;

    async fn fresh(&self) -> MemoryStore {
        MemoryStore::new()
    }

    async fn reopen(&self, store: MemoryStore) -> MemoryStore {
        store.reopened()
    }

    fn fail_next_sync(&self, store: &MemoryStore) -> bool {
        store.fail_next_sync();
        true
    }
}

#[tokio::test]
async fn every_check_passes() {
    let violations = run_all(&Memory).await;
    assert!(violations.is_empty(), "{violations:#?}");
}

#[test]
fn checks_have_names_and_contracts_of_their_own() {
    let checks = checks::<Memory>();
    let mut names: Vec<_> = checks.iter().map(Check::name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), checks.len());
    assert!(names.len() >= 25, "{names:?}");
    assert!(checks.iter().all(|check| check.contract().len() > 30));
}
