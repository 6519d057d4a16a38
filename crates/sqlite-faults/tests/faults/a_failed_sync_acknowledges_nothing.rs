//! After a failed sync, nothing is acknowledged until the store is opened again, and what was
//! acknowledged before is there, also after a loss of power.

use geppetto_sqlite_faults::{Disk, Faults};
use geppetto_store::ErrorKind;

use crate::{
    model::{Model, open},
    power_fails_at_any_write::seeds,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn until_it_is_opened_again() {
    let mut poisoned = 0;
    for seed in 0..seeds(80) {
        let disk = Disk::new(seed).unwrap();
        let mut model = Model::new(seed, 1 + (seed % 3) as usize);
        let store = open(&disk).await.unwrap();
        model.claim(&store).await.unwrap();
        disk.set_faults(Faults {
            sync_fails_at: Some(1 + seed % 50),
            ..Faults::default()
        });
        for _ in 0..40 {
            // Also if the sync was that of the log's content, which is moved after a write.
            let failed = disk.failed_syncs();
            let Err(error) = model.append(&store).await else {
                assert_eq!(failed, 0, "seed {seed}: acknowledged after a failed sync");
                continue;
            };
            assert_eq!(error.kind(), ErrorKind::Poisoned, "seed {seed}: {error}");
            poisoned += 1;
            let acknowledged: Vec<u64> =
                model.sessions.iter().map(|own| own.acknowledged).collect();
            for _ in 0..3 {
                let error = model.append(&store).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Poisoned, "seed {seed}: {error}");
            }
            let after: Vec<u64> = model.sessions.iter().map(|own| own.acknowledged).collect();
            assert_eq!(
                after, acknowledged,
                "seed {seed}: acknowledged by a poisoned store"
            );
            break;
        }
        store.close().await;
        drop(store);
        disk.lose_power();
        let store = open(&disk).await.unwrap();
        model.check(&store, true).await;
        model.claim(&store).await.unwrap();
        model.append(&store).await.unwrap();
    }
    assert!(poisoned > 20, "only {poisoned} syncs failed");
}
