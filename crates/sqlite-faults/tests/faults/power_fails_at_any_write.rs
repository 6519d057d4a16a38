//! The power fails at any write, truncation or sync, again and again: what was acknowledged as synced
//! is there entirely, and nothing is torn.

use geppetto_sqlite_faults::{Disk, Faults};

use crate::model::{Model, open};

/// Environment variable with the number of seeds.
const SEEDS: &str = "GEPPETTO_FAULT_SEEDS";

pub(crate) fn seeds(short: u64) -> u64 {
    let own = std::env::var(SEEDS).ok();
    own.map_or(short, |own| own.parse().expect("a number of seeds"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn and_what_was_acknowledged_is_there() {
    let mut totals = (0, 0, 0);
    for seed in 0..seeds(100) {
        let disk = Disk::new(seed).unwrap();
        let mut model = Model::new(seed, 1 + (seed % 4) as usize);
        // Several times, so that what one loss of power left is the start of the next one.
        for life in 0..3 {
            let random = seed
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .rotate_left(life * 13);
            disk.set_faults(Faults {
                power_fails_at: Some(1 + random % 160),
                // In some, a sync fails before.
                sync_fails_at: (random >> 32)
                    .is_multiple_of(4)
                    .then_some(1 + (random >> 40) % 30),
                ..Faults::default()
            });
            live(&disk, &mut model).await;
            disk.lose_power();
            totals.0 += 1;
            let before: u64 = model.sessions.iter().map(|own| own.synced).sum();
            totals.1 += before;
            let store = open(&disk).await.unwrap();
            model.check(&store, true).await;
            let after: u64 = model.sessions.iter().map(|own| own.acknowledged).sum();
            totals.2 += after - before;
            store.close().await;
        }
    }
    let (losses, synced, more) = totals;
    println!("{losses} losses of power, {synced} synced batches kept, {more} others kept");
    assert!(synced > 0 && more > 0, "nothing was tested");
}

/// Writes until the power fails, or for a while.
async fn live(disk: &Disk, model: &mut Model) {
    let Ok(store) = open(disk).await else { return };
    if model.claim(&store).await.is_ok() {
        for _ in 0..40 {
            if model.append(&store).await.is_err() {
                // Nothing is acknowledged without power.
                assert!(model.append(&store).await.is_err());
                break;
            }
        }
    }
    store.close().await;
}
