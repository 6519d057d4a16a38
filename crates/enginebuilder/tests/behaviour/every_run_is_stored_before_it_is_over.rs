//! The persister is called once per run, whatever its outcome, with the turn in its current state;
//! no reader sees the run as over before that; and its failure is part of the outcome.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use geppetto_engine::{ErrorKind, Limit, Persister, RunStatus, StoreError, ToolConfig};
use geppetto_enginebuilder::Builder;
use geppetto_events::{Event, EventKind};
use geppetto_session::{ExecutionHandle, PERSIST_TIMEOUT, Session};
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_toolloop::{ToolError, ToolRegistry, tool_fn};
use geppetto_turns::Turn;
use tokio::time::Instant;

/// Behaviour of a persister.
#[derive(Clone)]
enum Way {
    Keeps,
    Fails,
    Panics,
    Waits(Gate),
    Hangs,
}

struct Store {
    way: Way,
    saved: Mutex<Vec<(String, RunStatus)>>,
}

impl Store {
    fn new(way: Way) -> Arc<Self> {
        Arc::new(Self {
            way,
            saved: Mutex::default(),
        })
    }

    fn saved(&self) -> Vec<(String, RunStatus)> {
        self.saved.lock().unwrap().clone()
    }
}

#[async_trait]
impl Persister for Store {
    async fn persist(&self, turn: &Turn, status: &RunStatus) -> Result<(), StoreError> {
        match &self.way {
            Way::Keeps => {}
            Way::Fails => return Err(StoreError::new("disk full")),
            Way::Panics => panic!("disk on fire"),
            Way::Waits(gate) => gate.pass().await,
            Way::Hangs => std::future::pending().await,
        }
        let mut saved = self.saved.lock().unwrap();
        saved.push((turn.assistant_text(), status.clone()));
        Ok(())
    }
}

fn tools() -> ToolRegistry {
    let noon = || async { Ok::<_, ToolError>("noon") };
    ToolRegistry::new()
        .with(tool_fn("now", "The time", noon))
        .unwrap()
}

fn session(store: &Arc<Store>, scripts: impl IntoIterator<Item = Script>) -> Session {
    let mut config = ToolConfig::default();
    config.max_iterations = 1;
    let builder = Builder::new(ScriptedEngine::new(scripts))
        .tools(tools())
        .tool_config(config)
        .persister(store.clone());
    Session::new(builder)
}

async fn cancel_after_text(run: &ExecutionHandle) {
    let mut events = run.events();
    while events.next().await.unwrap().text_delta().is_none() {}
    run.cancel();
}

async fn last_event(run: &ExecutionHandle) -> Event {
    let mut events = run.events();
    let mut last = None;
    while let Some(event) = events.next().await {
        last = Some(event);
    }
    last.unwrap()
}

fn persist_error(event: Event) -> Option<String> {
    match event.kind {
        EventKind::RunFinished(event) => event.persist_error,
        EventKind::RunStopped(event) => event.persist_error,
        EventKind::RunFailed(event) => event.persist_error,
        kind => panic!("{kind:?} does not end a run"),
    }
}

#[tokio::test(start_paused = true)]
async fn on_every_outcome() {
    let store = Store::new(Way::Keeps);
    let session = session(
        &store,
        [
            Script::new().text("one"),
            Script::new()
                .text("two")
                .fail(ErrorKind::InvalidRequest, "no"),
            Script::new().text("three").panic("ouch"),
            Script::new().text("four").tool_call("c", "now", "{}"),
            Script::new().text("five").hang(),
            Script::new().text("six").hang().deaf(),
        ],
    );
    for _ in 0..4 {
        let _ = session.submit("go").await.unwrap().wait().await;
    }
    for _ in 0..2 {
        let run = session.submit("go").await.unwrap();
        cancel_after_text(&run).await;
        run.wait().await.unwrap_err();
    }
    let failed = |kind, message: &str| RunStatus::Failed {
        kind,
        message: message.to_owned(),
    };
    let expect = [
        ("one", RunStatus::Finished),
        ("two", failed(ErrorKind::InvalidRequest, "no")),
        (
            "three",
            failed(ErrorKind::Panicked, "the engine panicked: ouch"),
        ),
        ("four", RunStatus::LimitReached(Limit::Iterations(1))),
        ("five", RunStatus::Cancelled),
        ("six", RunStatus::Cancelled),
    ];
    assert_eq!(
        store.saved(),
        expect.map(|(text, status)| (text.to_owned(), status))
    );
}

#[tokio::test(start_paused = true)]
async fn the_run_is_not_over_before_and_a_cancel_meanwhile_loses_nothing() {
    let gate = Gate::new();
    let store = Store::new(Way::Waits(gate.clone()));
    let session = session(&store, [Script::new().text("kept")]);
    let run = session.submit("go").await.unwrap();
    gate.reached().await;
    assert!(session.is_running() && !run.is_finished());
    assert!(session.submit("too early").await.is_err());
    let mut events = run.events();
    let mut seen = Vec::new();
    while let Ok(event) = tokio::time::timeout(Duration::from_secs(1), events.next()).await {
        seen.push(event.unwrap());
    }
    assert!(seen.iter().all(|event| !event.is_terminal()));

    run.cancel();
    assert!(session.cancel_active());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(session.is_running());
    gate.open();
    // The run had completed before the cancellation.
    assert_eq!(run.wait().await.unwrap().assistant_text(), "kept");
    assert_eq!(store.saved(), [("kept".to_owned(), RunStatus::Finished)]);
    assert_eq!(session.latest().unwrap().assistant_text(), "kept");
    assert_eq!(last_event(&run).await.type_name(), "run-finished");
}

#[tokio::test(start_paused = true)]
async fn its_failure_is_part_of_every_outcome() {
    let timeout = format!("the persister took longer than {PERSIST_TIMEOUT:?}");
    for (way, what) in [
        (Way::Fails, "disk full"),
        (Way::Panics, "the persister panicked: disk on fire"),
        (Way::Hangs, &timeout),
    ] {
        let store = Store::new(way);
        let scripts = [
            Script::new().text("one"),
            Script::new()
                .text("two")
                .fail(ErrorKind::InvalidRequest, "no"),
            Script::new().text("three").hang(),
        ];
        let session = session(&store, scripts);
        for (status, text) in [("finished", "one"), ("no", "two"), ("cancelled", "three")] {
            let run = session.submit("go").await.unwrap();
            if text == "three" {
                cancel_after_text(&run).await;
            }
            let error = run.wait().await.unwrap_err();
            assert_eq!(error.turn().assistant_text(), text);
            assert_eq!(session.latest().as_ref(), Some(error.turn()));
            let told = error.to_string();
            assert!(
                told.ends_with(&format!("{status}; the turn was not stored: {what}")),
                "{told}"
            );
            assert_eq!(error.outcome().persist_error.as_deref(), Some(what));
            assert_eq!(persist_error(last_event(&run).await).as_deref(), Some(what));
        }
        assert_eq!(store.saved(), []);
        assert_eq!(session.turn_count(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_persister_that_hangs_holds_the_session_for_its_time_and_no_longer() {
    let store = Store::new(Way::Hangs);
    let session = session(&store, [Script::new().text("one")]);
    let started = Instant::now();
    session
        .submit("go")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap_err();
    assert_eq!(started.elapsed(), PERSIST_TIMEOUT);
    assert!(!session.is_running());
}
