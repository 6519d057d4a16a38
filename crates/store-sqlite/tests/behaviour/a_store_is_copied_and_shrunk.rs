//! Backups are stores of one moment, and `vacuum` returns the space of deleted sessions.

use std::{fs, sync::Arc, time::SystemTime};

use geppetto_store::{Batch, Claim, ErrorKind, Lease, SessionStore, TurnRow};
use geppetto_store_sqlite::SqliteStore;
use geppetto_turns::{Block, Turn};

use crate::folder::Folder;

async fn append(store: &SqliteStore, lease: &Lease, number: u64) {
    let mut turn = Turn::new();
    turn.id = format!("turn {number}");
    turn.push(Block::user(format!(
        "{number} {}",
        "long text ".repeat(2000)
    )));
    let row = TurnRow::new(number - 1, None, &turn);
    let batch = Batch::new(number, SystemTime::UNIX_EPOCH).turn(row);
    store.append(lease, Arc::new(batch)).await.unwrap();
}

#[tokio::test]
async fn a_backup_is_a_store_of_the_moment_while_others_write() {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file()).await.unwrap();
    let lease = store.open("s", &Claim::new("a")).await.unwrap().lease;
    for number in 1..=20 {
        append(&store, &lease, number).await;
    }
    let file = folder.file();
    let write = async {
        for number in 21..=40 {
            append(&store, &lease, number).await;
        }
    };
    let (copied, ()) = tokio::join!(store.backup(&file), write);
    copied.unwrap();
    let exists = store.backup(&file).await.unwrap_err();
    assert_eq!(exists.kind(), ErrorKind::Exists);

    let copy = SqliteStore::open(&file).await.unwrap();
    let turns = copy.info("s").await.unwrap().turns;
    assert!((20..=40).contains(&turns), "{turns}");
    for index in 0..turns {
        let (own, other) = (copy.turn("s", index), store.turn("s", index));
        assert_eq!(own.await.unwrap(), other.await.unwrap());
    }
    assert!(copy.check().await.unwrap().is_clean());
}

#[tokio::test]
async fn vacuum_returns_the_space_of_deleted_sessions() {
    let folder = Folder::new();
    let file = folder.file();
    let store = SqliteStore::open(&file).await.unwrap();
    for id in ["a", "b"] {
        let lease = store.open(id, &Claim::new("a")).await.unwrap().lease;
        for number in 1..=100 {
            append(&store, &lease, number).await;
        }
    }
    let lease = store.open("large", &Claim::new("a")).await.unwrap().lease;
    for number in 1..=100 {
        let mut turn = Turn::new();
        turn.push(Block::user(format!(
            "large {number} {}",
            "text ".repeat(5000)
        )));
        let row = TurnRow::new(number - 1, None, &turn);
        let batch = Batch::new(number, SystemTime::UNIX_EPOCH).turn(row);
        store.append(&lease, Arc::new(batch)).await.unwrap();
    }
    store.delete("large").await.unwrap();
    store.vacuum().await.unwrap();
    let after = fs::metadata(&file).unwrap().len();
    // Of 2 MB in two equal sessions, and 2.5 MB that are gone.
    assert!(after < 2_500_000, "{after} bytes");
    assert_eq!(store.info("b").await.unwrap().turns, 100);
    assert!(store.check().await.unwrap().is_clean());
}
