//! Tokens are paid for on every outcome, so every outcome reports them.

use geppetto_engine::{ErrorKind, Resampling, RunStatus, RunTotals, keys};
use geppetto_session::{BusyPolicy, EngineRunner, RunOutcome, Session};
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_turns::{FinishClass, Usage};

fn session(script: Script) -> Session {
    let runner = EngineRunner::new(ScriptedEngine::always(script));
    Session::new(runner.with_resampling(Resampling::never()))
}

/// Asserts that the outcome, the turn and the session's history agree.
fn assert_took(session: &Session, outcome: &RunOutcome, usage: &Usage, class: &FinishClass) {
    assert_eq!(outcome.usage, *usage);
    assert_eq!((outcome.provider_calls, outcome.tool_calls), (1, 0));
    assert_eq!(outcome.finish_class(), Some(class));
    assert_eq!(outcome.has_unreported_usage(), usage.unreported_calls > 0);
    let totals = |turn: &geppetto_turns::Turn| -> RunTotals {
        turn.metadata.get(&keys::RUN_TOTALS).unwrap().unwrap()
    };
    let told = totals(&outcome.turn);
    assert_eq!((&told.usage, told.provider_calls), (usage, 1));
    assert_eq!(totals(&session.latest().unwrap()), told);
}

#[tokio::test]
async fn a_run_that_finished() {
    let session = session(Script::new().text("hi").usage(100, 10));
    let run = session.submit("go").await.unwrap();
    let outcome = run.outcome().await;
    assert_eq!(outcome.status, RunStatus::Finished);
    let class = FinishClass::Completed;
    assert_took(&session, &outcome, &Usage::new(100, 10), &class);
}

#[tokio::test]
async fn a_run_that_was_cancelled() {
    let session = session(Script::new().text("hi").usage(100, 10).hang());
    let run = session.submit("go").await.unwrap();
    let mut events = run.events();
    while events.next().await.unwrap().text_delta().is_none() {}
    run.cancel();
    let outcome = run.outcome().await;
    assert_eq!(outcome.status, RunStatus::Cancelled);
    let class = FinishClass::Interrupted;
    assert_took(&session, &outcome, &outcome.usage, &class);
    assert_eq!(
        outcome.usage.unreported_calls + outcome.usage.input_tokens / 100,
        1
    );
}

#[tokio::test]
async fn a_run_that_failed() {
    let session = session(Script::new().text("hi").fail(ErrorKind::Server, "boom"));
    let run = session.submit("go").await.unwrap();
    let error = run.wait().await.unwrap_err();
    assert!(!error.is_cancelled());
    let class = FinishClass::Error;
    assert_took(&session, error.outcome(), &Usage::unreported(), &class);
}

#[tokio::test]
async fn a_prompt_that_never_ran_took_nothing() {
    let gate = Gate::new();
    let engine = ScriptedEngine::always(Script::new().hold_at(&gate).text("ok").usage(5, 5));
    let session = Session::builder(EngineRunner::new(engine))
        .busy_policy(BusyPolicy::Queue { max: 1 })
        .build();
    let first = session.submit("first").await.unwrap();
    let second = session.submit("second").await.unwrap();
    second.cancel();
    let outcome = second.outcome().await;
    assert_eq!(outcome.status, RunStatus::Cancelled);
    assert_eq!(outcome.usage, Usage::default());
    assert_eq!((outcome.provider_calls, outcome.finish_class()), (0, None));
    gate.open();
    first.wait().await.unwrap();
}

#[tokio::test]
async fn what_an_earlier_run_took_is_not_the_next_ones() {
    let session = session(Script::new().text("hi").usage(100, 10));
    for _ in 0..3 {
        let run = session.submit("go").await.unwrap();
        assert_eq!(run.outcome().await.usage, Usage::new(100, 10));
    }
}

#[tokio::test]
async fn the_totals_of_a_session_are_those_of_its_runs() {
    let script = Script::new().text("ok").usage(3, 4);
    let session = Session::from_engine(ScriptedEngine::always(script));
    for calls in 1..=2 {
        session.submit("hi").await.unwrap().wait().await.unwrap();
        let totals = session.totals();
        assert_eq!(totals.provider_calls, calls);
        assert_eq!(totals.total_tokens(), 7 * calls);
    }
}
