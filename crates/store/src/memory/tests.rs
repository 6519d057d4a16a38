use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use geppetto_turns::{Block, Turn};

use super::MemoryStore;
use crate::{Batch, Claim, ErrorKind, Lease, SessionStore, TurnRow};

async fn say(store: &MemoryStore, lease: &Lease, number: u64, text: &str) {
    let index = store.info(lease.session()).await.unwrap().turns;
    let base = match index.checked_sub(1) {
        Some(last) => Some(store.turn(lease.session(), last).await.unwrap()),
        None => None,
    };
    let mut turn = base.clone().unwrap_or_default();
    turn.push(Block::user(text));
    let row = TurnRow::new(index, base.as_ref(), &turn);
    let batch = Batch::new(number, SystemTime::UNIX_EPOCH).turn(row);
    store.append(lease, Arc::new(batch)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lease_expires_unless_it_is_renewed() {
    let store = MemoryStore::new();
    let claim = Claim::new("a").expiring_after(Duration::from_secs(10));
    let a = store.open("s", &claim).await.unwrap().lease;
    for _ in 0..3 {
        tokio::time::advance(Duration::from_secs(9)).await;
        store.renew(&a).await.unwrap();
    }
    tokio::time::advance(Duration::from_secs(9)).await;
    let held = store.open("s", &Claim::new("b")).await.unwrap_err();
    assert_eq!(held.kind(), ErrorKind::Held);
    assert_eq!(
        held.to_string(),
        "session `s` is open in `a`; close it there, or take it over"
    );
    tokio::time::advance(Duration::from_secs(1)).await;
    // Expired, and nobody claimed it.
    say(&store, &a, 1, "still valid").await;
    store.open("s", &Claim::new("b")).await.unwrap();
    assert!(store.renew(&a).await.unwrap_err().is_fenced());
}

#[tokio::test]
async fn equal_blocks_of_two_sessions_are_one_allocation() {
    let store = MemoryStore::new();
    for id in ["a", "b"] {
        let lease = store.open(id, &Claim::new("x")).await.unwrap().lease;
        say(&store, &lease, 1, "the same").await;
    }
    let turn = |id: &'static str| store.turn(id, 0);
    let (a, b): (Turn, Turn) = (turn("a").await.unwrap(), turn("b").await.unwrap());
    assert!(Arc::ptr_eq(
        a.blocks.first().unwrap(),
        b.blocks.first().unwrap()
    ));
}

#[tokio::test]
async fn versions_of_the_latest_turn_leave_nothing_behind() {
    let store = MemoryStore::new();
    let lease = store.open("s", &Claim::new("x")).await.unwrap().lease;
    let mut base: Option<Turn> = None;
    for n in 0..100_u64 {
        let mut turn = base.clone().unwrap_or_default();
        if n % 10 == 9 {
            turn.blocks.truncate(1);
        }
        turn.push(Block::user(format!("block {n}")));
        let row = TurnRow::new(0, base.as_ref(), &turn);
        let batch = Batch::new(n + 1, SystemTime::UNIX_EPOCH).turn(row);
        store.append(&lease, Arc::new(batch)).await.unwrap();
        base = Some(turn);
        let stats = store.stats().await.unwrap();
        let blocks = base.as_ref().unwrap().blocks.len() as u64;
        assert_eq!((stats.blocks, stats.positions), (blocks, blocks), "{n}");
    }
}
