//! A recorder of a session sees every run, whichever engine builder it has, next to the builder's own
//! journal and persister; the end of a cancelled run does not wait for it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use geppetto_engine::{
    EngineError, ErrorKind, Persister, RunContext, RunJournal, RunStatus, StoreError,
};
use geppetto_enginebuilder::Builder;
use geppetto_session::{Session, SessionError};
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_turns::Turn;
use tokio::time::{Instant, sleep};

/// What was called, by name.
#[derive(Clone, Default)]
struct Log {
    name: &'static str,
    calls: Arc<Mutex<Vec<String>>>,
    refuses: bool,
    persists_after: Duration,
}

impl Log {
    fn named(&self, name: &'static str) -> Self {
        Self {
            name,
            ..self.clone()
        }
    }

    fn add(&self, what: &str) {
        let call = format!("{} {what}", self.name);
        self.calls.lock().unwrap().push(call);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }
}

#[async_trait]
impl RunJournal for Log {
    async fn run_started(&self, _: &RunContext, _: &Turn) -> Result<(), EngineError> {
        self.add("run_started");
        if self.refuses {
            return Err(EngineError::new(ErrorKind::Other, "the disk is full"));
        }
        Ok(())
    }

    async fn run_ended(&self, _: &RunContext, _: &Turn, _: &RunStatus) -> Result<(), EngineError> {
        self.add("run_ended");
        Ok(())
    }
}

#[async_trait]
impl Persister for Log {
    async fn persist(&self, _: &Turn, _: &RunStatus) -> Result<(), StoreError> {
        self.add("persist");
        sleep(self.persists_after).await;
        Ok(())
    }
}

fn engine() -> ScriptedEngine {
    ScriptedEngine::always(Script::new().text("ok"))
}

#[tokio::test(start_paused = true)]
async fn also_one_with_a_builder_of_its_own() {
    let log = Log::default();
    let own = log.named("own");
    let builder = Builder::new(engine())
        .journal(own.clone())
        .persister(own.clone());
    let session = Session::builder(builder)
        .recorder(log.named("recorder"))
        .build();
    session.submit("one").await.unwrap().wait().await.unwrap();
    let expected = [
        "recorder run_started",
        "own run_started",
        "recorder run_ended",
        "own run_ended",
        "own persist",
        "recorder persist",
    ];
    assert_eq!(log.take(), expected);
    let run = session.prompt("two").engine_builder(Builder::new(engine()));
    run.submit().await.unwrap().wait().await.unwrap();
    let expected = [
        "recorder run_started",
        "recorder run_ended",
        "recorder persist",
    ];
    assert_eq!(log.take(), expected);
    session.set_builder(Builder::new(engine()));
    session.submit("three").await.unwrap().wait().await.unwrap();
    assert_eq!(log.take(), expected);
    // A fork is another session.
    let fork = session.fork_at(0).unwrap();
    fork.submit("four").await.unwrap().wait().await.unwrap();
    assert_eq!(log.take(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_it_refuses_is_not_accepted() {
    let log = Log {
        refuses: true,
        ..Log::default()
    };
    let session = Session::builder(Builder::new(engine()))
        .recorder(log)
        .build();
    let refused = session.submit("one").await.unwrap_err();
    assert!(
        matches!(refused, SessionError::NotRecorded(_)),
        "{refused:?}"
    );
    assert_eq!(session.turn_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_does_not_wait_for_it_and_others_do() {
    let log = Log {
        persists_after: Duration::from_secs(5),
        ..Log::default()
    };
    let engine = ScriptedEngine::new([Script::new().text("ok"), Script::new().text("I").hang()]);
    let session = Session::builder(Builder::new(engine)).recorder(log).build();
    let begun = Instant::now();
    session.submit("one").await.unwrap().wait().await.unwrap();
    assert_eq!(begun.elapsed(), Duration::from_secs(5));
    let run = session.submit("two").await.unwrap();
    let mut events = run.events();
    while events.next().await.unwrap().text_delta().is_none() {}
    let begun = Instant::now();
    run.cancel();
    let error = run.wait().await.unwrap_err();
    assert!(
        begun.elapsed() <= Duration::from_millis(100),
        "{:?}",
        begun.elapsed()
    );
    assert!(error.is_cancelled());
    assert!(error.outcome().persist_error.is_some());
}

/// Nothing records a fork: its prompts are accepted as in a session without a recorder.
#[tokio::test(start_paused = true)]
async fn prompts_of_a_fork_do_not_wait_for_the_journal_of_the_builder() {
    let own = Log {
        refuses: true,
        ..Log::default()
    };
    let builder = Builder::new(engine()).journal(own);
    let session = Session::builder(builder).recorder(Log::default()).build();
    let refused = session.submit("one").await.unwrap_err();
    assert!(
        matches!(refused, SessionError::NotRecorded(_)),
        "{refused:?}"
    );
    let run = session.fork_empty().submit("one").await.unwrap();
    assert!(run.wait().await.is_err());
}
