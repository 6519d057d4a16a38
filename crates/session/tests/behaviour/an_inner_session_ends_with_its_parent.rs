//! A session whose parent is a run of another session is a part of that run.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use geppetto_engine::{
    Engine, EngineError, ErrorKind, Finish, ResponseWriter, RunContext, RunStatus,
};
use geppetto_session::{BusyPolicy, EngineRunner, Session, SessionError};
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_turns::{InferenceResult, Turn, Usage};
use tokio::time::Instant;

/// Prompts its own session, and replies with the answer.
#[derive(Clone)]
struct Asks {
    inner: ScriptedEngine,
    tied: bool,
    session: Arc<Mutex<Option<Session>>>,
}

#[async_trait]
impl Engine for Asks {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let builder = Session::builder(EngineRunner::new(self.inner.clone())).id("inner");
        let session = match self.tied {
            true => builder.parent(ctx).build(),
            false => builder.build(),
        };
        *self.session.lock().unwrap() = Some(session.clone());
        let run = session.submit("inner prompt").await.unwrap();
        let said = match run.cancel_on_drop().wait().await {
            Ok(turn) => turn.assistant_text(),
            Err(error) => return Err(EngineError::new(ErrorKind::Other, error.to_string())),
        };
        let mut reply = ResponseWriter::start(ctx, turn, "test", "asks");
        let text = reply.open_text();
        reply.push(text, &said);
        Ok(reply.finish(Finish::completed().with_usage(Usage::new(1, 1))))
    }
}

fn outer(inner: Script, tied: bool) -> (Session, Asks) {
    let asks = Asks {
        inner: ScriptedEngine::new([inner]),
        tied,
        session: Arc::default(),
    };
    let session = Session::builder(EngineRunner::new(asks.clone())).id("outer");
    (session.build(), asks)
}

#[tokio::test]
async fn its_tokens_are_added_to_the_parents() {
    let (session, _) = outer(Script::new().text("found").usage(100, 10), true);
    let run = session.submit("go").await.unwrap();
    assert_eq!(run.wait().await.unwrap().assistant_text(), "found");
    assert_eq!(run.outcome().await.usage, Usage::new(101, 11));
}

#[tokio::test(start_paused = true)]
async fn it_is_cancelled_with_its_parent_or_with_the_handle_that_waits_for_it() {
    for tied in [true, false] {
        let gate = Gate::new();
        let (session, asks) = outer(Script::new().text("par").hold_at(&gate), tied);
        let run = session.submit("go").await.unwrap();
        gate.reached().await;
        let inner = asks.session.lock().unwrap().clone().unwrap();
        let inner_run = inner.active().unwrap();
        run.cancel();
        assert_eq!(run.outcome().await.status, RunStatus::Cancelled);
        assert_eq!(inner_run.outcome().await.status, RunStatus::Cancelled);
        assert!(!inner.is_running());
    }
}

#[tokio::test]
async fn it_shares_the_deadline_and_its_events_name_the_parent() {
    let parent = RunContext::new()
        .with_run("outer", "run-1", "turn-1")
        .with_deadline(Instant::now() + Duration::from_secs(5));
    let engine = ScriptedEngine::always(Script::new().text("ok"));
    let session = Session::builder(EngineRunner::new(engine))
        .parent(&parent)
        .build();
    let run = session.submit("go").await.unwrap();
    run.wait().await.unwrap();
    let mut events = run.events();
    let mut seen = 0;
    while let Some(event) = events.next().await {
        let extra = &event.correlation.extra;
        assert_eq!(extra.get("parent_run_id").unwrap(), "run-1");
        assert_eq!(extra.get("parent_session_id").unwrap(), "outer");
        seen += 1;
    }
    assert!(seen > 3);
    assert!(session.fork_at(0).is_ok());
    parent.cancel();
    let late = session.submit("too late").await.unwrap();
    assert!(late.wait().await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn a_handle_that_cancels_on_drop_can_be_let_go() {
    let engine = ScriptedEngine::always(Script::new().text("ok").hang());
    let session = Session::new(EngineRunner::new(engine));
    let run = session.submit("go").await.unwrap().cancel_on_drop();
    let run = run.detach();
    assert!(!run.is_finished());
    drop(run.clone().cancel_on_drop());
    assert!(run.wait().await.unwrap_err().is_cancelled());
}

/// Submits to the session that it runs in, and waits for the result.
struct AsksItself(Arc<Mutex<Option<Session>>>, AtomicBool);

#[async_trait]
impl Engine for AsksItself {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let mut said = "done".to_owned();
        if !self.1.swap(true, Ordering::SeqCst) {
            let session = self.0.lock().unwrap().take().unwrap();
            let error = session.submit("from inside").await.unwrap_err();
            assert!(
                matches!(error, SessionError::InsideOwnRun { .. }),
                "{error}"
            );
            said = error.to_string();
            // A separate task does not block the run.
            let queued = tokio::spawn(async move { session.submit("from a task").await });
            assert!(queued.await.unwrap().is_ok());
        }
        let mut reply = ResponseWriter::start(ctx, turn, "test", "asks");
        let text = reply.open_text();
        reply.push(text, &said);
        Ok(reply.finish(Finish::completed()))
    }
}

#[tokio::test]
async fn a_prompt_from_inside_of_the_own_run_is_refused_where_it_would_wait_for_itself() {
    let own: Arc<Mutex<Option<Session>>> = Arc::default();
    let engine = AsksItself(Arc::clone(&own), AtomicBool::new(false));
    let session = Session::builder(EngineRunner::new(engine))
        .id("s")
        .busy_policy(BusyPolicy::Queue { max: 4 })
        .build();
    *own.lock().unwrap() = Some(session.clone());
    let run = session.submit("go").await.unwrap();
    let said = run.wait().await.unwrap().assistant_text();
    assert!(
        said.contains("inside of the running inference of session `s`"),
        "{said}"
    );
    while session.is_running() {
        tokio::task::yield_now().await;
    }
    assert_eq!(session.turn_count(), 2);
}
