//! A process that is killed at any of its writes, before or after it, loses nothing that was
//! acknowledged, repeats no effect silently, and leaves a log that every reader can follow.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, atomic::AtomicU32},
    time::Duration,
};

use geppetto_engine::PendingCall;
use geppetto_host::{CutRuns, Decision, Host, HostedRun, HostedSession, UnknownOutcome};
use geppetto_session::RunError;
use geppetto_store::{EndStatus, MemoryStore, OUTCOME_UNKNOWN, RunEnd, RunPhase, SessionStore};
use geppetto_testing::Gate;
use geppetto_turns::{BlockKind, ToolUse, Turn};
use tokio::runtime::Runtime;

use super::support::{Dying, ID, Mortal, World, log, said, seen_text};

const KEY: &str = "request-1";

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap()
}

/// What a user does.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    Prompt(&'static str),
    Retry,
    Edit(&'static str),
    Undo,
    /// Allows the call that waits.
    Allow,
}

/// What the first process knows.
#[derive(Debug, Default)]
struct Known {
    acknowledged: Mutex<Vec<Step>>,
    finished: Mutex<Vec<Step>>,
    /// Number of the last event that a live reader has seen.
    seen: Mutex<u64>,
}

async fn submit(session: &HostedSession, step: Step) -> Option<HostedRun> {
    let submit = match step {
        Step::Prompt(text) => session.prompt(text).idempotency_key(KEY.to_owned() + text),
        Step::Retry => session.retry(),
        Step::Edit(text) => session.edit_prompt(text),
        Step::Allow => session.answer([("call_0", Decision::Allow)]),
        Step::Undo => {
            session.undo().await.unwrap();
            return None;
        }
    };
    Some(submit.submit().await.unwrap())
}

async fn first_process(host: Host, steps: &[Step], known: &Known) {
    let session = host.session(ID);
    for step in steps {
        let run = submit(&session, *step).await;
        known.acknowledged.lock().unwrap().push(*step);
        if let Some(run) = run {
            let mut events = session.events(*known.seen.lock().unwrap());
            while let Some(event) = events.next().await.unwrap() {
                *known.seen.lock().unwrap() = event.seq;
                if event.is_terminal() && event.correlation.run_id.as_deref() == Some(run.id()) {
                    break;
                }
            }
            let waited = run.wait().await;
            assert!(
                waited.as_ref().err().is_none_or(RunError::is_waiting),
                "{waited:?}"
            );
        }
        known.finished.lock().unwrap().push(*step);
    }
    host.shutdown(Duration::from_secs(1)).await;
}

/// Runs the scenario until the store dies. Returns `false` if it outlived the scenario.
fn live_and_die(store: &Mortal, world: &World, steps: &[Step], known: &Known) -> bool {
    let runtime = runtime();
    let host = world.host(store.clone()).build();
    let died = runtime.block_on(async {
        tokio::select! {
            biased;
            () = store.died() => true,
            () = first_process(host, steps, known) => false,
        }
    });
    store.bury();
    died
    // The runtime drops its tasks, as a kill does.
}

fn prompts(turns: &[Turn]) -> Vec<String> {
    let prompt = |turn: &Turn| {
        let prompt = turn.last_of(BlockKind::User).unwrap();
        prompt.text().unwrap().to_owned()
    };
    turns.iter().map(prompt).collect()
}

/// Prompts of the turns after steps.
fn expected(steps: &[Step]) -> Vec<String> {
    let mut prompts: Vec<String> = Vec::new();
    for step in steps {
        match step {
            Step::Prompt(text) => prompts.push((*text).to_owned()),
            Step::Edit(text) => *prompts.last_mut().unwrap() = (*text).to_owned(),
            Step::Undo => drop(prompts.pop()),
            Step::Retry | Step::Allow => {}
        }
    }
    prompts
}

fn no_reply_is_there_twice(turns: &[Turn]) {
    for turn in turns {
        let blocks = turn.blocks.iter();
        let broken = blocks.filter(|block| block.incomplete().is_some());
        assert_eq!(broken.count(), 0, "{turn:#?}");
    }
}

