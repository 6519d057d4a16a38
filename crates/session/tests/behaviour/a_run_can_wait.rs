//! A run that waits for a person is over for its session, and is stored with the condition that it
//! waits for.

use std::sync::{
    Arc, Mutex, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use geppetto_engine::{
    BuiltRun, EngineBuilder, EngineError, InferenceRunner, PendingCall, RunContext, RunReport,
    RunStatus, RunStop, WaitingFor, keys,
};
use geppetto_events::{Event, EventSink, sink_fn};
use geppetto_session::{BusyPolicy, PauseReason, Session};
use geppetto_testing::Gate;
use geppetto_turns::Turn;
use serde_json::json;

/// Waits in its first run, and finishes in later ones. Records the models that it runs with.
#[derive(Clone, Default)]
struct Asks(Arc<Mutex<Vec<Option<String>>>>);

fn question() -> WaitingFor {
    WaitingFor::new("may `pay` run?")
        .with_calls([PendingCall::new("c1", "pay", "{}", "may `pay` run?")])
        .with_data(json!({"amount": 7}))
}

#[async_trait]
impl EngineBuilder for Asks {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        Ok(BuiltRun::new(ctx, Arc::new(self.clone())))
    }
}

#[async_trait]
impl InferenceRunner for Asks {
    async fn run(&self, ctx: &RunContext, _: &mut Turn) -> Result<RunReport, EngineError> {
        let model = ctx
            .run_settings()
            .and_then(|own| own.inference.model.clone());
        let mut runs = self.0.lock().unwrap();
        runs.push(model);
        let mut report = RunReport::default();
        if runs.len() == 1 {
            report.stop = RunStop::Waiting(Box::new(question()));
        }
        Ok(report)
    }
}

#[tokio::test]
async fn and_goes_on_after_a_restart_with_its_settings() {
    let asks = Asks::default();
    let session = Session::new(asks.clone());
    let run = session
        .prompt("pay")
        .model("special")
        .submit()
        .await
        .unwrap();
    let error = run.wait().await.unwrap_err();
    assert_eq!(error.status(), &RunStatus::Waiting(Box::new(question())));
    assert_eq!(error.waiting_for(), Some(&question()));
    assert_eq!(error.to_string(), "the run is waiting: may `pay` run?");
    assert!(!session.is_running() && !error.is_cancelled());

    let stored = serde_json::to_string(&session.latest().unwrap()).unwrap();
    let restored: Turn = serde_json::from_str(&stored).unwrap();
    let session = Session::builder(asks.clone()).history([restored]).build();
    assert_eq!(session.waiting_for(), Some(question()));
    let turn = session
        .start_inference()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    assert_eq!(session.waiting_for(), None);
    assert!(!turn.metadata.contains(&keys::WAITING_FOR));
    let special = Some("special".to_owned());
    assert_eq!(*asks.0.lock().unwrap(), [special.clone(), special]);
}

#[tokio::test]
async fn and_another_prompt_is_another_run() {
    let asks = Asks::default();
    let session = Session::new(asks.clone());
    let run = session
        .prompt("pay")
        .model("special")
        .submit()
        .await
        .unwrap();
    run.wait().await.unwrap_err();
    session
        .submit("never mind")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    assert_eq!(session.waiting_for(), None);
    assert_eq!(asks.0.lock().unwrap().last(), Some(&None));
    // The waiting turn is unchanged in the history.
    assert!(
        session
            .turn(0)
            .unwrap()
            .metadata
            .contains(&keys::WAITING_FOR)
    );
}

#[tokio::test]
async fn and_prompts_that_were_queued_before_wait_with_it() {
    let asks = Asks::default();
    let session = Session::builder(asks.clone())
        .busy_policy(BusyPolicy::Queue { max: 3 })
        .build();
    let first = session.submit("pay").await.unwrap();
    let second = session.submit("and then?").await.unwrap();
    assert!(first.wait().await.unwrap_err().waiting_for().is_some());
    tokio::task::yield_now().await;
    assert!(!second.is_finished());
    let reason = session.queue_paused().unwrap();
    let status = RunStatus::Waiting(Box::new(question()));
    assert_eq!(reason, PauseReason::RunEnded(status));
    assert_eq!(
        reason.to_string(),
        "the last run is waiting: may `pay` run?"
    );
    assert_eq!(session.waiting_for(), Some(question()));

    // The answer ends the wait, and the queue continues.
    let answered = session.start_inference().await.unwrap();
    answered.wait().await.unwrap();
    second.wait().await.unwrap();
    assert_eq!((session.queue_paused(), session.turn_count()), (None, 2));
    assert_eq!(asks.0.lock().unwrap().len(), 3);
}

/// Waits in its first run, and stays at a gate in later ones.
#[derive(Clone)]
struct AsksAndStays {
    asked: Arc<AtomicBool>,
    gate: Gate,
}

#[async_trait]
impl EngineBuilder for AsksAndStays {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        Ok(BuiltRun::new(ctx, Arc::new(self.clone())))
    }
}

#[async_trait]
impl InferenceRunner for AsksAndStays {
    async fn run(&self, _: &RunContext, _: &mut Turn) -> Result<RunReport, EngineError> {
        let mut report = RunReport::default();
        if self.asked.swap(true, Ordering::SeqCst) {
            self.gate.pass().await;
        } else {
            report.stop = RunStop::Waiting(Box::new(question()));
        }
        Ok(report)
    }
}

#[tokio::test]
async fn but_not_while_it_goes_on() {
    let gate = Gate::new();
    let session = Session::new(AsksAndStays {
        asked: Arc::default(),
        gate: gate.clone(),
    });
    let run = session.submit("pay").await.unwrap();
    run.wait().await.unwrap_err();
    assert_eq!(session.waiting_for(), Some(question()));
    let run = session.start_inference().await.unwrap();
    gate.reached().await;
    assert_eq!(session.waiting_for(), None);
    gate.open();
    run.wait().await.unwrap();
}

/// Looks at the session when the terminal event of its run is published.
struct Watched {
    inner: Asks,
    session: Arc<OnceLock<Session>>,
    seen: Arc<Mutex<Vec<Option<WaitingFor>>>>,
}

#[async_trait]
impl EngineBuilder for Watched {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        let (session, seen) = (Arc::clone(&self.session), Arc::clone(&self.seen));
        let sink: Arc<dyn EventSink> = Arc::new(sink_fn(move |event: &Event| {
            if event.is_terminal() {
                let waiting = session.get().unwrap().waiting_for();
                seen.lock().unwrap().push(waiting);
            }
        }));
        self.inner.build(ctx.with_event_sinks([sink])).await
    }
}

#[tokio::test]
async fn and_says_so_from_its_terminal_event_on() {
    let (session, seen) = (Arc::new(OnceLock::new()), Arc::default());
    let builder = Watched {
        inner: Asks::default(),
        session: Arc::clone(&session),
        seen: Arc::clone(&seen),
    };
    let session = session.get_or_init(|| Session::new(builder));
    session
        .submit("pay")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap_err();
    assert_eq!(*seen.lock().unwrap(), [Some(question())]);
}
