//! Turns of a session share their blocks, forks share with their origin, and the changes of an
//! inference become visible only when it is over.

use std::sync::Arc;

use async_trait::async_trait;
use geppetto_engine::{BuiltRun, EngineBuilder, EngineError, RunContext, SeededIds};
use geppetto_events::{Event, Received};
use geppetto_session::{EngineRunner, Session};
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_turns::{Turn, keys::turn_meta};

async fn say(session: &Session, text: &str) -> Turn {
    session.submit(text).await.unwrap().wait().await.unwrap()
}

#[tokio::test]
async fn each_turn_is_the_whole_conversation_and_shares_the_older_blocks() {
    let session = Session::new(EngineRunner::new(ScriptedEngine::always(
        Script::new().text("ok"),
    )));
    for text in ["a", "b", "c"] {
        say(&session, text).await;
    }
    let turns = session.turns();
    assert_eq!(
        turns
            .iter()
            .map(|turn| turn.blocks.len())
            .collect::<Vec<_>>(),
        [2, 4, 6]
    );
    for (old, new) in turns[1].blocks.iter().zip(&turns[2].blocks) {
        assert!(Arc::ptr_eq(old, new));
    }
    assert!(
        turns
            .iter()
            .all(|turn| turn.session_id() == Some(session.id()))
    );
    let mut ids: Vec<&str> = turns
        .iter()
        .map(|turn| turn.inference_id().unwrap())
        .collect();
    ids.dedup();
    assert_eq!(ids.len(), 3);
    assert!(turns[2].blocks.iter().all(|block| !block.id.is_empty()));
}

#[tokio::test]
async fn a_fork_goes_its_own_way() {
    let session = Session::new(EngineRunner::new(ScriptedEngine::always(
        Script::new().text("ok"),
    )));
    say(&session, "a").await;
    say(&session, "b").await;
    let fork = session.fork_at(0).unwrap();
    assert_ne!(fork.id(), session.id());
    let turn = say(&fork, "other").await;
    assert_eq!((fork.turn_count(), session.turn_count()), (2, 2));
    assert!(Arc::ptr_eq(
        turn.blocks.first().unwrap(),
        session.turn(0).unwrap().blocks.first().unwrap()
    ));
    assert_eq!(turn.session_id(), Some(fork.id()));
    assert_eq!(
        session.latest().unwrap().blocks.get(2).unwrap().text(),
        Some("b")
    );
}

#[tokio::test]
async fn readers_see_the_turn_as_it_was_until_the_run_is_over() {
    let gate = Gate::new();
    let engine = ScriptedEngine::new([Script::new().text("Hello").hold_at(&gate)]);
    let session = Session::new(EngineRunner::new(engine));
    let mut reader = session.subscribe();
    let run = session.submit("hi").await.unwrap();
    gate.reached().await;
    assert_eq!(session.latest().unwrap().blocks.len(), 1);

    let (snapshot, mut tail) = session.join();
    assert_eq!(snapshot.running.as_deref(), Some(run.id()));
    let mut all = snapshot.events.clone();
    gate.open();
    run.wait().await.unwrap();
    session.stream().close();
    while let Some(event) = tail.next_event().await {
        all.push(event);
    }
    let mut expect = Vec::new();
    while let Some(event) = reader.next_event().await {
        expect.push(event);
    }
    assert_eq!(all, expect);
    assert_eq!(session.snapshot().turn.unwrap().assistant_text(), "Hello");
}

#[tokio::test]
async fn who_joins_misses_nothing_and_sees_nothing_twice() {
    let (first, second) = (Gate::new(), Gate::new());
    let script = Script::new().text("a").hold_at(&first).text("b");
    let engine = ScriptedEngine::new([script.hold_at(&second).text("c")]);
    let session = Session::new(EngineRunner::new(engine));
    let run = session.submit("hi").await.unwrap();
    first.reached().await;
    let mut early = session.subscribe();
    first.open();
    second.reached().await;

    let (snapshot, mut rest) = session.join();
    second.open();
    run.wait().await.unwrap();
    let text = |events: &[Event]| {
        events
            .iter()
            .filter_map(Event::text_delta)
            .collect::<String>()
    };
    assert_eq!(text(&snapshot.events), "ab");
    let mut after = Vec::new();
    while let Some(event) = rest.try_next().and_then(Received::into_event) {
        after.push(event);
    }
    assert_eq!(text(&after), "c");
    assert_eq!(after.first().unwrap().first_seq(), snapshot.seq + 1);
    assert!(after.last().unwrap().is_terminal());

    // A reader from before the snapshot receives a delta that spans it.
    let merged = early.try_next().and_then(Received::into_event).unwrap();
    assert_eq!(merged.text_delta(), Some("bc"));
    assert!(merged.first_seq() <= snapshot.seq && merged.seq > snapshot.seq);
}

