//! A run without tools reports what ended it first, and which component panicked.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use geppetto_engine::{
    Engine, EngineError, ErrorKind, Middleware, Next, Phase, RunContext, RunJournal, RunStatus,
};
use geppetto_enginebuilder::Builder;
use geppetto_session::{RunError, Session};
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_turns::{InferenceResult, Turn};

/// A journal that panics or fails at the start or at the end.
#[derive(Clone, Copy, PartialEq)]
enum Journal {
    PanicsAtBegin,
    PanicsAtEnd,
    FailsAtEnd,
}

#[async_trait]
impl RunJournal for Journal {
    async fn run_started(&self, _: &RunContext, _: &Turn) -> Result<(), EngineError> {
        assert!(*self != Self::PanicsAtBegin, "disk full");
        Ok(())
    }

    async fn run_ended(&self, _: &RunContext, _: &Turn, _: &RunStatus) -> Result<(), EngineError> {
        match self {
            Self::PanicsAtBegin => Ok(()),
            Self::PanicsAtEnd => panic!("disk full"),
            Self::FailsAtEnd => Err(EngineError::new(ErrorKind::Other, "not written")),
        }
    }
}

/// Runs a builder over an engine that replies one word.
async fn error_of(change: impl FnOnce(Builder) -> Builder) -> RunError {
    let engine = ScriptedEngine::always(Script::new().text("word"));
    error_with(engine, change).await
}

async fn error_with(
    engine: impl Engine + 'static,
    change: impl FnOnce(Builder) -> Builder,
) -> RunError {
    let session = Session::new(change(Builder::new(engine)));
    let run = session.submit("hi").await.unwrap();
    run.wait().await.unwrap_err()
}

#[tokio::test]
async fn a_panicking_journal_is_named() {
    for journal in [Journal::PanicsAtBegin, Journal::PanicsAtEnd] {
        let error = error_of(|builder| builder.journal(Arc::new(journal))).await;
        assert_eq!(error.to_string(), "the journal panicked: disk full");
    }
}

#[tokio::test]
async fn a_panicking_snapshot_hook_is_named() {
    for at in [Phase::PreInference, Phase::PostInference, Phase::Final] {
        let hook = move |_: &RunContext, _: &Turn, phase: Phase| {
            assert!(phase != at, "no paper");
        };
        let error = error_of(|builder| builder.snapshot_hook(Arc::new(hook))).await;
        assert_eq!(error.to_string(), "the snapshot hook panicked: no paper");
    }
}

#[tokio::test]
async fn what_went_wrong_first_is_the_outcome() {
    let engine = ScriptedEngine::always(Script::new().fail(ErrorKind::Server, "boom"));
    let journal = Arc::new(Journal::FailsAtEnd);
    let error = error_with(engine, |builder| builder.journal(journal)).await;
    assert_eq!(error.to_string(), "boom");
}

#[tokio::test(start_paused = true)]
async fn an_error_of_its_own_is_no_time_limit() {
    /// Fails after the call, whatever its result.
    struct Grumbles;

    #[async_trait]
    impl Middleware for Grumbles {
        async fn run(
            &self,
            ctx: &RunContext,
            turn: &mut Turn,
            next: Next<'_>,
        ) -> Result<InferenceResult, EngineError> {
            let _ = next.run(ctx, turn).await;
            Err(EngineError::new(ErrorKind::Other, "never good enough"))
        }
    }

    let engine = ScriptedEngine::always(Script::new().text("word").hang());
    let error = error_with(engine, |builder| {
        let builder = builder.middleware(Grumbles);
        builder.max_duration(Duration::from_secs(1))
    });
    assert_eq!(error.await.to_string(), "never good enough");
}
