//! Behaviour of a session that does not refuse prompts submitted while an inference is running.

use std::{
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use async_trait::async_trait;
use geppetto_engine::{BuiltRun, EngineBuilder, EngineError, RunContext, RunStatus};
use geppetto_events::{Event, EventSink, sink_fn};
use geppetto_session::{BusyPolicy, EngineRunner, Session, SessionError};
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_turns::{Block, Turn};
use tokio_util::sync::CancellationToken;

fn session(policy: BusyPolicy, scripts: impl IntoIterator<Item = Script>) -> Session {
    let engine = ScriptedEngine::new(scripts);
    Session::builder(EngineRunner::new(engine))
        .busy_policy(policy)
        .build()
}

#[tokio::test]
async fn queued_prompts_run_in_order_and_can_be_seen_and_removed() {
    let gate = Gate::new();
    let scripts = [
        Script::new().hold_at(&gate).text("1"),
        Script::new().text("2"),
    ];
    let session = session(BusyPolicy::Queue { max: 2 }, scripts);
    let first = session.submit("first").await.unwrap();
    let second = session.submit("second").await.unwrap();
    let third = session.submit("third").await.unwrap();
    assert!(matches!(
        session.submit("fourth").await,
        Err(SessionError::QueueFull { max: 2, .. })
    ));
    let texts: Vec<String> = session
        .queued()
        .into_iter()
        .map(|queued| queued.text)
        .collect();
    assert_eq!(texts, ["second", "third"]);

    third.cancel();
    assert!(third.wait().await.unwrap_err().is_cancelled());
    assert_eq!(third.events().next().await, None);
    assert!(!session.remove_queued(third.id()));

    gate.open();
    assert_eq!(first.wait().await.unwrap().assistant_text(), "1");
    let mut events = second.events();
    assert_eq!(second.wait().await.unwrap().assistant_text(), "2");
    assert_eq!(events.next().await.unwrap().type_name(), "run-started");
    assert_eq!(session.turn_count(), 2);
    assert!(!session.is_running());
    assert_eq!(session.stream().violations(), []);
}

/// <https://github.com/use-agent-os/agent-os/issues/1948>: who gives up a prompt does not wait for
/// the runs before it.
#[tokio::test]
async fn a_queued_prompt_ends_when_its_token_or_its_parent_is_cancelled() {
    for (with_token, with_parent, by_token) in [
        (true, true, true),
        (true, true, false),
        (true, false, true),
        (false, true, false),
    ] {
        let gate = Gate::new();
        let scripts = [
            Script::new().hold_at(&gate).text("1"),
            Script::new().text("3"),
        ];
        let session = session(BusyPolicy::Queue { max: 1 }, scripts);
        let first = session.submit("first").await.unwrap();
        session.pause_queue();
        let (token, parent) = (CancellationToken::new(), RunContext::new());
        let mut second = session.prompt("second");
        if with_token {
            second = second.cancelled_by(&token);
        }
        if with_parent {
            second = second.parent(&parent);
        }
        let second = second.submit().await.unwrap();
        tokio::task::yield_now().await;
        match by_token {
            true => token.cancel(),
            false => parent.cancel(),
        }
        assert!(second.wait().await.unwrap_err().is_cancelled());
        assert_eq!(session.queued(), []);

        let third = session.submit("third").await.unwrap();
        gate.open();
        first.wait().await.unwrap();
        session.resume_queue();
        assert_eq!(third.wait().await.unwrap().assistant_text(), "3");
        assert_eq!(session.turn_count(), 2);
    }
}

#[tokio::test]
async fn a_replacing_prompt_cancels_the_running_inference() {
    let scripts = [Script::new().text("par").hang(), Script::new().text("new")];
    let session = session(BusyPolicy::Replace, scripts);
    let first = session.submit("first").await.unwrap();
    let mut reader = first.events();
    while reader.next().await.unwrap().text_delta().is_none() {}
    let second = session.submit("second").await.unwrap();
    assert_eq!(first.outcome().await.status, RunStatus::Cancelled);
    assert_eq!(second.wait().await.unwrap().assistant_text(), "new");
    assert_eq!(session.turn_count(), 2);
    assert_eq!(session.stream().violations(), []);
}

/// Returns the texts of a turn.
fn said(turn: &Turn) -> Vec<String> {
    let text = |block: &Arc<Block>| block.text().map(str::to_owned);
    turn.blocks.iter().filter_map(text).collect()
}

#[tokio::test(start_paused = true)]
async fn of_many_replacing_prompts_the_last_one_runs_and_the_others_leave_no_turn() {
    let deaf = || Script::new().text("par").hang().deaf();
    let session = session(BusyPolicy::Replace, [deaf(), Script::new().text("new")]);
    let first = session.submit("first").await.unwrap();
    let mut reader = first.events();
    while reader.next().await.unwrap().text_delta().is_none() {}
    let mut runs = Vec::new();
    for text in ["second", "third", "fourth"] {
        runs.push(session.submit(text).await.unwrap());
        assert_eq!(session.queued()[0].text, text);
    }
    for replaced in &runs[..2] {
        let error = replaced.wait().await.unwrap_err();
        assert!(error.is_cancelled());
        assert_eq!(
            error.engine_error().unwrap().to_string(),
            "a newer prompt replaced this one before it ran"
        );
    }
    let turn = runs[2].wait().await.unwrap();
    assert_eq!(said(&turn), ["first", "par", "fourth", "new"]);
    assert_eq!(session.turn_count(), 2);
    assert_eq!(first.outcome().await.status, RunStatus::Cancelled);
    assert_eq!(session.stream().violations(), []);
}

/// Builds an engine's runner, with a sink.
struct Watched(EngineRunner, Arc<dyn EventSink>);

#[async_trait]
impl EngineBuilder for Watched {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        let ctx = ctx.with_event_sinks([Arc::clone(&self.1)]);
        self.0.build(ctx).await
    }
}