#[tokio::test]
async fn the_result_of_an_earlier_inference_is_not_the_next_ones() {
    let engine = ScriptedEngine::new([Script::new().text("ok"), Script::new().hang()]);
    let session = Session::new(EngineRunner::new(engine));
    let turn = say(&session, "a").await;
    assert!(turn.metadata.contains(&turn_meta::INFERENCE_RESULT));
    let run = session.submit("b").await.unwrap();
    assert!(
        !session
            .latest()
            .unwrap()
            .metadata
            .contains(&turn_meta::INFERENCE_RESULT)
    );
    run.cancel();
    run.wait().await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn seeded_sessions_repeat_to_the_byte() {
    let mut yamls = Vec::new();
    for _ in 0..2 {
        let engine = ScriptedEngine::always(Script::new().reasoning("hm").text("ok"));
        let session = Session::builder(EngineRunner::new(engine))
            .ids(Arc::new(SeededIds::new(7)))
            .build();
        say(&session, "a").await;
        yamls.push(say(&session, "b").await.to_yaml().unwrap());
    }
    assert_eq!(yamls[0], yamls[1]);
}

#[tokio::test]
async fn readers_come_to_their_end_when_the_session_is_dropped() {
    let session = Session::new(EngineRunner::new(ScriptedEngine::always(
        Script::new().text("ok"),
    )));
    let mut reader = session.subscribe();
    say(&session, "a").await;
    drop(session);
    let mut last = None;
    while let Some(event) = reader.next_event().await {
        last = Some(event);
    }
    assert!(last.is_some_and(|event| event.is_terminal()));
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_has_no_late_events_of_an_abandoned_run() {
    use geppetto_events::{EventKind, kind::Log};
    let gate = Gate::new();
    let kept: Arc<std::sync::Mutex<Option<RunContext>>> = Arc::default();
    let engine = ScriptedEngine::new([
        Script::new().text("a"),
        Script::new().text("b").hold_at(&gate),
    ]);
    let session = Session::new(Keeps(EngineRunner::new(engine), Arc::clone(&kept)));
    say(&session, "one").await;
    let first = kept.lock().unwrap().take().unwrap();
    let run = session.submit("two").await.unwrap();
    gate.reached().await;
    first.publish(EventKind::Log(Log::new("info", "late")));
    let (snapshot, _events) = session.join();
    assert_eq!(snapshot.seq, session.stream().last_seq());
    assert!(
        snapshot
            .events
            .iter()
            .all(|event| { event.correlation.run_id.as_deref() == Some(run.id()) })
    );
    assert!(snapshot.events.len() > 2);
}

/// Keeps the context of a run.
struct Keeps(EngineRunner, Arc<std::sync::Mutex<Option<RunContext>>>);

#[async_trait]
impl EngineBuilder for Keeps {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        *self.1.lock().unwrap() = Some(ctx.clone());
        self.0.build(ctx).await
    }
}

#[tokio::test]
async fn an_empty_fork_has_the_engine_and_nothing_else() {
    let engine = ScriptedEngine::always(Script::new().text("ok").usage(3, 1));
    let session = Session::new(EngineRunner::new(engine));
    say(&session, "a").await;
    let fork = session.fork_empty();
    assert_ne!(fork.id(), session.id());
    assert_eq!((fork.turn_count(), fork.totals().provider_calls), (0, 0));
    assert_eq!(say(&fork, "b").await.blocks.len(), 2);
    assert_eq!(session.turn_count(), 1);
}
