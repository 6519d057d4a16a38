//! A runtime that shuts down during a run drops its task. The turn is stored nevertheless.

use geppetto_enginebuilder::Builder;
use geppetto_session::Session;
use geppetto_store::{Claim, Restored, SessionStore};
use geppetto_store_sqlite::SqliteStore;
use geppetto_testing::{Gate, Script, ScriptedEngine};
use tokio::runtime::{Builder as RuntimeBuilder, Runtime};

use crate::folder::Folder;

fn runtime() -> Runtime {
    let mut builder = RuntimeBuilder::new_current_thread();
    builder.enable_all().build().unwrap()
}

#[test]
fn with_the_partial_reply_and_the_end_of_the_run() {
    let folder = Folder::new();
    let file = folder.file();
    let first = runtime();
    let run = first.block_on(async {
        let store = SqliteStore::open(&file).await.unwrap();
        let restored = Restored::open(store, "s", &Claim::new("a")).await.unwrap();
        let journal = restored.journal();
        let gate = Gate::new();
        let script = Script::new()
            .text("a partial reply")
            .hold_at(&gate)
            .text("!");
        let builder = Builder::new(ScriptedEngine::new([script]));
        let session = Session::builder(builder.journal(journal.clone()).persister(journal))
            .id("s")
            .event_stream(restored.event_stream())
            .build();
        let run = session.submit("hi").await.unwrap();
        gate.reached().await;
        run
    });
    drop(first);
    runtime().block_on(async {
        let outcome = run.outcome().await;
        assert!(
            outcome.persist_error.is_none(),
            "{:?}",
            outcome.persist_error
        );
        let store = SqliteStore::open(&file).await.unwrap();
        let info = store.info("s").await.unwrap();
        assert!(info.run.unwrap().is_ended());
        let turn = store.turn("s", 0).await.unwrap();
        assert_eq!(turn.assistant_text(), "a partial reply");
    });
}