/// A session that calls `at_end` from a sink when the terminal event of its first run is published,
/// before the session is free.
fn ending(
    policy: BusyPolicy,
    at_end: impl Fn(&Session) + Send + Sync + 'static,
) -> (Session, Gate) {
    let own: Arc<Mutex<Option<Session>>> = Arc::default();
    let taken = Arc::clone(&own);
    let sink = sink_fn(move |event: &Event| {
        if event.is_terminal()
            && let Some(session) = taken.lock().unwrap().take()
        {
            at_end(&session);
        }
    });
    let gate = Gate::new();
    let engine = ScriptedEngine::always(Script::new().hold_at(&gate).text("ok"));
    let session = Session::builder(Watched(EngineRunner::new(engine), Arc::new(sink)))
        .busy_policy(policy)
        .build();
    *own.lock().unwrap() = Some(session.clone());
    (session, gate)
}

fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test]
async fn a_submit_that_is_given_up_leaves_nothing_behind() {
    let (session, gate) = ending(BusyPolicy::Refuse, |session| {
        assert!(poll_once(session.submit("given up")).is_pending());
    });
    let run = session.submit("first").await.unwrap();
    gate.open();
    run.wait().await.unwrap();
    tokio::task::yield_now().await;
    assert!(!session.is_running() && session.queued().is_empty());
    let turn = session
        .submit("second")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    assert_eq!(said(&turn), ["first", "ok", "second", "ok"]);
}

#[tokio::test]
async fn whoever_sees_the_end_finds_the_session_at_rest() {
    let (session, gate) = ending(BusyPolicy::Refuse, |session| {
        assert!(!session.cancel_active());
        assert!(!session.is_running() && session.active().is_none());
        session.append_user_prompt("a note").unwrap();
    });
    let run = session.submit("first").await.unwrap();
    gate.open();
    run.wait().await.unwrap();
    assert_eq!(said(&session.latest().unwrap()), ["first", "ok", "a note"]);
}

#[tokio::test]
async fn prompts_that_come_at_the_end_are_queued_in_order_even_where_none_may_wait() {
    let (session, gate) = ending(BusyPolicy::Queue { max: 0 }, |session| {
        assert!(matches!(
            poll_once(session.submit("second")),
            Poll::Ready(Ok(_))
        ));
        let third = poll_once(session.submit("third"));
        assert!(matches!(
            third,
            Poll::Ready(Err(SessionError::QueueFull { .. }))
        ));
        assert!(session.append_user_prompt("note").is_ok());
    });
    let run = session.submit("first").await.unwrap();
    gate.open();
    run.wait().await.unwrap();
    while session.is_running() {
        tokio::task::yield_now().await;
    }
    let turn = session.latest().unwrap();
    assert_eq!(said(&turn), ["first", "ok", "note", "second", "ok"]);
}

#[tokio::test]
async fn an_inference_on_the_latest_turn_replaces_too() {
    let scripts = [Script::new().text("par").hang(), Script::new().text("new")];
    let session = session(BusyPolicy::Replace, scripts);
    let first = session.submit("first").await.unwrap();
    let mut reader = first.events();
    while reader.next().await.unwrap().text_delta().is_none() {}
    let second = session.start_inference().await.unwrap();
    assert_eq!(session.queued()[0].text, "");
    assert!(first.wait().await.unwrap_err().is_cancelled());
    assert_eq!(second.wait().await.unwrap().assistant_text(), "parnew");
    assert_eq!(session.turn_count(), 1);
}
