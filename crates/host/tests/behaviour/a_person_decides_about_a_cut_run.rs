//! Cut runs that are left to a person, and calls with an unknown outcome that are put to one.

use std::time::Duration;

use geppetto_host::{CutRuns, Decision, ErrorKind, State, UnknownOutcome};
use geppetto_store::{EndStatus, MemoryStore, RunPhase, SessionStore};
use geppetto_testing::Gate;
use tokio::time::sleep;

use super::support::{ID, World, log};

/// Leaves a run in the middle of its reply, or of its tool `send`.
async fn cut(store: &MemoryStore, prompt: &str) -> World {
    let gate = Gate::new();
    let mut world = World::default();
    if prompt.contains("send") {
        world.gate = Some(gate.clone());
    } else {
        world.in_reply = Some(gate.clone());
    }
    let host = world.host(store.clone()).build();
    drop(host.session(ID).submit(prompt).await.unwrap());
    gate.reached().await;
    sleep(Duration::from_secs(1)).await;
    // The run goes on, but its session is claimed by another host of the same name.
    world.gate = None;
    world.in_reply = None;
    world
}

#[tokio::test(start_paused = true)]
async fn it_is_left_until_somebody_decides() {
    let store = MemoryStore::new();
    let world = cut(&store, "Hello").await;
    let host = world.host(store.clone()).cut_runs(CutRuns::Leave).build();
    let session = host.session(ID);
    host.recover().await.unwrap();
    assert_eq!(host.sessions_in_memory(), 0);
    let snapshot = session.snapshot().await.unwrap();
    assert!(
        matches!(snapshot.state, State::Open { .. }),
        "{:?}",
        snapshot.state
    );
    let refused = session.submit("And?").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::CutRun);
    let run = session.resume().await.unwrap().unwrap();
    let turn = run.wait().await.unwrap();
    assert_eq!(turn.assistant_text(), "Hello.");
    session.submit("And?").await.unwrap().wait().await.unwrap();
    host.shutdown(Duration::ZERO).await;
    log(&store).await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_it() {
    let store = MemoryStore::new();
    let world = cut(&store, "Hello").await;
    let host = world.host(store.clone()).build();
    let session = host.session(ID);
    assert!(session.cancel().await.unwrap());
    assert!(!session.cancel().await.unwrap());
    assert_eq!(session.running().map(|run| run.id().to_owned()), None);
    let turn = session.turns().await.unwrap().pop().unwrap();
    // What was stored of the reply is kept, and marked.
    assert_eq!(turn.assistant_text(), "Hello");
    assert!(turn.blocks.last().unwrap().incomplete().is_some());
    let RunPhase::Ended(end) = store.info(ID).await.unwrap().run.unwrap().phase else {
        panic!("the run has ended");
    };
    assert_eq!(end.status, EndStatus::Interrupted);
    host.shutdown(Duration::ZERO).await;
    log(&store).await;
}

async fn asked(decision: Decision) -> (World, String) {
    let store = MemoryStore::new();
    let world = cut(&store, "note send pay").await;
    assert_eq!(world.acts("send").len(), 1);
    let ask = CutRuns::Resume(UnknownOutcome::Ask);
    let host = world.host(store.clone()).cut_runs(ask).build();
    let session = host.session(ID);
    assert_eq!(host.recover().await.unwrap().taken_up, [ID]);
    assert_eq!(session.snapshot().await.unwrap().state, State::Waiting);
    // The question survives another restart.
    host.shutdown(Duration::ZERO).await;
    log(&store).await;
    let host = world.host(store.clone()).cut_runs(ask).build();
    let session = host.session(ID);
    let waits = session.waits().await.unwrap();
    let send = waits.iter().find(|own| own.tool_name == "send").unwrap();
    assert!(send.question.contains("outcome unknown"), "{send:?}");
    assert_eq!(send.input, "{}");
    let answer = session.answer([(send.call_id.as_str(), decision)]);
    let turn = answer.submit().await.unwrap().wait().await.unwrap();
    assert!(turn.assistant_text().ends_with("Done."));
    let told = turn.tool_answer(&send.call_id).unwrap().output();
    assert_eq!(turn.tool_answer("call_2").unwrap().output(), "pay: done");
    host.shutdown(Duration::ZERO).await;
    log(&store).await;
    (world, told)
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_is_put_to_a_person() {
    let (world, told) = asked(Decision::answer("I saw it arrive")).await;
    assert_eq!(
        (told.as_str(), world.acts("send").len()),
        ("I saw it arrive", 1)
    );
    let (world, told) = asked(Decision::reject("leave it")).await;
    assert!(told.contains("leave it"), "{told}");
    assert_eq!(world.acts("send").len(), 1);
    let (world, told) = asked(Decision::Allow).await;
    assert_eq!(told, "send: done");
    let sent = world.acts("send");
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1], "it keeps its key");
}

#[tokio::test(start_paused = true)]
async fn recovery_is_bounded_and_leaves_others_alone() {
    let store = MemoryStore::new();
    let gate = Gate::new();
    let world = World {
        in_reply: Some(gate.clone()),
        ..World::default()
    };
    let dead = world.host(store.clone()).owner("dead").build();
    let alive = world.host(store.clone()).owner("alive").build();
    for n in 0..6 {
        let host = if n == 5 { &alive } else { &dead };
        let session = host.session(format!("s{n}"));
        drop(session.submit("Hello").await.unwrap());
    }
    sleep(Duration::from_secs(1)).await;
    let again = world
        .host(store.clone())
        .owner("dead")
        .recover_at_once(2)
        .build();
    let recovering = {
        let again = again.clone();
        tokio::spawn(async move { again.recover().await.unwrap() })
    };
    sleep(Duration::from_secs(1)).await;
    assert_eq!(again.sessions_in_memory(), 2);
    gate.open();
    let recovered = recovering.await.unwrap();
    assert_eq!(recovered.taken_up, ["s0", "s1", "s2", "s3", "s4"]);
    assert_eq!(recovered.held, ["s5"]);
    for n in 0..5 {
        let session = again.session(format!("s{n}"));
        session.idle().await;
        assert_eq!(session.turns().await.unwrap()[0].assistant_text(), "Hello.");
    }
}
