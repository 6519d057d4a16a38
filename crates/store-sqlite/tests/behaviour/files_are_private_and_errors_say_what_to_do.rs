//! Files and folders are created for their owner only, and what is wrong with a file is said.

use std::fs;

use geppetto_store::{Claim, ErrorKind, SessionStore};
use geppetto_store_sqlite::SqliteStore;
use rusqlite::Connection;

use crate::folder::Folder;

/// Opens a store that cannot be opened.
async fn refused(path: &std::path::Path) -> (ErrorKind, String) {
    let error = SqliteStore::open(path).await.unwrap_err();
    (error.kind(), error.to_string())
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_them() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    let path = folder.path().join("new/folders/sessions.db");
    let store = SqliteStore::open(&path).await.unwrap();
    store.open("s", &Claim::new("a")).await.unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for (name, expected) in [
        ("new", 0o700),
        ("new/folders", 0o700),
        ("new/folders/sessions.db", 0o600),
        ("new/folders/sessions.db-wal", 0o600),
        ("new/folders/sessions.db-shm", 0o600),
    ] {
        let found = mode(&folder.path().join(name));
        assert_eq!(found, expected, "{name}: {found:o}");
    }
    let copy = folder.file();
    store.backup(&copy).await.unwrap();
    assert_eq!(mode(&copy), 0o600);
}

#[tokio::test]
async fn a_folder_is_no_file() {
    let folder = Folder::new();
    let (kind, message) = refused(folder.path()).await;
    assert_eq!(kind, ErrorKind::Invalid);
    assert!(message.contains("is a folder"), "{message}");
}

#[tokio::test]
async fn a_missing_file_is_not_created_if_it_must_exist() {
    let folder = Folder::new();
    let path = folder.path().join("missing/sessions.db");
    let options = SqliteStore::options().create(false);
    let error = options.open(&path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("there is no file"), "{error}");
    assert!(!folder.path().join("missing").exists());
}

#[tokio::test]
async fn a_file_in_place_of_a_folder_is_named() {
    let folder = Folder::new();
    let file = folder.file();
    fs::write(&file, "text").unwrap();
    let (kind, message) = refused(&file.join("sessions.db")).await;
    assert_eq!(kind, ErrorKind::Unavailable);
    assert!(message.contains("cannot be created"), "{message}");
}

#[tokio::test]
async fn another_kind_of_file_is_left_alone() {
    let folder = Folder::new();
    for content in ["not a database", &"not a database\n".repeat(1000)] {
        let file = folder.file();
        fs::write(&file, content).unwrap();
        let (kind, message) = refused(&file).await;
        assert_eq!(kind, ErrorKind::Corrupt);
        assert!(message.contains("is not a session store"), "{message}");
        assert!(message.contains("choose another file"), "{message}");
        assert_eq!(fs::read_to_string(&file).unwrap(), content);
    }
}

#[tokio::test]
async fn a_database_of_another_program_is_left_alone() {
    let folder = Folder::new();
    for sql in [
        "create table turns(id text)",
        "pragma user_version = 7",
        "pragma application_id = 7",
    ] {
        let file = folder.file();
        let conn = Connection::open(&file).unwrap();
        conn.execute_batch(sql).unwrap();
        drop(conn);
        let before = fs::read(&file).unwrap();
        let (kind, message) = refused(&file).await;
        assert_eq!(kind, ErrorKind::Corrupt, "{sql}");
        assert!(message.contains("of another program"), "{message}");
        assert_eq!(fs::read(&file).unwrap(), before, "{sql}");
    }
}

#[tokio::test]
async fn a_file_of_a_newer_version_names_both_versions() {
    let folder = Folder::new();
    let file = folder.file();
    SqliteStore::open(&file).await.unwrap().close().await;
    let conn = Connection::open(&file).unwrap();
    conn.execute_batch("pragma user_version = 9").unwrap();
    drop(conn);
    let (kind, message) = refused(&file).await;
    assert_eq!(kind, ErrorKind::TooNew);
    let expected = "has format 9, and this program knows formats up to 3; update the program";
    assert!(message.contains(expected), "{message}");
}

#[tokio::test]
async fn a_damaged_page_is_an_error_of_the_read_and_found_by_the_check() {
    let folder = Folder::new();
    let file = folder.file();
    let store = SqliteStore::open(&file).await.unwrap();
    for n in 0..200 {
        store
            .open(&format!("session {n}"), &Claim::new("a"))
            .await
            .unwrap();
    }
    assert!(store.check().await.unwrap().is_clean());
    store.close().await;
    drop(store);
    let mut bytes = fs::read(&file).unwrap();
    let marks = b"session 7";
    let at = bytes
        .windows(marks.len())
        .position(|part| part == marks)
        .unwrap();
    let page = at / 4096 * 4096;
    bytes[page..page + 4096].fill(0xA5);
    fs::write(&file, bytes).unwrap();

    let store = SqliteStore::open(&file).await.unwrap();
    let error = store.info("session 7").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
    let message = error.to_string();
    assert!(
        message.contains("is damaged") && message.contains("backup"),
        "{message}"
    );
    let report = store.check().await.unwrap();
    assert!(!report.is_clean());
}

#[cfg(unix)]
#[tokio::test]
async fn nothing_is_acknowledged_in_a_file_that_was_deleted() {
    let folder = Folder::new();
    let file = folder.file();
    let store = SqliteStore::open(&file).await.unwrap();
    store.open("s", &Claim::new("a")).await.unwrap();
    fs::remove_file(&file).unwrap();
    for _ in 0..2 {
        let error = store.open("t", &Claim::new("a")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Poisoned);
        let message = error.to_string();
        assert!(
            message.contains("was deleted, moved or replaced"),
            "{message}"
        );
        assert!(message.contains("open the store again"), "{message}");
    }
}
