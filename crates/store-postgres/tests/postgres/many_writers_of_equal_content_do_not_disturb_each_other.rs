//! Blocks are shared between sessions of different processes, which write and delete them at once.

use std::{sync::Arc, time::SystemTime};

use geppetto_store::{Batch, Claim, SessionStore, TurnRow};
use geppetto_store_postgres::PostgresStore;
use geppetto_turns::{Block, Turn};

use crate::server;

const ROUNDS: u64 = 40;

/// Writes turns with blocks that all have, in an order of its own, and deletes the session.
async fn write(store: PostgresStore, own: u64) {
    for round in 0..ROUNDS {
        let id = format!("chat {own}");
        let opened = store
            .open(&id, &Claim::new(format!("owner {own}")))
            .await
            .unwrap();
        for number in 1..=4 {
            let mut texts: Vec<u64> = (0..8).map(|n| (n * (own * 2 + 1) + number) % 8).collect();
            texts.rotate_left(usize::try_from(round % 8).unwrap());
            let mut turn = Turn::new();
            for text in texts {
                turn.push(Block::user(format!("block {text}")));
            }
            let batch = Batch::new(number, SystemTime::UNIX_EPOCH);
            let batch = batch.turn(TurnRow::new(number - 1, None, &turn));
            store.append(&opened.lease, Arc::new(batch)).await.unwrap();
            assert_eq!(store.turn(&id, number - 1).await.unwrap().blocks.len(), 8);
        }
        let fork = format!("fork {own}");
        store
            .fork(&id, 1, &fork, SystemTime::UNIX_EPOCH)
            .await
            .unwrap();
        assert!(store.delete(&id).await.unwrap());
        assert_eq!(store.turn(&fork, 1).await.unwrap().blocks.len(), 8);
        assert!(store.delete(&fork).await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs postgres"]
async fn and_no_block_is_lost_or_left() {
    let options = server::options();
    let url = server::shared().url();
    let mut writers = tokio::task::JoinSet::new();
    for own in 0..6 {
        // All migrate the schema at once, too.
        let (options, url) = (options.clone(), url.clone());
        writers.spawn(async move { write(options.connect(&url).await.unwrap(), own).await });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    let store = options.connect(&url).await.unwrap();
    let left = store.stats().await.unwrap();
    let left = (left.sessions, left.blocks, left.positions);
    assert_eq!(left, (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs postgres"]
async fn and_of_two_that_claim_a_session_one_writes() {
    let options = server::options();
    let url = server::shared().url();
    let stores = [
        options.clone().connect(&url).await.unwrap(),
        options.connect(&url).await.unwrap(),
    ];
    for n in 0..50 {
        let id = format!("chat {n}");
        let claims = stores.iter().enumerate().map(|(owner, store)| {
            let (store, id) = (store.clone(), id.clone());
            tokio::spawn(async move { store.open(&id, &Claim::new(format!("{owner}"))).await })
        });
        let mut granted = 0;
        for claim in claims.collect::<Vec<_>>() {
            match claim.await.unwrap() {
                Ok(_) => granted += 1,
                Err(error) => assert_eq!(error.kind(), geppetto_store::ErrorKind::Held),
            }
        }
        assert_eq!(granted, 1);
        // With taking over, both get it, and only the later one can write.
        let mut opened = Vec::new();
        for (owner, store) in stores.iter().enumerate() {
            let claim = Claim::new(format!("{owner}")).taking_over();
            opened.push(store.open(&id, &claim).await.unwrap());
        }
        assert!(opened[0].lease.epoch() < opened[1].lease.epoch());
        assert!(
            stores[0]
                .renew(&opened[0].lease)
                .await
                .unwrap_err()
                .is_fenced()
        );
        stores[1].renew(&opened[1].lease).await.unwrap();
    }
}