async fn second_process(
    store: MemoryStore,
    world: &World,
    steps: &[Step],
    known: &Known,
    policy: CutRuns,
) {
    let host = world.host(store.clone()).cut_runs(policy).build();
    let session = host.session(ID);
    host.recover().await.unwrap();
    session.idle().await;
    let seen = *known.seen.lock().unwrap();
    let acknowledged = known.acknowledged.lock().unwrap().len();
    let finished = known.finished.lock().unwrap().len();

    // Nothing that was acknowledged is lost; the step after it happened entirely or not at all.
    let turns = session.open().await.unwrap().turns();
    let found = prompts(&turns);
    let next = (acknowledged + 1).min(steps.len());
    let possible = [expected(&steps[..acknowledged]), expected(&steps[..next])];
    assert!(possible.contains(&found), "{found:?} {possible:?}");
    if policy != CutRuns::End {
        no_reply_is_there_twice(&turns);
    }
    if finished == acknowledged && finished == steps.len() {
        let text = turns.last().map(Turn::assistant_text).unwrap_or_default();
        assert!(turns.is_empty() || text.ends_with('.'), "{text}");
    }
    // A request that is repeated finds its run, and a new one does not run twice.
    if let Step::Prompt(text) = steps[0] {
        let again = session.prompt(text).idempotency_key(KEY.to_owned() + text);
        let again = again.submit().await.unwrap();
        let _ = again.wait().await;
        assert_eq!(again.is_repeated(), !found.is_empty() || acknowledged > 0);
    }
    let waits = session.waits().await.unwrap();
    if known.acknowledged.lock().unwrap().contains(&Step::Allow) {
        assert_eq!(
            waits.len(),
            0,
            "a decision that was acknowledged is not asked for again"
        );
    }
    let turns = session.open().await.unwrap().turns();
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
    let rewrites = |step: &Step| !matches!(step, Step::Prompt(_) | Step::Allow);
    if policy != CutRuns::End && !steps.iter().any(rewrites) {
        assert_eq!(seen_text(&events), said(&turns));
    }
    // A reader of the first process misses nothing that was published after what it has seen.
    let rest = store.events(ID, seen, usize::MAX).await.unwrap();
    assert_eq!(rest.first().unwrap().first_seq(), seen + 1);
    assert!(store.info(ID).await.unwrap().run.unwrap().is_ended());
    assert_eq!(store.info(ID).await.unwrap().owner, None);
    // The history needs no repair before the next request, except for interrupted replies.
    assert_eq!(turns.last().unwrap().pending_tool_calls(0).len(), 0);
}

/// A tool that may not be repeated ran at most once per call; one that may be has one key.
fn effects_are_known(world: &World, turns: &[Turn], policy: CutRuns) {
    let (mut paid, mut noted) = (world.acts("pay"), world.acts("note"));
    let count = paid.len();
    paid.sort();
    paid.dedup();
    assert_eq!(paid.len(), count, "{paid:?}");
    noted.sort();
    noted.dedup();
    assert!(noted.len() <= 1, "{noted:?}");
    for turn in turns {
        let answers = turn.blocks.iter().filter_map(|block| block.as_tool_use());
        let answers: Vec<String> = answers.map(ToolUse::output).collect();
        let told = |what: &str| answers.iter().filter(|own| own.contains(what)).count();
        let calls = turn.tool_calls().filter(|call| call.name == "pay").count();
        if policy != CutRuns::End {
            let unknown = told(OUTCOME_UNKNOWN) + told("went on without deciding");
            let waits = PendingCall::of(turn).len();
            assert_eq!(told("pay: done") + unknown + waits, calls, "{answers:?}");
            let calls = turn.tool_calls().filter(|call| call.name == "note").count();
            assert_eq!(told("note: done"), calls, "{answers:?}");
        }
    }
}

fn killed_at_every_write(steps: &[Step], asks: bool, policy: CutRuns) {
    let world = || World {
        asks,
        ..World::default()
    };
    killed_in_a_world(world, steps, policy);
}

