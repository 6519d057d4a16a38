//! A store keeps the file that it was opened with, whatever the process does with its folder, and
//! whatever SQLite itself would understand by the name.

use std::{env, time::Duration};

use geppetto_store::{Claim, ErrorKind, SessionStore};
use geppetto_store_sqlite::SqliteStore;

use crate::folder::Folder;

#[tokio::test]
async fn also_if_the_process_changes_its_folder() {
    let folder = Folder::new();
    let before = env::current_dir().unwrap();
    env::set_current_dir(folder.path()).unwrap();
    let store = SqliteStore::open("sessions.db").await.unwrap();
    env::set_current_dir(before).unwrap();
    let lease = store.open("s", &Claim::new("a")).await.unwrap().lease;
    assert_eq!(store.info("s").await.unwrap().turns, 0);
    store.release(&lease).await.unwrap();
    store.close().await;
    let store = SqliteStore::open(folder.path().join("sessions.db"))
        .await
        .unwrap();
    store.info("s").await.unwrap();
}

#[tokio::test]
async fn and_a_name_is_no_address() {
    let folder = Folder::new();
    for name in [
        "a?mode=memory",
        "b#c",
        "d%20e",
        "file:f?mode=memory",
        "naïve 🦀.db",
    ] {
        let file = folder.path().join(name);
        let store = SqliteStore::open(&file).await.unwrap();
        store.open("s", &Claim::new("a")).await.unwrap();
        store.close().await;
        assert!(file.metadata().unwrap().len() > 0, "{name}");
        let store = SqliteStore::open(&file).await.unwrap();
        store.info("s").await.unwrap();
    }
}

#[tokio::test]
async fn names_without_a_file_are_refused() {
    for name in ["", ":memory:"] {
        let error = SqliteStore::open(name).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{name}: {error:?}");
        assert!(error.to_string().contains("MemoryStore"), "{error}");
    }
}

#[tokio::test]
async fn and_any_patience_is_allowed() {
    let folder = Folder::new();
    let options = SqliteStore::options().busy_timeout(Duration::MAX);
    let store = options.open(folder.file()).await.unwrap();
    let claim = Claim::new("a").expiring_after(Duration::MAX);
    let lease = store.open("s", &claim).await.unwrap().lease;
    store.renew(&lease).await.unwrap();
    let held = store.open("s", &Claim::new("b")).await.unwrap_err();
    assert_eq!(held.kind(), ErrorKind::Held);
}
