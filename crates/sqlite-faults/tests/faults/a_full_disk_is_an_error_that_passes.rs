//! A full disk, a write that is cut short, and a failed read are errors of that operation: nothing of
//! it was written, everything before it is there, and it succeeds once the fault has passed.

use std::sync::Arc;

use geppetto_sqlite_faults::{Disk, Faults, VFS};
use geppetto_store::{Batch, Claim, ErrorKind, SessionStore, TurnRow};
use geppetto_store_sqlite::SqliteStore;
use geppetto_turns::{Block, Turn};

use crate::{
    model::{Model, open},
    power_fails_at_any_write::seeds,
};

/// Writes with a fault until it occurs, then without, and compares.
async fn passes(seed: u64, faults: Faults, kinds: &[ErrorKind]) -> bool {
    let disk = Disk::new(seed).unwrap();
    let mut model = Model::new(seed, 1);
    let store = open(&disk).await.unwrap();
    model.claim(&store).await.unwrap();
    disk.set_faults(faults);
    let mut occurred = false;
    for _ in 0..40 {
        if let Err(error) = model.append(&store).await {
            assert!(kinds.contains(&error.kind()), "seed {seed}: {error}");
            occurred = true;
            break;
        }
    }
    disk.set_faults(Faults::default());
    model.check(&store, false).await;
    model.claim(&store).await.unwrap();
    for _ in 0..5 {
        model.append(&store).await.unwrap();
    }
    model.check(&store, false).await;
    store.close().await;
    drop(store);
    disk.restart();
    let store = open(&disk).await.unwrap();
    model.check(&store, false).await;
    occurred
}

#[tokio::test]
async fn when_the_disk_is_full() {
    let mut occurred = 0;
    for seed in 0..seeds(40) {
        let faults = Faults {
            capacity: Some(130_000 + (seed as usize * 7919) % 250_000),
            ..Faults::default()
        };
        occurred += u32::from(passes(seed, faults, &[ErrorKind::Full]).await);
    }
    assert!(occurred > 10, "only {occurred} disks were full");
}

#[tokio::test]
async fn when_a_write_is_cut_short() {
    let mut occurred = 0;
    for seed in 0..seeds(40) {
        let faults = Faults {
            write_fails_at: Some(1 + seed * 5 % 300),
            ..Faults::default()
        };
        occurred += u32::from(passes(seed, faults, &[ErrorKind::Unavailable]).await);
    }
    assert!(occurred > 10, "only {occurred} writes failed");
}

#[tokio::test]
async fn when_a_read_fails() {
    let disk = Disk::new(1).unwrap();
    let store = open(&disk).await.unwrap();
    let lease = store.open("s", &Claim::new("a")).await.unwrap().lease;
    let mut turn = Turn::new();
    turn.push(Block::user("text ".repeat(100_000)));
    let batch = Batch::new(1, std::time::SystemTime::UNIX_EPOCH).turn(TurnRow::new(0, None, &turn));
    store.append(&lease, Arc::new(batch)).await.unwrap();
    for read in 1..100 {
        disk.set_faults(Faults {
            read_fails_at: Some(read),
            ..Faults::default()
        });
        match store.turn("s", 0).await {
            Ok(found) => assert_eq!(found, turn),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Unavailable);
                assert!(error.to_string().contains("check the disk"), "{error}");
            }
        }
        disk.set_faults(Faults::default());
        assert_eq!(store.turn("s", 0).await.unwrap(), turn);
    }
}

#[tokio::test]
async fn and_a_disk_that_cannot_be_written_to_is_named() {
    let disk = Disk::new(1).unwrap();
    open(&disk).await.unwrap().close().await;
    disk.restart();
    disk.set_faults(Faults {
        is_read_only: true,
        ..Faults::default()
    });
    let options = SqliteStore::options().vfs(VFS);
    let error = options.open(disk.file("sessions.db")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
    assert!(
        error.to_string().contains("check its permissions"),
        "{error}"
    );
}