fn killed_in_a_world(world: impl Fn() -> World, steps: &[Step], policy: CutRuns) {
    for written in [false, true] {
        let mut at = 1;
        loop {
            let memory = MemoryStore::new();
            let world = world();
            let known = Known::default();
            let store = Dying::mortal(memory.clone(), at, written);
            let died = live_and_die(&store, &world, steps, &known);
            let second = second_process(memory, &world, steps, &known, policy);
            let checked = catch_unwind(AssertUnwindSafe(|| runtime().block_on(second)));
            assert!(
                checked.is_ok(),
                "killed at write {at}, which was written: {written}; {known:?}"
            );
            if !died {
                assert!(at > 8, "only {at} writes");
                break;
            }
            at += 1;
        }
    }
}

const RESUME: CutRuns = CutRuns::Resume(UnknownOutcome::Tell);
const TOOLS: [Step; 2] = [Step::Prompt("pay note"), Step::Prompt("Bye")];

#[test]
fn where_cut_runs_continue() {
    killed_at_every_write(&TOOLS, false, RESUME);
}

#[test]
fn where_cut_runs_end() {
    killed_at_every_write(&TOOLS, false, CutRuns::End);
}

#[test]
fn where_a_later_reply_uses_the_same_call_ids() {
    killed_at_every_write(&[Step::Prompt("pay then note then pay")], false, RESUME);
}

#[test]
fn where_a_person_decides() {
    let steps = [Step::Prompt("pay"), Step::Allow, Step::Prompt("Bye")];
    killed_at_every_write(&steps, true, RESUME);
}

#[test]
fn where_the_last_prompt_is_asked_again_changed_and_removed() {
    let steps = [
        Step::Prompt("Hello"),
        Step::Prompt("pay"),
        Step::Retry,
        Step::Edit("Changed"),
        Step::Undo,
        Step::Prompt("Bye"),
    ];
    killed_at_every_write(&steps, false, RESUME);
}

#[test]
fn where_a_reply_breaks_off_and_is_asked_for_again() {
    let world = || World {
        breaks: Arc::new(AtomicU32::new(1)),
        ..World::default()
    };
    for policy in [RESUME, CutRuns::End] {
        killed_in_a_world(world, &[Step::Prompt("Hello"), Step::Prompt("Bye")], policy);
    }
}

/// Submits a prompt and cancels its run in the middle of the reply.
async fn cancelled_process(host: Host, gate: Gate) {
    let run = host.session(ID).submit("Hello").await.unwrap();
    gate.reached().await;
    run.cancel();
    run.wait().await.unwrap_err();
    host.shutdown(Duration::from_secs(1)).await;
}

#[test]
fn where_the_run_is_being_cancelled() {
    for written in [false, true] {
        for at in 1.. {
            let memory = MemoryStore::new();
            let gate = Gate::new();
            let world = World {
                in_reply: Some(gate.clone()),
                ..World::default()
            };
            let store = Dying::mortal(memory.clone(), at, written);
            let host = world.host(store.clone()).build();
            let died = runtime().block_on(async {
                tokio::select! {
                    biased;
                    () = store.died() => true,
                    () = cancelled_process(host, gate) => false,
                }
            });
            store.bury();
            runtime().block_on(async {
                let host = World::default().host(memory.clone()).build();
                host.recover().await.unwrap();
                let session = host.session(ID);
                session.idle().await;
                let text = said(&session.turns().await.unwrap_or_default());
                // It was cancelled and stays so, or it was killed before that and continues.
                let is_cancelled = memory.info(ID).await.is_ok_and(|info| {
                    let end = RunEnd::new(EndStatus::Cancelled);
                    info.run
                        .is_some_and(|run| run.phase == RunPhase::Ended(end))
                });
                let expected = if is_cancelled { "Hello" } else { "Hello." };
                let is_first = at == 1 && text.is_empty();
                assert!(
                    text == expected || is_first,
                    "write {at}, {written}: {text}"
                );
                assert!(died || is_cancelled);
            });
            if !died {
                assert!(at > 3, "only {at} writes");
                break;
            }
        }
    }
}
