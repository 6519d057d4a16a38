//! Time limits have no maximum: "as long as it takes" is a duration too.

use std::time::Duration;

use geppetto_store::{Claim, MemoryStore, SessionStore};

use super::support::{ID, World};

#[tokio::test(start_paused = true)]
async fn of_leases_idleness_runs_and_the_shutdown() {
    let store = MemoryStore::new();
    let host = World::default()
        .host(store.clone())
        .lease(Duration::MAX)
        .idle_after(Duration::MAX)
        .build();
    let session = host.session(ID);
    let run = session.prompt("Hello").time_limit(Duration::MAX);
    run.submit().await.unwrap().wait().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1000)).await;
    let running = session.submit("Again").await.unwrap();
    let ended = host.shutdown(Duration::MAX).await;
    assert_eq!((ended.cancelled, ended.not_stored), (vec![], vec![]));
    running.wait().await.unwrap();
    let claim = Claim::new("other").expiring_after(Duration::MAX);
    let opened = store.open(ID, &claim).await.unwrap();
    store.renew(&opened.lease).await.unwrap();
    let held = store.open(ID, &Claim::new("third")).await.unwrap_err();
    assert_eq!(held.kind(), geppetto_store::ErrorKind::Held);
}
