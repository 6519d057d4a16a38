//! Whatever the outcome of a run, its turn is kept, one terminal event ends it, and the next prompt
//! runs on a history that providers accept.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use geppetto_engine::{
    BuiltRun, Engine, EngineBuilder, EngineError, ErrorKind, InferenceRunner, RunContext,
    RunReport, RunStatus, TOOL_CANCEL_GRACE,
};
use geppetto_events::{Event, Grammar};
use geppetto_session::{ABANDON_AFTER, EngineRunner, ExecutionHandle, Session, SessionError};
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_turns::{Incomplete, Turn, repair};
use tokio::time::Instant;

fn session(scripts: impl IntoIterator<Item = Script>) -> (Session, ScriptedEngine) {
    let engine = ScriptedEngine::new(scripts);
    (Session::new(EngineRunner::new(engine.clone())), engine)
}

async fn events(run: &ExecutionHandle) -> Vec<Event> {
    let mut reader = run.events();
    let mut events = Vec::new();
    while let Some(event) = reader.next().await {
        events.push(event);
    }
    events
}

/// Asserts that the run's events are legal and end with `last`, that the session is free, and that
/// a second prompt works.
async fn check_end(session: &Session, engine: &ScriptedEngine, run: &ExecutionHandle, last: &str) {
    let events = events(run).await;
    let mut grammar = Grammar::new();
    events
        .iter()
        .for_each(|event| grammar.accept(event).unwrap());
    grammar.finish().unwrap();
    assert_eq!(events.last().map(Event::type_name), Some(last));
    assert!(!session.is_running());

    engine.push(Script::new().text("second"));
    let next = session.submit("and then?").await.unwrap();
    let turn = next.wait().await.unwrap();
    assert_eq!(turn.assistant_text(), "second");
    let sent = engine.turns().pop().unwrap();
    assert_eq!(repair(&sent.blocks).len(), sent.blocks.len());
    assert_eq!(session.stream().violations(), []);
}

#[tokio::test]
async fn after_a_run_that_finished() {
    let (session, engine) = session([Script::new().text("Hel").text("lo")]);
    let run = session.submit("hi").await.unwrap();
    let turn = run.wait().await.unwrap();
    assert_eq!(turn.assistant_text(), "Hello");
    assert_eq!(session.latest(), Some(turn));
    assert_eq!(session.turn_count(), 1);
    check_end(&session, &engine, &run, "run-finished").await;
    assert_eq!(session.turn_count(), 2);
}

#[tokio::test]
async fn after_a_run_that_failed() {
    let (session, engine) = session([Script::new().text("par").fail(ErrorKind::Server, "boom")]);
    let run = session.submit("hi").await.unwrap();
    let error = run.wait().await.unwrap_err();
    assert_eq!(error.to_string(), "boom");
    assert_eq!(error.turn().assistant_text(), "par");
    assert_eq!(
        error.turn().blocks.last().unwrap().incomplete(),
        Some(Incomplete::Failed)
    );
    check_end(&session, &engine, &run, "run-failed").await;
}

#[tokio::test]
async fn after_a_run_that_panicked() {
    let (session, engine) = session([Script::new().text("par").panic("ouch")]);
    let run = session.submit("hi").await.unwrap();
    let error = run.wait().await.unwrap_err();
    assert_eq!(error.engine_error().unwrap().kind(), ErrorKind::Panicked);
    assert_eq!(error.to_string(), "the engine panicked: ouch");
    assert_eq!(error.turn().assistant_text(), "par");
    check_end(&session, &engine, &run, "run-failed").await;
}

#[tokio::test(start_paused = true)]
async fn after_a_run_that_was_cancelled() {
    let (session, engine) = session([Script::new().text("par").hang()]);
    let run = session.submit("hi").await.unwrap();
    let mut reader = run.events();
    while reader.next().await.unwrap().text_delta().is_none() {}
    assert!(session.cancel_active());
    run.cancel();
    let error = run.wait().await.unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!(error.turn().assistant_text(), "par");
    assert_eq!(
        error.turn().blocks.last().unwrap().incomplete(),
        Some(Incomplete::Cancelled)
    );
    assert!(!session.cancel_active());
    check_end(&session, &engine, &run, "run-stopped").await;
}

