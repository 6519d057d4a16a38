//! Every future may be dropped at any time: the operation then happened entirely or not at all.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Waker},
    time::SystemTime,
};

use geppetto_store::{Batch, Claim, SessionStore, TurnRow};
use geppetto_store_sqlite::SqliteStore;
use geppetto_turns::{Block, Turn};

use crate::folder::Folder;

/// Polls a future so many times, and drops it.
async fn give_up<F: Future>(future: F, polls: u32) {
    let mut future = pin!(future);
    for _ in 0..polls {
        let mut context = Context::from_waker(Waker::noop());
        if future.as_mut().poll(&mut context).is_ready() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn and_the_same_batch_again_tells() {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file()).await.unwrap();
    let lease = store.open("s", &Claim::new("a")).await.unwrap().lease;
    let mut latest: Option<Turn> = None;
    for number in 1..=60 {
        let mut turn = latest.clone().unwrap_or_default();
        turn.id = format!("turn {number}");
        turn.push(Block::user(format!("text {number}")));
        let row = TurnRow::new(number - 1, latest.as_ref(), &turn);
        let batch = Batch::new(number, SystemTime::UNIX_EPOCH).turn(row);
        let batch = Arc::new(if number % 2 == 0 {
            batch.synced()
        } else {
            batch
        });
        for polls in 0..3 {
            give_up(store.append(&lease, Arc::clone(&batch)), polls).await;
        }
        let appended = store.append(&lease, batch).await.unwrap();
        assert_eq!(appended.turns, number);
        latest = Some(turn);
    }
    assert_eq!(store.turn("s", 59).await.unwrap(), latest.unwrap());
}

#[tokio::test]
async fn and_a_deletion_that_was_given_up_is_finished_by_the_next_process() {
    let folder = Folder::new();
    let file = folder.file();
    let store = SqliteStore::open(&file).await.unwrap();
    let lease = store.open("s", &Claim::new("a")).await.unwrap().lease;
    let mut latest: Option<Turn> = None;
    for number in 1..=2000_u64 {
        let mut turn = latest.clone().unwrap_or_default();
        turn.id = format!("turn {number}");
        turn.push(Block::user(format!("text {number}")));
        let row = TurnRow::new(number - 1, latest.as_ref(), &turn);
        let batch = Batch::new(number, SystemTime::UNIX_EPOCH).turn(row);
        store.append(&lease, Arc::new(batch)).await.unwrap();
        latest = Some(turn);
    }
    // Until the session is gone, and no longer.
    let mut delete = Box::pin(store.delete("s"));
    while store.info("s").await.is_ok() {
        let mut context = Context::from_waker(Waker::noop());
        assert!(delete.as_mut().poll(&mut context).is_pending());
    }
    drop(delete);
    assert!(store.check().await.unwrap().is_clean());
    store.close().await;

    let store = SqliteStore::open(&file).await.unwrap();
    // Steps of the removal and reads take turns.
    while store.stats().await.unwrap().blocks > 0 {
        tokio::task::yield_now().await;
    }
    assert!(store.check().await.unwrap().is_clean());
}
