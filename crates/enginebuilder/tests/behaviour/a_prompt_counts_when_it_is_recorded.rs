//! If prompts are acknowledged only once the journal has recorded them, a refused prompt leaves no
//! trace.

use std::{
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use async_trait::async_trait;
use geppetto_engine::{EngineError, ErrorKind, RunContext, RunJournal, RunStatus};
use geppetto_enginebuilder::Builder;
use geppetto_session::{BusyPolicy, Session, SessionError};
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_turns::Turn;
use tokio::sync::Semaphore;

/// A journal that records once it is released, and can refuse.
struct Journal {
    let_go: Semaphore,
    refuses: Mutex<bool>,
    lines: Mutex<Vec<String>>,
}

impl Journal {
    fn new(permits: usize) -> Arc<Self> {
        Arc::new(Self {
            let_go: Semaphore::new(permits),
            refuses: Mutex::default(),
            lines: Mutex::default(),
        })
    }

    fn lines(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.lock().unwrap())
    }
}

#[async_trait]
impl RunJournal for Journal {
    async fn run_started(&self, ctx: &RunContext, turn: &Turn) -> Result<(), EngineError> {
        assert!(ctx.session_id().is_some() && ctx.inference_id().is_some());
        self.let_go.acquire().await.unwrap().forget();
        if *self.refuses.lock().unwrap() {
            return Err(EngineError::new(ErrorKind::Other, "the disk is full"));
        }
        let said = turn
            .blocks
            .last()
            .and_then(|own| own.text().map(str::to_owned));
        self.lines
            .lock()
            .unwrap()
            .push(format!("started {}", said.unwrap_or_default()));
        Ok(())
    }

    async fn run_withdrawn(&self, _: &RunContext, turn: &Turn) -> Result<(), EngineError> {
        let line = format!("withdrawn {}", turn.blocks.len());
        self.lines.lock().unwrap().push(line);
        Ok(())
    }

    async fn run_ended(
        &self,
        _: &RunContext,
        turn: &Turn,
        status: &RunStatus,
    ) -> Result<(), EngineError> {
        let line = format!("ended {} {status:?}", turn.blocks.len());
        self.lines.lock().unwrap().push(line);
        Ok(())
    }
}

fn session(journal: &Arc<Journal>, script: Script, policy: BusyPolicy) -> Session {
    let builder = Builder::new(ScriptedEngine::always(script)).journal(Arc::clone(journal));
    Session::builder(builder)
        .acknowledge_recorded(true)
        .busy_policy(policy)
        .build()
}

fn ok() -> Script {
    Script::new().text("ok")
}

#[tokio::test]
async fn submit_returns_after_the_barrier_and_the_prompt_is_in_the_history_then() {
    let journal = Journal::new(0);
    let session = session(&journal, ok(), BusyPolicy::Refuse);
    let mut submit = pin!(session.submit("hi"));
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..3 {
        assert!(submit.as_mut().poll(&mut cx).is_pending());
        tokio::task::yield_now().await;
    }
    assert!(session.is_running());
    assert_eq!((session.turn_count(), session.stream().last_seq()), (0, 0));
    journal.let_go.add_permits(1);
    let run = submit.await.unwrap();
    assert_eq!(session.turn_count(), 1);
    run.wait().await.unwrap();
    // The barrier is passed once.
    assert_eq!(journal.lines(), ["started hi", "ended 2 Finished"]);
}

#[tokio::test]
async fn a_prompt_that_is_refused_leaves_nothing() {
    let journal = Journal::new(3);
    let session = session(&journal, ok(), BusyPolicy::Refuse);
    *journal.refuses.lock().unwrap() = true;
    let error = session.submit("hi").await.unwrap_err();
    assert!(matches!(error, SessionError::NotRecorded(_)), "{error:?}");
    assert_eq!(
        error.to_string(),
        "the prompt was not recorded, and is not accepted: the disk is full"
    );
    assert!(!session.is_running());
    assert_eq!((session.turn_count(), session.stream().last_seq()), (0, 0));
    assert!(journal.lines().is_empty());
    // For this one, the outcome reports it.
    let outcome = session.try_submit("hi").unwrap_err();
    assert!(matches!(outcome, SessionError::NotRecorded(_)));
    *journal.refuses.lock().unwrap() = false;
    let turn = session.submit("again").await.unwrap().wait().await.unwrap();
    assert_eq!(turn.blocks.len(), 2);
}

#[tokio::test]
async fn one_that_is_given_up_at_the_barrier_is_withdrawn_from_the_journal() {
    let journal = Journal::new(0);
    let session = session(&journal, ok(), BusyPolicy::Refuse);
    {
        let submit = pin!(session.submit("never mind"));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(matches!(submit.poll(&mut cx), Poll::Pending));
    }
    journal.let_go.add_permits(1);
    while session.is_running() {
        tokio::task::yield_now().await;
    }
    assert_eq!(journal.lines(), ["started never mind", "withdrawn 1"]);
    assert_eq!((session.turn_count(), session.stream().last_seq()), (0, 0));
}

#[tokio::test]
async fn in_a_queue_it_is_acknowledged_when_its_turn_comes() {
    let journal = Journal::new(9);
    let gate = Gate::new();
    let script = ok().hold_at(&gate).text("!");
    let session = session(&journal, script, BusyPolicy::Queue { max: 4 });
    let first = session.submit("first").await.unwrap();
    let waiting = session.clone();
    let second = tokio::spawn(async move { waiting.submit("second").await });
    {
        let third = pin!(session.submit("given up"));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(third.poll(&mut cx).is_pending());
    }
    while session.queued().len() != 1 {
        tokio::task::yield_now().await;
    }
    assert!(!second.is_finished());
    gate.open();
    first.wait().await.unwrap();
    let second = second.await.unwrap().unwrap();
    second.wait().await.unwrap();
    let lines = journal.lines();
    let started = lines.iter().filter(|line| line.starts_with("started"));
    assert_eq!(
        started.collect::<Vec<_>>(),
        ["started first", "started second"]
    );
    assert_eq!(session.turn_count(), 2);
}

#[tokio::test]
async fn a_run_may_choose_for_itself() {
    let journal = Journal::new(0);
    let session = session(&journal, ok(), BusyPolicy::Refuse);
    let run = session.prompt("hi").acknowledge_recorded(false);
    let run = run.submit().await.unwrap();
    assert_eq!(session.turn_count(), 1);
    journal.let_go.add_permits(1);
    run.wait().await.unwrap();
    assert_eq!(journal.lines(), ["started hi", "ended 2 Finished"]);
}
