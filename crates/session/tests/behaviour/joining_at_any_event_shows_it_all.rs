//! A reader that joins a session, at any of its events, sees its state and all later events.

use std::sync::{Arc, Mutex, OnceLock};

use async_trait::async_trait;
use geppetto_engine::{
    BuiltRun, EngineBuilder, EngineError, ErrorKind, Resampling, RunContext, SeededIds,
};
use geppetto_events::{Event, EventSink, Grammar, Subscription, sink_fn};
use geppetto_session::{BusyPolicy, EngineRunner, Session, SessionSnapshot};
use geppetto_testing::{Gate, Script, ScriptedEngine};

type Joined = Arc<Mutex<Vec<(u64, SessionSnapshot, Subscription)>>>;

/// Joins its session at every event, from within the sink that receives it.
struct Joining {
    inner: EngineRunner,
    session: Arc<OnceLock<Session>>,
    joined: Joined,
}

#[async_trait]
impl EngineBuilder for Joining {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        let (session, joined) = (Arc::clone(&self.session), Arc::clone(&self.joined));
        let sink: Arc<dyn EventSink> = Arc::new(sink_fn(move |event: &Event| {
            let (snapshot, tail) = session.get().unwrap().join();
            joined.lock().unwrap().push((event.seq, snapshot, tail));
        }));
        self.inner.build(ctx.with_event_sinks([sink])).await
    }
}

/// Returns one line per event, and one per text of a delta, however they were merged.
fn lines(events: &[Event]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut text = String::new();
    for event in events {
        if let Some(delta) = event.text_delta() {
            text.push_str(delta);
            continue;
        }
        if !text.is_empty() {
            lines.push(std::mem::take(&mut text));
        }
        lines.push(format!("{} {}", event.seq, event.type_name()));
    }
    lines
}

/// Returns the numbers of events, without gaps or repetitions.
fn numbers(events: &[Event]) -> Vec<u64> {
    let numbers = events
        .iter()
        .flat_map(|event| event.first_seq()..=event.seq);
    numbers.collect()
}

/// An engine whose four replies finish, fail, panic and finish.
fn all_outcomes() -> ScriptedEngine {
    let long = Script::new()
        .reasoning("let me think")
        .text("one ")
        .text("two ")
        .text("three")
        .tool_call("c", "lookup", r#"{"city":"Oslo"}"#);
    ScriptedEngine::new([
        long.clone(),
        long.clone().fail(ErrorKind::Server, "boom"),
        long.clone().panic("ouch"),
        long,
    ])
}

#[tokio::test]
async fn at_every_event_of_runs_of_all_outcomes() {
    let engine = all_outcomes();
    let (own, joined) = (Arc::new(OnceLock::new()), Joined::default());
    let builder = Joining {
        inner: EngineRunner::new(engine).with_resampling(Resampling::never()),
        session: Arc::clone(&own),
        joined: Arc::clone(&joined),
    };
    let session = Session::builder(builder)
        .ids(Arc::new(SeededIds::new(3)))
        .busy_policy(BusyPolicy::Queue { max: 4 })
        .build();
    own.set(session.clone()).unwrap();
    let mut reader = session.subscribe();
    for _ in 0..4 {
        let run = session.submit("go").await.unwrap();
        let _ = run.wait().await;
    }
    session.stream().close();
    let mut log = Vec::new();
    while let Some(event) = reader.next_event().await {
        log.push(event);
    }

    let joined = std::mem::take(&mut *joined.lock().unwrap());
    assert_eq!(joined.len() as u64, session.stream().last_seq());
    assert!(joined.len() > 40);
    for (at, snapshot, mut tail) in joined {
        assert!(snapshot.seq >= at);
        let mut events = snapshot.events.clone();
        while let Some(event) = tail.next_event().await {
            events.push(event);
        }
        // Before the current run, turns; from its start on, all events.
        let from = events.first().map_or(at + 1, Event::first_seq);
        let expect: Vec<Event> = log.iter().filter(|own| own.seq >= from).cloned().collect();
        assert_eq!(numbers(&events), numbers(&expect), "joined at {at}");
        assert_eq!(lines(&events), lines(&expect), "joined at {at}");
        match snapshot.running {
            Some(id) => {
                let first = snapshot.events.first().unwrap();
                assert_eq!(first.type_name(), "run-started");
                assert_eq!(first.correlation.run_id, Some(id));
                let mut grammar = Grammar::new();
                let legal = events.iter().try_for_each(|event| grammar.accept(event));
                legal.unwrap();
            }
            None => assert!(snapshot.events.is_empty()),
        }
        // Turn and events are consistent: the reply is in exactly one of them.
        let turn = snapshot.turn.unwrap();
        let texts = turn.blocks.iter().filter_map(|block| block.text());
        let replies = texts.filter(|text| *text == "one two three").count();
        let over = |own: &&Event| own.is_terminal() && own.seq <= at;
        assert_eq!(replies, log.iter().filter(over).count(), "joined at {at}");
    }
}

/// Waits at a gate before it builds a run.
struct Gated {
    inner: EngineRunner,
    gate: Arc<Mutex<Option<Gate>>>,
}

#[async_trait]
impl EngineBuilder for Gated {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        let gate = self.gate.lock().unwrap().clone();
        if let Some(gate) = gate {
            gate.pass().await;
        }
        self.inner.build(ctx).await
    }
}

#[tokio::test]
async fn while_the_next_run_is_being_built() {
    let gate = Arc::new(Mutex::new(None));
    let session = Session::new(Gated {
        inner: EngineRunner::new(ScriptedEngine::always(Script::new().text("one"))),
        gate: Arc::clone(&gate),
    });
    session.submit("first").await.unwrap().wait().await.unwrap();
    let building = Gate::new();
    *gate.lock().unwrap() = Some(building.clone());
    let run = session.try_submit("second").unwrap();
    building.reached().await;
    // The events of the first run are in its turn.
    let (snapshot, mut tail) = session.join();
    assert_eq!(snapshot.events, []);
    assert_eq!(snapshot.turn.unwrap().assistant_text(), "one");
    building.open();
    run.wait().await.unwrap();
    let first = tail.next_event().await.unwrap();
    assert_eq!(first.type_name(), "run-started");
}
