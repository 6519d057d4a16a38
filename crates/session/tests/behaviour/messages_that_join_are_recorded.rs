//! A message that joins a run is recorded before it is part of the conversation.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use geppetto_engine::{
    EngineError, ErrorKind, JoiningInput, Persister, RunContext, RunJournal, RunStatus, StoreError,
};
use geppetto_session::{BusyPolicy, PauseAfter, Session, SessionBuilder, SessionError};
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_turns::Turn;

use super::prompts_join_the_running_inference::{builder, calls, users};

/// Refuses messages that join, or waits at a gate before it records them.
struct Barrier(Option<Gate>);

#[async_trait]
impl RunJournal for Barrier {
    async fn input_joins(
        &self,
        _: &RunContext,
        turn: &Turn,
        input: &[JoiningInput],
    ) -> Result<(), EngineError> {
        let joining = input.iter().flat_map(JoiningInput::blocks);
        let joining: Vec<_> = joining.filter_map(|block| block.text()).collect();
        assert!(users(turn).ends_with(&joining));
        match &self.0 {
            Some(gate) => {
                gate.pass().await;
                Ok(())
            }
            None => Err(EngineError::new(ErrorKind::Other, "disk full")),
        }
    }
}

fn recorded(engine: &ScriptedEngine, gate: &Gate, barrier: Barrier) -> SessionBuilder {
    Session::builder(builder(engine, gate).journal(barrier)).acknowledge_recorded(true)
}

#[tokio::test]
async fn one_that_is_not_recorded_is_not_accepted() {
    let gate = Gate::new();
    let engine = ScriptedEngine::new([calls()]);
    let session = recorded(&engine, &gate, Barrier(None)).build();
    let run = session.submit("Paint it").await.unwrap();
    gate.reached().await;
    let (green, run) = tokio::join!(session.steer("in green"), async {
        gate.open();
        run.wait().await.unwrap_err()
    });
    let error = green.unwrap_err();
    assert!(matches!(&error, SessionError::NotRecorded(_)), "{error}");
    assert!(error.to_string().contains("disk full"), "{error}");
    assert_eq!(users(run.turn()), ["Paint it"]);
    assert_eq!((session.queued().len(), session.turn_count()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn those_that_are_being_recorded_when_the_run_is_cancelled_keep_their_order() {
    let (gate, recording) = (Gate::new(), Gate::new());
    let next = Script::new().text("Next.");
    let engine = ScriptedEngine::new([calls(), next.clone(), next.clone(), next]);
    let session = recorded(&engine, &gate, Barrier(Some(recording.clone())))
        .pause_queue_after(PauseAfter::FailureOrCancel)
        .acknowledge_recorded(false)
        .busy_policy(BusyPolicy::Queue { max: 9 })
        .build();
    let run = session.submit("Paint it").await.unwrap();
    gate.reached().await;
    let later = session.submit("later").await.unwrap();
    for text in ["one", "two"] {
        let _ = session.steer(text).await.unwrap();
    }
    gate.open();
    recording.reached().await;
    run.cancel();
    let error = run.wait().await.unwrap_err();
    assert_eq!(users(error.turn()), ["Paint it"]);
    let queued = session.queued().into_iter().map(|own| own.text);
    assert_eq!(queued.collect::<Vec<_>>(), ["one", "two", "later"]);
    session.resume_queue();
    recording.open();
    let turn = later.wait().await.unwrap();
    // The second one joins the run of the first.
    assert_eq!(users(&turn), ["Paint it", "one", "two", "later"]);
    assert_eq!((session.queued().len(), session.turn_count()), (0, 3));
}

/// Counts the messages that it is told of.
#[derive(Clone, Default)]
struct Counts(Arc<AtomicUsize>);

#[async_trait]
impl RunJournal for Counts {
    async fn input_joins(
        &self,
        _: &RunContext,
        _: &Turn,
        input: &[JoiningInput],
    ) -> Result<(), EngineError> {
        self.0.fetch_add(input.len(), Ordering::SeqCst);
        Ok(())
    }
}

#[async_trait]
impl Persister for Counts {
    async fn persist(&self, _: &Turn, _: &RunStatus) -> Result<(), StoreError> {
        Ok(())
    }
}

#[tokio::test]
async fn the_recorder_and_the_journal_are_told() {
    let gate = Gate::new();
    let engine = ScriptedEngine::new([calls(), Script::new().text("Done.")]);
    let (recorder, journal) = (Counts::default(), Counts::default());
    let session = Session::builder(builder(&engine, &gate).journal(journal.clone()))
        .recorder(recorder.clone())
        .build();
    let run = session.submit("Paint it").await.unwrap();
    gate.reached().await;
    // A session with a recorder accepts the message once it is recorded.
    let green = session.prompt("in green").join_running();
    let _green = green.acknowledge_recorded(false).submit().await.unwrap();
    gate.open();
    run.wait().await.unwrap();
    let told = [&recorder, &journal].map(|own| own.0.load(Ordering::SeqCst));
    assert_eq!(told, [1, 1]);
}
