//! A program whose runtime shuts down without [`Host::shutdown`](geppetto_host::Host::shutdown) loses
//! no more than one that is killed: its runs are cut off, and go on where they are found.

use std::sync::Arc;

use geppetto_engine::ErrorKind;
use geppetto_host::CutRuns;
use geppetto_session::RunOutcome;
use geppetto_store::{EndStatus, MemoryStore, RunPhase, SessionStore};
use geppetto_testing::Gate;
use geppetto_turns::BlockKind;
use tokio::runtime::{Builder, Runtime};

use super::support::{ID, World, log};

fn runtimes() -> [Runtime; 2] {
    [Builder::new_current_thread(), Builder::new_multi_thread()]
        .map(|mut builder| builder.enable_time().worker_threads(2).build().unwrap())
}

/// Drops a runtime in the middle of a run, and returns its outcome.
fn cut(runtime: Runtime, store: &MemoryStore, world: &World, gate: &Gate) -> Arc<RunOutcome> {
    let run = runtime.block_on(async {
        let session = world.host(store.clone()).build().session(ID);
        let run = session.submit("note then send").await.unwrap();
        gate.reached().await;
        run
    });
    drop(runtime);
    Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(run.handle().unwrap().outcome())
}

#[tokio::test]
async fn within_a_reply() {
    for runtime in runtimes() {
        let store = MemoryStore::new();
        let mut world = World::default();
        let gate = Gate::new();
        world.in_reply = Some(gate.clone());
        let outcome = {
            let (store, world) = (store.clone(), world.clone());
            let cut = move || cut(runtime, &store, &world, &gate);
            std::thread::spawn(cut).join().unwrap()
        };
        let error = outcome.error.as_ref().unwrap();
        assert_eq!(error.kind(), ErrorKind::Shutdown, "{error}");
        let why = outcome.persist_error.as_ref().unwrap();
        assert!(why.contains("goes on"), "{why}");
        let info = store.info(ID).await.unwrap();
        assert!(!info.run.unwrap().is_ended());

        world.in_reply = None;
        let host = world.host(store.clone()).build();
        assert_eq!(host.recover().await.unwrap().taken_up, [ID]);
        host.session(ID).idle().await;
        let turns = host.session(ID).turns().await.unwrap();
        assert_eq!(
            turns[0].last_of(BlockKind::LlmText).unwrap().text(),
            Some("Done.")
        );
        assert_eq!((world.acts("note").len(), world.acts("send").len()), (1, 1));
        host.shutdown(std::time::Duration::ZERO).await;
        log(&store).await;
    }
}

#[tokio::test]
async fn within_a_tool_for_a_program_that_ends_cut_runs() {
    for runtime in runtimes() {
        let store = MemoryStore::new();
        let gate = Gate::new();
        let world = World {
            gate: Some(gate.clone()),
            ..World::default()
        };
        {
            let (store, world) = (store.clone(), world.clone());
            let cut = move || cut(runtime, &store, &world, &gate);
            std::thread::spawn(cut).join().unwrap();
        }
        let host = world.host(store.clone()).cut_runs(CutRuns::End).build();
        host.session(ID).open_existing().await.unwrap();
        let info = store.info(ID).await.unwrap();
        let RunPhase::Ended(end) = info.run.unwrap().phase else {
            panic!("the run is open");
        };
        assert_eq!(end.status, EndStatus::Interrupted);
        let turn = store.turn(ID, 0).await.unwrap();
        let last = turn.blocks.last().unwrap().as_tool_use().unwrap().clone();
        assert!(last.is_error(), "{last:?}");
        assert_eq!((world.acts("note").len(), world.acts("send").len()), (1, 1));
        host.shutdown(std::time::Duration::ZERO).await;
        log(&store).await;
    }
}