#[tokio::test(start_paused = true)]
async fn after_a_run_that_ignored_the_cancel_and_was_abandoned() {
    let engine = ScriptedEngine::new([Script::new().text("par").hang().deaf()]);
    // An engine is dropped by its runner before that; a runner, by the session.
    let runners = [(true, TOOL_CANCEL_GRACE), (false, ABANDON_AFTER)];
    for (by_runner, after) in runners {
        let session = match by_runner {
            true => Session::from_engine(engine.clone()),
            false => Session::new(Deaf(engine.clone())),
        };
        abandoned(&session, &engine, after).await;
        engine.push(Script::new().text("par").hang().deaf());
    }
}

/// Calls the engine itself, whatever happens to the run.
#[derive(Clone)]
struct Deaf(ScriptedEngine);

#[async_trait]
impl EngineBuilder for Deaf {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        Ok(BuiltRun::new(ctx, Arc::new(self.clone())))
    }
}

#[async_trait]
impl InferenceRunner for Deaf {
    async fn run(&self, ctx: &RunContext, turn: &mut Turn) -> Result<RunReport, EngineError> {
        let result = self.0.run_inference(ctx, turn).await?;
        Ok(RunReport::single(result, ctx.total_usage()))
    }
}

async fn abandoned(session: &Session, engine: &ScriptedEngine, after: Duration) {
    let run = session.submit("hi").await.unwrap();
    let mut reader = run.events();
    while reader.next().await.unwrap().text_delta().is_none() {}
    let cancelled = Instant::now();
    run.cancel();
    let error = run.wait().await.unwrap_err();
    assert_eq!(cancelled.elapsed(), after);
    assert!(ABANDON_AFTER <= Duration::from_millis(100));
    assert!(error.is_cancelled());
    assert_eq!(error.turn().assistant_text(), "par");
    check_end(session, engine, &run, "run-stopped").await;
}

#[tokio::test]
async fn after_handles_that_were_dropped() {
    let (session, engine) = session([Script::new().text("Hello")]);
    drop(session.submit("hi").await.unwrap());
    while session.is_running() {
        tokio::task::yield_now().await;
    }
    assert_eq!(session.latest().unwrap().assistant_text(), "Hello");
    engine.push(Script::new().text("second"));
    session
        .submit("and then?")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
}

#[test]
fn after_a_runtime_that_shut_down() {
    let (session, engine) = session([Script::new().text("par").hang()]);
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let first = runtime();
    let run = first.block_on(async {
        let run = session.submit("hi").await.unwrap();
        let mut reader = run.events();
        while reader.next().await.unwrap().text_delta().is_none() {}
        run
    });
    drop(first);
    runtime().block_on(async {
        let error = run.wait().await.unwrap_err();
        assert!(matches!(error.status(), RunStatus::Failed { .. }));
        assert_eq!(error.turn().assistant_text(), "par");
        check_end(&session, &engine, &run, "run-failed").await;
    });
}

#[tokio::test]
async fn after_prompts_that_could_not_start() {
    let gate = Gate::new();
    let (session, engine) = session([Script::new().hold_at(&gate).text("Hello")]);
    assert!(matches!(
        session.submit(" ").await,
        Err(SessionError::EmptyPrompt)
    ));
    assert!(matches!(
        session.start_inference().await,
        Err(SessionError::Empty { .. })
    ));
    assert_eq!(session.turn_count(), 0);

    let run = session.submit("hi").await.unwrap();
    gate.reached().await;
    assert!(matches!(
        session.submit("me too").await,
        Err(SessionError::Busy { .. })
    ));
    assert!(matches!(
        session.append_user_prompt("me too"),
        Err(SessionError::Busy { .. })
    ));
    assert!(matches!(
        session.start_inference().await,
        Err(SessionError::Busy { .. })
    ));
    assert_eq!(session.turn_count(), 1);
    gate.open();
    run.wait().await.unwrap();
    check_end(&session, &engine, &run, "run-finished").await;
    assert!(matches!(
        session.fork_at(2),
        Err(SessionError::NoSuchTurn { index: 2, count: 2 })
    ));
}

#[test]
fn outside_of_a_runtime_nothing_starts_and_nothing_changes() {
    let (session, _) = session([]);
    let mut submit = std::pin::pin!(session.submit("hi"));
    let waker = std::task::Waker::noop();
    let polled = submit
        .as_mut()
        .poll(&mut std::task::Context::from_waker(waker));
    assert!(matches!(
        polled,
        std::task::Poll::Ready(Err(SessionError::NoRuntime))
    ));
    assert_eq!(session.turn_count(), 0);
    assert!(!session.is_running());
}
