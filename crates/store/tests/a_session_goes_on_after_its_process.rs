//! A session whose process ended continues from its store: nothing that was acknowledged is lost,
//! no effect is repeated silently, and the old process can write nothing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test's helpers panic too"
)]

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use geppetto_engine::{ErrorKind, RunStatus};
use geppetto_enginebuilder::Builder;
use geppetto_events::{Event, EventKind};
use geppetto_session::{Session, SessionError};
use geppetto_store::{
    Claim, EndStatus, INTERRUPTED, MemoryStore, OUTCOME_UNKNOWN, Restored, Resumption, RunPhase,
    STORE_EVENTS_AFTER, SessionStore, UnknownOutcome,
};
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_toolloop::{ToolError, ToolOutput, ToolRegistry, tool_fn};
use geppetto_turns::{Incomplete, Turn};

const ID: &str = "chat";

/// What tools did to the world.
#[derive(Clone, Default)]
struct World {
    paid: Arc<AtomicU32>,
    sent: Arc<AtomicU32>,
    /// Where `send` waits, after it had its effect.
    gate: Gate,
}

impl World {
    fn tools(&self) -> ToolRegistry {
        let paid = Arc::clone(&self.paid);
        let pay = move || {
            paid.fetch_add(1, Ordering::Relaxed);
            async { Ok::<_, ToolError>("paid") }
        };
        let (sent, gate) = (Arc::clone(&self.sent), self.gate.clone());
        let send = move || {
            sent.fetch_add(1, Ordering::Relaxed);
            let gate = gate.clone();
            async move {
                gate.pass().await;
                Ok::<_, ToolError>("sent")
            }
        };
        let submit = || async { ToolOutput::text("filed").ending_run() };
        ToolRegistry::new()
            .with(tool_fn("submit", "Submits a report", submit))
            .unwrap()
            .with(tool_fn("pay", "Pays", pay))
            .unwrap()
            .with(tool_fn("send", "Sends", send))
            .unwrap()
    }

    fn effects(&self) -> (u32, u32) {
        let load = |n: &AtomicU32| n.load(Ordering::Relaxed);
        (load(&self.paid), load(&self.sent))
    }
}

/// Opens the session as a new process, which settles what the last one left.
async fn open(
    store: &MemoryStore,
    owner: &str,
    engine: &ScriptedEngine,
    world: &World,
) -> (Session, geppetto_store::JournalOf<MemoryStore>) {
    let claim = Claim::new(owner).taking_over();
    let mut restored = Restored::open(store.clone(), ID, &claim).await.unwrap();
    restored.settle().await.unwrap();
    assert_eq!(restored.cut, None);
    session(restored, engine, world)
}

fn session(
    restored: Restored<MemoryStore>,
    engine: &ScriptedEngine,
    world: &World,
) -> (Session, geppetto_store::JournalOf<MemoryStore>) {
    let journal = restored.journal();
    let builder = Builder::new(engine.clone())
        .tools(world.tools())
        .journal(journal.clone())
        .persister(journal.clone());
    let session = Session::builder(builder)
        .id(ID)
        .event_stream(restored.event_stream())
        .history(restored.turns)
        .acknowledge_recorded(true)
        .build();
    (session, journal)
}

async fn stored_turns(store: &MemoryStore) -> Vec<Turn> {
    let count = store.info(ID).await.unwrap().turns;
    let mut turns = Vec::new();
    for index in 0..count {
        turns.push(store.turn(ID, index).await.unwrap());
    }
    turns
}

/// All events of the log, whose numbers must be gap-free.
async fn stored_events(store: &MemoryStore) -> Vec<Event> {
    let events = store.events(ID, 0, usize::MAX).await.unwrap();
    let mut last = 0;
    for event in &events {
        assert_eq!(event.first_seq(), last + 1);
        last = event.seq;
    }
    assert_eq!(store.info(ID).await.unwrap().last_seq, last);
    events
}

