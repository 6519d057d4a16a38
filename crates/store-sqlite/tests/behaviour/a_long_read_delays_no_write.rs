//! A read that takes long, such as a backup or another process that was stopped, delays no write,
//! although the write-ahead log cannot be begun anew in the meantime.

use std::{sync::Arc, time::Duration, time::SystemTime};

use geppetto_store::{Batch, Claim, SessionStore, TurnRow};
use geppetto_store_sqlite::SqliteStore;
use geppetto_turns::{Block, Turn};
use rusqlite::Connection;

use crate::folder::Folder;

#[tokio::test]
async fn also_when_the_log_is_large() {
    let folder = Folder::new();
    let file = folder.file();
    // A write that waited for the reader would never end.
    let options = SqliteStore::options().busy_timeout(Duration::from_secs(3600));
    let store = options.wal_pages(4).open(&file).await.unwrap();
    let lease = store.open("s", &Claim::new("a")).await.unwrap().lease;
    let reader = Connection::open(&file).unwrap();
    reader
        .execute_batch("begin; select * from session")
        .unwrap();
    let mut latest: Option<Turn> = None;
    for number in 1..=200 {
        let mut turn = latest.clone().unwrap_or_default();
        turn.id = format!("turn {number}");
        turn.push(Block::user(format!("{number} {}", "text ".repeat(500))));
        let row = TurnRow::new(number - 1, latest.as_ref(), &turn);
        let batch = Batch::new(number, SystemTime::UNIX_EPOCH).turn(row);
        store.append(&lease, Arc::new(batch)).await.unwrap();
        latest = Some(turn);
    }
    let seen: i64 = reader
        .query_row("select turns from session", [], |row| row.get(0))
        .unwrap();
    assert_eq!(seen, 0, "the reader sees the file of its own moment");
    drop(reader);
    assert_eq!(store.info("s").await.unwrap().turns, 200);
}
