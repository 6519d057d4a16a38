//! In a session that acknowledges recorded prompts, `submit` returns once the prompt is in the
//! history, and not only when its run is over.

use std::time::Duration;

use async_trait::async_trait;
use geppetto_engine::{BuiltRun, EngineBuilder, EngineError, RunContext};
use geppetto_session::{BusyPolicy, EngineRunner, Session};
use geppetto_testing::{Gate, Script, ScriptedEngine};
use tokio::time;

/// Waits at a gate before it builds a run.
struct Gated {
    inner: EngineRunner,
    gate: Gate,
}

#[async_trait]
impl EngineBuilder for Gated {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        self.gate.pass().await;
        self.inner.build(ctx).await
    }
}

#[tokio::test(start_paused = true)]
async fn neither_earlier_nor_later() {
    let (building, answering) = (Gate::new(), Gate::new());
    let engine = ScriptedEngine::always(Script::new().hold_at(&answering).text("one"));
    let builder = Gated {
        inner: EngineRunner::new(engine),
        gate: building.clone(),
    };
    let session = Session::builder(builder).acknowledge_recorded(true).build();
    let submitted = tokio::spawn({
        let session = session.clone();
        async move { session.submit("hi").await }
    });
    building.reached().await;
    time::sleep(Duration::from_secs(1)).await;
    assert!(!submitted.is_finished());
    assert_eq!(session.latest(), None);

    building.open();
    let run = time::timeout(Duration::from_secs(1), submitted).await;
    let run = run.expect("submitted before the reply").unwrap().unwrap();
    assert_eq!(session.latest().unwrap().blocks.len(), 1);
    assert!(!run.is_finished());
    answering.open();
    assert_eq!(run.wait().await.unwrap().assistant_text(), "one");
}

#[tokio::test(start_paused = true)]
async fn a_queued_one_when_its_run_begins() {
    let gate = Gate::new();
    let engine = ScriptedEngine::new([Script::new().hold_at(&gate), Script::new().text("two")]);
    let session = Session::builder(EngineRunner::new(engine))
        .busy_policy(BusyPolicy::Queue { max: 1 })
        .acknowledge_recorded(true)
        .build();
    let first = session.submit("first").await.unwrap();
    let queued = tokio::spawn({
        let session = session.clone();
        async move { session.submit("second").await }
    });
    gate.reached().await;
    time::sleep(Duration::from_secs(1)).await;
    assert!(!queued.is_finished());
    assert_eq!(session.queued().len(), 1);

    gate.open();
    first.wait().await.unwrap();
    let second = queued.await.unwrap().unwrap();
    assert_eq!(second.wait().await.unwrap().assistant_text(), "two");
}

/// The changes of the queue are published after the run was created, and before it started.
#[tokio::test(start_paused = true)]
async fn a_snapshot_before_that_has_no_events() {
    let gate = Gate::new();
    let builder = Gated {
        inner: EngineRunner::new(ScriptedEngine::always(Script::new().text("ok"))),
        gate: gate.clone(),
    };
    let session = Session::builder(builder)
        .busy_policy(BusyPolicy::Queue { max: 1 })
        .build();
    let run = tokio::spawn({
        let session = session.clone();
        async move { session.submit("first").await }
    });
    gate.reached().await;
    session.pause_queue();
    session.resume_queue();
    let snapshot = session.snapshot();
    assert_eq!(snapshot.events, []);
    assert_eq!(snapshot.seq, session.stream().last_seq());
    assert!(snapshot.running.is_some() && snapshot.seq > 0);
    gate.open();
    run.await.unwrap().unwrap().wait().await.unwrap();
}
