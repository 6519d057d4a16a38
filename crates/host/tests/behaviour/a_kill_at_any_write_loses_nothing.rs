//! A process that is killed at any of its writes, before or after it, loses nothing that was
//! acknowledged, repeats no effect silently, and leaves a log that every reader can follow.

use std::{sync::Mutex, time::Duration};

use geppetto_host::{CutRuns, Host, UnknownOutcome};
use geppetto_store::{MemoryStore, OUTCOME_UNKNOWN, SessionStore};
use geppetto_turns::ToolUse;
use tokio::runtime::Runtime;

use super::support::{ID, Mortal, World, log, said, seen_text};

const PROMPT: &str = "pay note";
const KEY: &str = "request-1";

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap()
}

/// What the first process knows.
#[derive(Debug, Default)]
struct Known {
    acknowledged: Mutex<Vec<&'static str>>,
    finished: Mutex<Vec<&'static str>>,
    /// Number of the last event that a live reader has seen.
    seen: Mutex<u64>,
}

async fn first_process(host: Host, known: &Known) {
    let session = host.session(ID);
    for prompt in [PROMPT, "Bye"] {
        let submit = session.prompt(prompt);
        let submit = match prompt {
            PROMPT => submit.idempotency_key(KEY),
            _ => submit,
        };
        let run = submit.submit().await.unwrap();
        known.acknowledged.lock().unwrap().push(prompt);
        let mut events = session.events(0);
        while let Some(event) = events.next().await.unwrap() {
            *known.seen.lock().unwrap() = event.seq;
            if event.is_terminal() && event.correlation.run_id.as_deref() == Some(run.id()) {
                break;
            }
        }
        run.wait().await.unwrap();
        known.finished.lock().unwrap().push(prompt);
    }
    host.shutdown(Duration::from_secs(1)).await;
}

/// Runs the scenario until the store dies. Returns `false` if it outlived the scenario.
fn live_and_die(store: &Mortal, world: &World, known: &Known) -> bool {
    let runtime = runtime();
    let host = world.host(store.clone()).build();
    runtime.block_on(async {
        tokio::select! {
            biased;
            () = store.died() => true,
            () = first_process(host, known) => false,
        }
    })
    // The runtime drops its tasks, as a kill does.
}

async fn second_process(store: MemoryStore, world: &World, known: &Known, policy: CutRuns) {
    let host = world.host(store.clone()).cut_runs(policy).build();
    let session = host.session(ID);
    host.recover().await.unwrap();
    session.idle().await;
    let seen = *known.seen.lock().unwrap();
    let acknowledged = known.acknowledged.lock().unwrap().clone();
    let finished = known.finished.lock().unwrap().clone();

    // Nothing that was acknowledged is lost.
    let turns = session.open().await.unwrap().turns();
    let prompts: Vec<_> = turns
        .iter()
        .map(|turn| {
            let prompt = turn.last_of(geppetto_turns::BlockKind::User).unwrap();
            prompt.text().unwrap().to_owned()
        })
        .collect();
    assert!(
        prompts.len() >= acknowledged.len(),
        "{prompts:?} {acknowledged:?}"
    );
    assert_eq!(prompts[..acknowledged.len()], acknowledged);
    for (prompt, turn) in finished.iter().zip(&turns) {
        let expected = if *prompt == PROMPT { "Done." } else { "Bye." };
        assert!(turn.assistant_text().ends_with(expected), "{turn:?}");
    }
    // A request that is repeated finds its run, and a new one does not run twice.
    let before = turns.len();
    let again = session.prompt(PROMPT).idempotency_key(KEY);
    let again = again.submit().await.unwrap();
    again.wait().await.unwrap();
    assert_eq!(again.is_repeated(), before > 0);
    let turns = session.open().await.unwrap().turns();
    assert_eq!(turns.len(), before.max(1));

    effects_are_known(world, &turns, policy);
    // The next prompt works.
    let run = session.submit("And now").await.unwrap();
    assert!(
        run.wait()
            .await
            .unwrap()
            .assistant_text()
            .ends_with("And now.")
    );
    host.shutdown(Duration::from_secs(1)).await;

    let events = log(&store).await;
    let turns = session.turns().await.unwrap();
    if policy != CutRuns::End {
        assert_eq!(seen_text(&events), said(&turns));
    }
    // A reader of the first process misses nothing that was published after what it has seen.
    let rest = store.events(ID, seen, usize::MAX).await.unwrap();
    assert_eq!(rest.first().unwrap().first_seq(), seen + 1);
    assert!(store.info(ID).await.unwrap().run.unwrap().is_ended());
    assert_eq!(store.info(ID).await.unwrap().owner, None);
}

/// A tool that may not be repeated ran at most once; one that may be has one key.
fn effects_are_known(world: &World, turns: &[geppetto_turns::Turn], policy: CutRuns) {
    let (paid, noted) = (world.acts("pay"), world.acts("note"));
    assert!(paid.len() <= 1, "{paid:?}");
    let mut keys = noted.clone();
    keys.dedup();
    assert!(keys.len() <= 1, "{noted:?}");
    let answer = |call: &str| turns[0].tool_answer(call).map(ToolUse::output);
    let told = answer("call_0");
    let is_unknown = told
        .as_deref()
        .is_some_and(|told| told.contains(OUTCOME_UNKNOWN));
    match (paid.len(), policy) {
        (0, CutRuns::End) => assert_ne!(told.as_deref(), Some("pay: done")),
        (0, _) => assert!(is_unknown, "{told:?}"),
        _ => assert!(
            is_unknown || told.as_deref() == Some("pay: done"),
            "{told:?}"
        ),
    }
    if policy != CutRuns::End {
        assert_eq!(answer("call_1").as_deref(), Some("note: done"));
    }
}

fn killed_at_every_write(policy: CutRuns) {
    for written in [false, true] {
        let mut at = 1;
        loop {
            let memory = MemoryStore::new();
            let (world, known) = (World::default(), Known::default());
            let store = Mortal::new(memory.clone(), at, written);
            let died = live_and_die(&store, &world, &known);
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                runtime().block_on(second_process(memory, &world, &known, policy));
            }));
            if let Err(panic) = result {
                eprintln!("killed at write {at}, which was written: {written}; {known:?}");
                std::panic::resume_unwind(panic);
            }
            if !died {
                assert!(at > 12, "only {at} writes");
                break;
            }
            at += 1;
        }
    }
}

#[test]
fn where_cut_runs_continue() {
    killed_at_every_write(CutRuns::Resume(UnknownOutcome::Tell));
}

#[test]
fn where_cut_runs_end() {
    killed_at_every_write(CutRuns::End);
}
