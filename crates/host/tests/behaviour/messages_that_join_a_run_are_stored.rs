//! A message that joins a run is acknowledged once it is stored, with its idempotency key.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use geppetto_host::{CutRuns, ErrorKind, Host, HostedSession, Submit, UnknownOutcome};
use geppetto_store::{MemoryStore, SessionStore};
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_turns::{BlockKind, Turn};

use super::support::{Dying, ID, World, log};

fn joining(session: &HostedSession, text: &str) -> Submit {
    session.prompt(text).idempotency_key("key").join_running()
}

fn users(turn: &Turn) -> Vec<&str> {
    let users = turn.blocks_of(BlockKind::User);
    users.filter_map(|block| block.text()).collect()
}

fn world() -> (World, Gate) {
    let gate = Gate::new();
    let world = World {
        gate: Some(gate.clone()),
        ..World::default()
    };
    (world, gate)
}

#[tokio::test(start_paused = true)]
async fn and_found_again_by_their_keys() {
    let store = MemoryStore::new();
    let (world, gate) = world();
    let host = world.host(store.clone()).build();
    let session = host.session(ID);
    let run = session.prompt("send").submit().await.unwrap();
    gate.reached().await;
    let message = tokio::spawn(joining(&session, "hello").submit());
    while session.snapshot().await.unwrap().queued.is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(!message.is_finished());
    gate.open();
    let joined = message.await.unwrap().unwrap();
    assert_eq!(joined.id(), run.id());
    let turn = joined.wait().await.unwrap();
    assert_eq!(users(&turn), ["send", "hello"]);
    assert_eq!(turn.assistant_text(), "hello.");
    host.shutdown(Duration::ZERO).await;

    let host = world.host(store.clone()).build();
    let session = host.session(ID);
    let again = joining(&session, "hello").submit().await.unwrap();
    assert_eq!((again.id(), again.is_repeated()), (run.id(), true));
    let error = joining(&session, "other").submit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::KeyReused);
    assert_eq!(session.info().await.unwrap().turns, 1);
    log(&store).await;
}

#[tokio::test]
async fn and_need_no_place_of_their_own_among_the_runs() {
    let (world, working) = world();
    let replying = Gate::new();
    let engine = ScriptedEngine::new([
        Script::new().tool_call("call_1", "send", "{}"),
        Script::new().hold_at(&replying).text("Done."),
    ]);
    let host = Host::builder(MemoryStore::new(), world.builder_of(engine));
    let host = host.max_runs(1).build();
    let session = host.session(ID);
    let run = session.prompt("send").submit().await.unwrap();
    working.reached().await;
    let message = tokio::spawn(joining(&session, "hello").submit());
    while session.snapshot().await.unwrap().queued.is_empty() {
        assert!(!message.is_finished(), "{:?}", message.await);
        tokio::task::yield_now().await;
    }
    working.open();
    replying.reached().await;
    let joined = message.await.unwrap().unwrap();
    assert_eq!(joined.id(), run.id());
    assert_eq!(host.load().runs, 1);
    replying.open();
    assert_eq!(users(&run.wait().await.unwrap()), ["send", "hello"]);
}

/// Submits a prompt whose tool waits, and a message that joins its run.
async fn first_process(host: &Host, gate: &Gate, acknowledged: &AtomicBool) {
    let session = host.session(ID);
    let run = session.prompt("send").submit().await.unwrap();
    let message = async {
        gate.reached().await;
        let message = joining(&session, "hello").submit();
        let (message, ()) = tokio::join!(message, async {
            while session.snapshot().await.unwrap().queued.is_empty() {
                tokio::task::yield_now().await;
            }
            gate.open();
        });
        message.unwrap()
    };
    let message = message.await;
    acknowledged.store(true, Ordering::SeqCst);
    message.wait().await.unwrap();
    run.wait().await.unwrap();
    host.shutdown(Duration::from_secs(1)).await;
}

async fn second_process(world: &World, store: &MemoryStore, acknowledged: bool) {
    let policy = CutRuns::Resume(UnknownOutcome::Tell);
    let host = world.host(store.clone()).cut_runs(policy).build();
    host.recover().await.unwrap();
    let session = host.session(ID);
    session.idle().await;
    let count = |turns: &[Turn]| {
        let users = turns.last().map(users).unwrap_or_default();
        users.iter().filter(|text| **text == "hello").count()
    };
    let found = count(&session.open().await.unwrap().turns());
    assert!(found == 1 || !acknowledged, "{found}");
    // Whoever did not learn that it was accepted asks again.
    let again = joining(&session, "hello").submit().await.unwrap();
    assert_eq!(again.is_repeated(), found == 1);
    let turn = again.wait().await.unwrap();
    assert!(turn.assistant_text().ends_with("hello."));
    assert_eq!(count(&session.turns().await.unwrap()), 1);
    assert!(world.acts("send").len() <= 1);
    host.shutdown(Duration::from_secs(1)).await;
    log(store).await;
}

#[test]
fn in_a_process_that_is_killed_at_any_write() {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true);
    for written in [false, true] {
        for at in 1.. {
            let memory = MemoryStore::new();
            let (world, gate) = world();
            let acknowledged = AtomicBool::new(false);
            let store = Dying::mortal(memory.clone(), at, written);
            let host = world.host(store.clone()).build();
            let runtime = builder.build().unwrap();
            let died = runtime.block_on(async {
                tokio::select! {
                    biased;
                    () = store.died() => true,
                    () = first_process(&host, &gate, &acknowledged) => false,
                }
            });
            store.bury();
            drop((host, runtime));
            gate.open();
            let acknowledged = acknowledged.into_inner();
            // A session that was never stored has no log.
            let exists = builder.build().unwrap().block_on(memory.info(ID)).is_ok();
            if exists {
                let second = second_process(&world, &memory, acknowledged);
                builder.build().unwrap().block_on(second);
            }
            if !died {
                assert!(at > 8, "only {at} writes");
                break;
            }
        }
    }
}
