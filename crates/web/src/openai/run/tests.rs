use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_store::MemoryStore;
use geppetto_testing::{Gate, Script, ScriptedEngine};

use super::{AtEnd, Place};

#[tokio::test(start_paused = true)]
async fn the_end_of_a_request_cancels_no_later_run_of_its_session() {
    let gate = Gate::new();
    let engine = ScriptedEngine::new([
        Script::new().text("One"),
        Script::new().text("Two").hold_at(&gate).text("."),
    ]);
    let session = Host::new(MemoryStore::new(), Builder::new(engine)).session("s");
    let first = session.submit("First").await.unwrap();
    first.wait().await.unwrap();
    let mut place = Place::new(session.clone(), AtEnd::Cancel);
    place.run = first.handle().cloned();

    let second = session.submit("Second").await.unwrap();
    gate.reached().await;
    drop(place);
    // Time for the task that ended the session.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    gate.open();
    assert_eq!(second.wait().await.unwrap().assistant_text(), "Two.");
}
