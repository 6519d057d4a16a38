//! Several stores, of one process or of several, work on one file.

use std::{sync::Arc, time::SystemTime};

use geppetto_store::{Batch, Claim, Lease, SessionStore, TurnRow};
use geppetto_store_sqlite::SqliteStore;
use geppetto_turns::{Block, Turn};

use crate::folder::Folder;

async fn write(store: &SqliteStore, lease: &Lease, number: u64, base: &Turn) -> Turn {
    let mut turn = base.clone();
    turn.id = format!("turn {number}");
    turn.push(Block::user(format!("text {number} of {}", lease.session())));
    let row = TurnRow::new(number - 1, Some(base), &turn);
    let batch = Batch::new(number, SystemTime::UNIX_EPOCH)
        .turn(row)
        .synced();
    store.append(lease, Arc::new(batch)).await.unwrap();
    turn
}

async fn fill(store: SqliteStore, session: String, batches: u64) {
    let lease = store
        .open(&session, &Claim::new(&session))
        .await
        .unwrap()
        .lease;
    let mut turn = Turn::new();
    for number in 1..=batches {
        turn = write(&store, &lease, number, &turn).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn that_they_create_at_the_same_time() {
    let folder = Folder::new();
    let file = folder.file();
    let stores = (0..6).map(|_| tokio::spawn(SqliteStore::open(file.clone())));
    let mut opened = Vec::new();
    for store in stores.collect::<Vec<_>>() {
        opened.push(store.await.unwrap().unwrap());
    }
    let writers = opened.iter().enumerate().map(|(n, store)| {
        let session = format!("session {n}");
        tokio::spawn(fill(store.clone(), session, 20))
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    // Each sees what the others wrote.
    for store in &opened {
        for n in 0..6 {
            let info = store.info(&format!("session {n}")).await.unwrap();
            assert_eq!(info.turns, 20);
        }
    }
    assert!(opened[0].check().await.unwrap().is_clean());
}

#[tokio::test]
async fn and_a_claim_of_one_fences_the_other() {
    let folder = Folder::new();
    let file = folder.file();
    let (a, b) = (
        SqliteStore::open(&file).await.unwrap(),
        SqliteStore::open(&file).await.unwrap(),
    );
    let old = a.open("s", &Claim::new("a")).await.unwrap().lease;
    let turn = write(&a, &old, 1, &Turn::new()).await;
    let held = b.open("s", &Claim::new("b")).await.unwrap_err();
    assert_eq!(
        held.to_string(),
        "session `s` is open in `a`; close it there, or take it over"
    );
    let claim = Claim::new("b").taking_over();
    let opened = b.open("s", &claim).await.unwrap();
    assert_eq!(opened.latest.as_ref(), Some(&turn));
    let batch = Batch::new(2, SystemTime::UNIX_EPOCH).dropping_latest();
    let fenced = a.append(&old, Arc::new(batch)).await.unwrap_err();
    assert!(fenced.is_fenced());
    let batch = Batch::new(1, SystemTime::UNIX_EPOCH).dropping_latest();
    b.append(&opened.lease, Arc::new(batch)).await.unwrap();
    assert_eq!(a.info("s").await.unwrap().turns, 0);
}