async fn last_end(store: &MemoryStore) -> EndStatus {
    match store.info(ID).await.unwrap().run.unwrap().phase {
        RunPhase::Ended(end) => end.status,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn after_runs_that_ended_it_has_everything() {
    let store = MemoryStore::new();
    let world = World::default();
    world.gate.open();
    let engine = ScriptedEngine::new([
        Script::new().tool_call("c1", "pay", "{}").usage(10, 5),
        Script::new().text("Done.").usage(20, 7),
        Script::new().text("I was").hang(),
        Script::new().fail(ErrorKind::InvalidRequest, "no"),
        Script::new().text("Hello again."),
    ]);
    let (session, journal) = open(&store, "first", &engine, &world).await;
    session.submit("Pay").await.unwrap().wait().await.unwrap();
    let run = session.submit("Talk").await.unwrap();
    let mut events = run.events();
    while events.next().await.unwrap().text_delta().is_none() {}
    run.cancel();
    run.wait().await.unwrap_err();
    assert_eq!(last_end(&store).await, EndStatus::Cancelled);
    session
        .submit("Fail")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap_err();
    assert_eq!(last_end(&store).await, EndStatus::Failed);
    assert_eq!(store.info(ID).await.unwrap().run.unwrap().turn, 2);
    journal.flush().await.unwrap();

    let (turns, totals) = (session.turns(), session.totals());
    let last_seq = session.stream().last_seq();
    assert_eq!(stored_turns(&store).await, turns);
    assert_eq!(
        turns[1].blocks.last().unwrap().incomplete(),
        Some(Incomplete::Cancelled)
    );
    let events = stored_events(&store).await;
    assert_eq!(events.last().unwrap().seq, last_seq);
    assert_eq!(events.iter().filter(|event| event.is_terminal()).count(), 3);
    drop((session, journal, events, run));

    let (session, journal) = open(&store, "second", &engine, &world).await;
    assert_eq!(session.turns(), turns);
    assert_eq!(session.totals(), totals);
    assert_eq!((totals.provider_calls, totals.tool_calls), (4, 1));
    // One event stands for those that the first process may have published and not stored.
    let skipped = stored_events(&store).await.pop().unwrap();
    assert_eq!(skipped.first_seq(), last_seq + 1);
    assert_eq!(session.stream().last_seq(), skipped.seq);
    // A reader of the first process resumes anywhere: the log, then the stream.
    let turn = session.submit("Hi").await.unwrap().wait().await.unwrap();
    assert_eq!(turn.assistant_text(), "Hello again.");
    journal.close().await.unwrap();
    assert_eq!(stored_turns(&store).await, session.turns());
    assert_eq!(
        stored_events(&store).await.last().unwrap().seq,
        session.stream().last_seq()
    );
    assert_eq!(store.info(ID).await.unwrap().owner, None);
    assert_eq!(world.effects(), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_reader_of_events_that_were_never_stored_misses_nothing_after_them() {
    let store = MemoryStore::new();
    let (world, engine) = (
        World::default(),
        ScriptedEngine::always(Script::new().text("Hello.")),
    );
    let (session, journal) = open(&store, "first", &engine, &world).await;
    session.submit("Hi").await.unwrap().wait().await.unwrap();
    journal.flush().await.unwrap();
    // A process that is killed right afterwards has published these, and stored none.
    session.pause_queue();
    session.resume_queue();
    let read = session.stream().last_seq();
    assert!(read > store.info(ID).await.unwrap().last_seq);

    for owner in ["second", "third"] {
        let (session, _) = open(&store, owner, &engine, &world).await;
        let run = session.submit("Hi").await.unwrap();
        let started = run.events().next().await.unwrap();
        assert!(started.seq > read, "{} after {read}", started.seq);
        run.wait().await.unwrap();
    }
    let (session, journal) = open(&store, "fourth", &engine, &world).await;
    journal.close().await.unwrap();
    let last = session.stream().last_seq();
    // A session that was closed properly skips no number.
    let (session, _) = open(&store, "fifth", &engine, &world).await;
    assert_eq!(session.stream().last_seq(), last);
    let ends = stored_events(&store).await;
    let ends = ends.iter().filter(|event| event.is_terminal()).count();
    assert_eq!(ends, 3);
}

#[tokio::test(start_paused = true)]
async fn a_reply_in_flight_survives_as_far_as_it_was_written() {
    let store = MemoryStore::new();
    let (world, gate) = (World::default(), Gate::new());
    let story = Script::new().text("Once ").text("upon").hold_at(&gate);
    let engine = ScriptedEngine::new([story.text(" a time"), Script::new().text("Fine.")]);
    let (old, _journal) = open(&store, "first", &engine, &world).await;
    let run = old.submit("Tell me a story").await.unwrap();
    gate.reached().await;
    tokio::time::sleep(STORE_EVENTS_AFTER * 2).await;

    // The process is not dead, but stalled; the session is taken over.
    let claim = Claim::new("second").taking_over();
    let mut restored = Restored::open(store.clone(), ID, &claim).await.unwrap();
    let cut = restored.cut.clone().unwrap();
    assert_eq!(cut.run.phase, RunPhase::Calling);
    assert_eq!(
        (cut.partial_text.as_str(), cut.unknown.len()),
        ("Once upon", 0)
    );
    assert_eq!(restored.turns.len(), 1);
    assert_eq!(restored.turns[0].blocks.len(), 1);
    // The call in flight counts, although its usage is not known.
    let totals = restored.totals();
    assert_eq!(
        (totals.provider_calls, totals.usage.unreported_calls),
        (1, 1)
    );
    settle(&store, &mut restored).await;

    let (session, journal) = session(restored, &engine, &world);
    let turn = session
        .submit("Never mind")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    assert_eq!((turn.blocks.len(), session.totals().provider_calls), (4, 2));
    journal.flush().await.unwrap();
    let (turns, events) = (stored_turns(&store).await, stored_events(&store).await);
    // The stalled process goes on, and writes nothing.
    gate.open();
    let error = run.wait().await.unwrap_err();
    assert!(
        matches!(
            error.status(),
            RunStatus::Failed {
                kind: ErrorKind::Fenced,
                ..
            }
        ),
        "{error:?}"
    );
    let refused = old.submit("And?").await.unwrap_err();
    assert!(
        matches!(refused, SessionError::NotRecorded(_)),
        "{refused:?}"
    );
    tokio::time::sleep(STORE_EVENTS_AFTER * 2).await;
    assert_eq!(stored_turns(&store).await, turns);
    assert_eq!(stored_events(&store).await, events);
}

/// Ends the run that was cut off, and checks what is stored.
async fn settle(store: &MemoryStore, restored: &mut Restored<MemoryStore>) {
    restored.settle().await.unwrap();
    restored.settle().await.unwrap();
    let said = restored.turns[0].blocks.last().unwrap();
    assert_eq!(said.text(), Some("Once upon"));
    assert_eq!(said.incomplete(), Some(Incomplete::Failed));
    assert_eq!(stored_turns(store).await, restored.turns);
    let events = stored_events(store).await;
    let EventKind::RunFailed(end) = &events.last().unwrap().kind else {
        panic!("the log ends with the end of the run");
    };
    assert_eq!(end.error_string, INTERRUPTED);
    assert_eq!(end.error_kind.as_deref(), Some("interrupted"));
}

#[tokio::test(start_paused = true)]
async fn no_tool_runs_again_and_an_unknown_outcome_is_told() {
    let store = MemoryStore::new();
    let world = World::default();
    let engine = ScriptedEngine::new([
        Script::new()
            .tool_call("c1", "pay", "{}")
            .tool_call("c2", "send", "{}"),
        Script::new().text("I will check."),
    ]);
    let (old, _journal) = open(&store, "first", &engine, &world).await;
    let _run = old.submit("Pay, then send").await.unwrap();
    world.gate.reached().await;
    tokio::time::sleep(STORE_EVENTS_AFTER * 2).await;
    assert_eq!(world.effects(), (1, 1));

    let claim = Claim::new("second").taking_over();
    let restored = Restored::open(store.clone(), ID, &claim).await.unwrap();
    let cut = restored.cut.as_ref().unwrap();
    assert_eq!(cut.run.phase, RunPhase::Replied);
    let unknown: Vec<_> = cut
        .unknown
        .iter()
        .map(|own| (own.tool.as_str(), own.idempotent))
        .collect();
    assert_eq!(unknown, [("send", false)]);
    // The answer of the finished tool was in no turn yet.
    let turn = restored.turns.last().unwrap();
    assert_eq!(turn.tool_answer("c1").unwrap().output(), "paid");
    assert!(turn.tool_answer("c2").is_none());

    let (session, journal) = open(&store, "third", &engine, &world).await;
    let latest = session.latest().unwrap();
    assert_eq!(
        latest.tool_answer("c2").unwrap().error.as_deref(),
        Some(OUTCOME_UNKNOWN)
    );
    assert_eq!(last_end(&store).await, EndStatus::Interrupted);
    session.submit("Well?").await.unwrap().wait().await.unwrap();
    let asked = engine.turns().pop().unwrap();
    assert_eq!(asked.pending_tool_calls(0).len(), 0);
    assert_eq!(world.effects(), (1, 1));
    journal.close().await.unwrap();
    assert_eq!(stored_turns(&store).await, session.turns());
}

#[tokio::test(start_paused = true)]
async fn a_prompt_whose_sync_failed_is_not_acknowledged() {
    let store = MemoryStore::new();
    let world = World::default();
    let engine = ScriptedEngine::always(Script::new().text("ok"));
    let (session, _journal) = open(&store, "first", &engine, &world).await;
    session.submit("one").await.unwrap().wait().await.unwrap();
    store.fail_next_sync();
    for _ in 0..2 {
        let refused = session.submit("two").await.unwrap_err();
        assert!(
            matches!(refused, SessionError::NotRecorded(_)),
            "{refused:?}"
        );
    }
    assert_eq!(session.turn_count(), 1);
    let store = store.reopened();
    let (session, journal) = open(&store, "second", &engine, &world).await;
    assert_eq!(session.turn_count(), 1);
    session.submit("three").await.unwrap().wait().await.unwrap();
    journal.close().await.unwrap();
    assert_eq!(stored_turns(&store).await, session.turns());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_cut_off_may_be_continued_on_its_turn() {
    let store = MemoryStore::new();
    let (world, gate) = (World::default(), Gate::new());
    let engine = ScriptedEngine::new([
        Script::new().tool_call("c1", "pay", "{}"),
        Script::new().text("You pa").hold_at(&gate),
        Script::new().text("You paid."),
    ]);
    let (old, _journal) = open(&store, "first", &engine, &world).await;
    let _run = old.submit("Pay").await.unwrap();
    gate.reached().await;
    let claim = Claim::new("second").taking_over();
    let restored = Restored::open(store.clone(), ID, &claim).await.unwrap();
    assert_eq!(restored.cut.as_ref().unwrap().run.phase, RunPhase::Calling);
    let (session, journal) = session(restored, &engine, &world);
    let run = session.inference().submit().await.unwrap();
    let turn = run.wait().await.unwrap();
    assert_eq!(turn.assistant_text(), "You paid.");
    assert_eq!((session.turn_count(), turn.blocks.len()), (1, 4));
    // Two calls before the process ended, and the one of the second run.
    assert_eq!(session.totals().provider_calls, 3);
    assert_eq!(world.effects(), (1, 0));
    journal.close().await.unwrap();
    assert_eq!(stored_turns(&store).await, session.turns());
    assert_eq!(last_end(&store).await, EndStatus::Finished);
    stored_events(&store).await;
}

/// The process ends after a tool has ended the run, while another one runs.
#[tokio::test(start_paused = true)]
async fn a_run_that_a_tool_has_ended_is_over() {
    let store = MemoryStore::new();
    let world = World::default();
    let engine = ScriptedEngine::new([Script::new()
        .tool_call("c1", "submit", "{}")
        .tool_call("c2", "send", "{}")]);
    let (old, _journal) = open(&store, "first", &engine, &world).await;
    let _run = old.submit("Report, then send").await.unwrap();
    world.gate.reached().await;
    tokio::time::sleep(STORE_EVENTS_AFTER * 2).await;
    let claim = Claim::new("second").taking_over();
    let mut restored = Restored::open(store.clone(), ID, &claim).await.unwrap();
    let Resumption::Run(next) = restored.resume(UnknownOutcome::Tell).await.unwrap() else {
        panic!("the run continues");
    };
    let (session, journal) = session(restored, &engine, &world);
    let run = session.inference().extension(next.continues);
    let turn = run.submit().await.unwrap().wait().await.unwrap();
    assert_eq!(turn.tool_answer("c1").unwrap().output(), "filed");
    let unknown = turn.tool_answer("c2").unwrap().error.as_deref();
    assert_eq!(unknown, Some(OUTCOME_UNKNOWN));
    assert_eq!(engine.inferences(), 1);
    journal.close().await.unwrap();
    assert_eq!(last_end(&store).await, EndStatus::Finished);
}

/// The process ends while a reply that broke off waits to be asked for again.
async fn broken_off(script: Script) -> (MemoryStore, World, ScriptedEngine) {
    let store = MemoryStore::new();
    let (world, gate) = (World::default(), Gate::new());
    let engine = ScriptedEngine::new([
        Script::new().tool_call("c1", "pay", "{}"),
        script,
        Script::new().text("You paid.").hold_at(&gate),
    ]);
    let (old, _journal) = open(&store, "first", &engine, &world).await;
    let _run = old.submit("Pay").await.unwrap();
    tokio::time::sleep(STORE_EVENTS_AFTER * 2).await;
    let record = store.info(ID).await.unwrap().run.unwrap();
    assert_eq!(record.phase, RunPhase::Replied);
    assert_eq!(record.broken.unwrap().from, 3);
    gate.open();
    (store, world, engine)
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_broke_off_is_not_kept_beside_the_one_that_replaces_it() {
    let script = Script::new()
        .reasoning("I think")
        .text("You pa")
        .fail(ErrorKind::Disconnected, "cut");
    let (store, world, engine) = broken_off(script).await;
    let claim = Claim::new("second").taking_over();
    let mut restored = Restored::open(store.clone(), ID, &claim).await.unwrap();
    assert_eq!(restored.cut.as_ref().unwrap().partial_text, "");
    let next = restored.resume(UnknownOutcome::Tell).await.unwrap();
    let Resumption::Run(continuation) = next else {
        panic!("{next:?}");
    };
    assert_eq!(restored.turns[0].blocks.len(), 3);
    let discarded = |event: &Event| matches!(event.kind, EventKind::ProviderCallDiscarded(_));
    let events = stored_events(&store).await;
    assert_eq!(events.iter().filter(|event| discarded(event)).count(), 1);
    let (session, journal) = session(restored, &engine, &world);
    let run = session.inference().extension(continuation.continues);
    let turn = run.submit().await.unwrap().wait().await.unwrap();
    assert_eq!(
        (turn.assistant_text(), turn.blocks.len()),
        ("You paid.".into(), 4)
    );
    journal.close().await.unwrap();
    assert_eq!(stored_turns(&store).await, session.turns());
    assert_eq!(world.effects(), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_broke_off_is_kept_by_a_run_that_is_ended() {
    let script = Script::new().reasoning("I think").text("You pa");
    let (store, _, _) = broken_off(script.fail(ErrorKind::Disconnected, "cut")).await;
    let claim = Claim::new("second").taking_over();
    let mut restored = Restored::open(store.clone(), ID, &claim).await.unwrap();
    restored.settle().await.unwrap();
    let turn = &restored.turns[0];
    assert_eq!(
        (turn.assistant_text(), turn.blocks.len()),
        ("You pa".into(), 5)
    );
    assert_eq!(last_end(&store).await, EndStatus::Interrupted);
    let discarded = |event: &Event| matches!(event.kind, EventKind::ProviderCallDiscarded(_));
    assert!(!stored_events(&store).await.iter().any(discarded));
}
