//! Tasks, processes and readers use one file at once, and leave nothing behind.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use geppetto_store::{Batch, Claim, ErrorKind, Lease, Page, SessionStore, TurnRow};
use geppetto_store_sqlite::{SqliteOptions, SqliteStore};
use geppetto_turns::{Block, Turn};
use rusqlite::Connection;

use crate::folder::Folder;

async fn claim(store: &SqliteStore, session: &str) -> Lease {
    let opened = store.open(session, &Claim::new("a")).await;
    opened.unwrap().lease
}

fn say(number: u64, text: &str) -> Arc<Batch> {
    let mut turn = Turn::new();
    turn.id = format!("turn {number}");
    turn.push(Block::user(text));
    let batch = Batch::new(number, SystemTime::now()).synced();
    Arc::new(batch.turn(TurnRow::new(number - 1, None, &turn)))
}

fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap();
    let name = |file: fs::DirEntry| file.file_name().into_string().unwrap();
    files.map(|file| name(file.unwrap())).collect()
}

/// Returns a file that has the log of `file` next to it.
fn log_of(file: &Path) -> PathBuf {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

/// As in <https://github.com/langchain-ai/langgraph/issues/8136>.
#[tokio::test(flavor = "multi_thread")]
async fn tasks_that_write_at_the_same_time() {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file()).await.unwrap();
    let tasks: Vec<_> = (0..64)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                let session = format!("s{n}");
                let lease = claim(&store, &session).await;
                for number in 1..=5 {
                    store.append(&lease, say(number, "text")).await.unwrap();
                    assert_eq!(store.info(&session).await.unwrap().turns, number);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert!(store.check().await.unwrap().is_clean());
}

#[tokio::test]
async fn a_process_that_locks_the_file_for_longer_than_the_limit() {
    let folder = Folder::new();
    let file = folder.file();
    let options = SqliteOptions::new().busy_timeout(Duration::from_millis(20));
    let store = options.open(&file).await.unwrap();
    let lease = claim(&store, "s").await;
    let other = Connection::open(&file).unwrap();
    other.execute_batch("begin immediate").unwrap();
    let error = store.append(&lease, say(1, "text")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(
        error.to_string().contains("locked by another process"),
        "{error}"
    );
    assert_eq!(store.info("s").await.unwrap().turns, 0, "reads do not wait");
    other.execute_batch("commit").unwrap();
    store.append(&lease, say(1, "text")).await.unwrap();
    assert_eq!(store.info("s").await.unwrap().turns, 1);
}

#[tokio::test]
async fn processes_that_migrate_it_at_the_same_time() {
    let folder = Folder::new();
    let file = folder.file();
    let conn = Connection::open(&file).unwrap();
    conn.execute_batch(include_str!("../data/format_1.sql"))
        .unwrap();
    drop(conn);
    let opening: Vec<_> = (0..8)
        .map(|_| {
            let file = file.clone();
            tokio::spawn(async move { SqliteStore::open(file).await.unwrap() })
        })
        .collect();
    for store in opening {
        let listed = store.await.unwrap().list(&Page::default()).await.unwrap();
        assert_eq!(listed.len(), 2);
    }
}

#[tokio::test]
async fn readers_that_come_and_go_do_not_let_the_log_grow() {
    let folder = Folder::new();
    let file = folder.file();
    let store = SqliteOptions::new()
        .wal_pages(16)
        .open(&file)
        .await
        .unwrap();
    let lease = claim(&store, "s").await;
    let text = "text ".repeat(4_000);
    for number in 1..=300 {
        store
            .append(&lease, say(number, &format!("{number} {text}")))
            .await
            .unwrap();
        store.turn("s", number - 1).await.unwrap();
        let log = fs::metadata(log_of(&file)).unwrap().len();
        assert!(log < 1_000_000, "{log} bytes after {number} turns");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn two_paths_of_one_file() {
    let folder = Folder::new();
    let (file, link) = (folder.file(), folder.file());
    let store = SqliteStore::open(&file).await.unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let other = SqliteStore::open(&link).await.unwrap();
    let lease = claim(&store, "s").await;
    store.append(&lease, say(1, "text")).await.unwrap();
    assert_eq!(other.info("s").await.unwrap().turns, 1);
    let held = other.open("s", &Claim::new("b")).await.unwrap_err();
    assert_eq!(held.kind(), ErrorKind::Held);
    assert!(!log_of(&link).exists(), "the link has a log of its own");
}

#[tokio::test]
async fn and_the_file_of_a_closed_store_is_complete_by_itself() {
    let folder = Folder::new();
    let file = folder.file();
    let store = SqliteStore::open(&file).await.unwrap();
    let lease = claim(&store, "s").await;
    store.append(&lease, say(1, "text")).await.unwrap();
    store.close().await;
    // Its threads that read have the file open until it is dropped.
    let expected = ["0.db", "0.db-shm", "0.db-wal"];
    let found = names(folder.path());
    let mut names = found.iter().map(String::as_str);
    assert!(names.all(|name| expected.contains(&name)), "{found:?}");
    assert_eq!(fs::metadata(log_of(&file)).map_or(0, |log| log.len()), 0);
    let moved = folder.file();
    fs::copy(&file, &moved).unwrap();
    let store = SqliteStore::open(&moved).await.unwrap();
    assert_eq!(store.info("s").await.unwrap().turns, 1);
}
