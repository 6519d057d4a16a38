//! A paused queue, whether paused by the application or after a failure, starts nothing and loses
//! nothing.

use async_trait::async_trait;
use geppetto_engine::{Engine, EngineError, ErrorKind, Limits, RunContext, RunStatus};
use geppetto_events::{Event, EventKind};
use geppetto_session::{
    BusyPolicy, EngineRunner, ExecutionHandle, PauseAfter, PauseReason, Session, SessionBuilder,
    SessionError,
};
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_turns::{InferenceResult, Turn};

fn builder(engine: &ScriptedEngine) -> SessionBuilder {
    Session::builder(EngineRunner::new(engine.clone())).busy_policy(BusyPolicy::Queue { max: 9 })
}

async fn submit<const N: usize>(session: &Session, prompts: [&str; N]) -> [ExecutionHandle; N] {
    let mut runs = Vec::new();
    for prompt in prompts {
        runs.push(session.submit(prompt).await.unwrap());
    }
    runs.try_into().unwrap()
}

fn waiting(session: &Session) -> Vec<String> {
    session.queued().into_iter().map(|own| own.text).collect()
}

/// Waits for the first output of a run.
async fn started(run: &ExecutionHandle) {
    let mut reader = run.events();
    while reader.next().await.unwrap().text_delta().is_none() {}
}

/// Lets all tasks make progress until none can.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

/// Returns `paused` and `waiting` of each event about the queue.
fn announced(session: &Session) -> Vec<(bool, u64)> {
    let of = |event: &Event| match &event.kind {
        EventKind::QueueUpdated(update) => Some((update.paused, update.waiting)),
        _ => None,
    };
    session
        .stream()
        .events_after(0)
        .iter()
        .filter_map(of)
        .collect()
}

#[tokio::test]
async fn a_stop_keeps_what_waits_until_it_is_resumed() {
    let engine = ScriptedEngine::new([
        Script::new().text("one").hang(),
        Script::new().text("two"),
        Script::new().text("three"),
    ]);
    let session = builder(&engine).build();
    let [first, second, third] = submit(&session, ["first", "second", "third"]).await;
    started(&first).await;

    assert!(session.cancel_active_and_pause_queue());
    assert_eq!(first.outcome().await.status, RunStatus::Cancelled);
    settle().await;
    assert_eq!(engine.inferences(), 1);
    assert_eq!(waiting(&session), ["second", "third"]);
    assert_eq!(session.queue_paused(), Some(PauseReason::Requested));
    let snapshot = session.snapshot();
    assert_eq!(snapshot.queued, session.queued());
    assert_eq!(snapshot.queue_paused, Some(PauseReason::Requested));

    third.cancel();
    let fourth = session.submit("fourth").await.unwrap();
    assert_eq!(waiting(&session), ["second", "fourth"]);
    assert!(session.resume_queue() && !session.resume_queue());
    assert_eq!(second.wait().await.unwrap().assistant_text(), "two");
    assert_eq!(fourth.wait().await.unwrap().assistant_text(), "three");
    assert!(third.wait().await.unwrap_err().is_cancelled());
    let expect = [(true, 2), (true, 1), (true, 2), (false, 2)];
    assert_eq!(announced(&session), expect);
    assert_eq!(session.stream().violations(), []);
}

async fn of_four_that_fail(pause: PauseAfter, kind: ErrorKind) -> (Session, usize) {
    let engine = ScriptedEngine::always(Script::new().fail(kind, "no"));
    let session = builder(&engine).pause_queue_after(pause).build();
    let [first, ..] = submit(&session, ["a", "b", "c", "d"]).await;
    first.outcome().await;
    settle().await;
    (session, engine.inferences())
}

#[tokio::test]
async fn a_failure_that_the_next_prompt_would_meet_keeps_what_waits() {
    for kind in [
        ErrorKind::Authentication,
        ErrorKind::PermissionDenied,
        ErrorKind::NotFound,
        ErrorKind::ContextTooLong,
    ] {
        let (session, asked) = of_four_that_fail(PauseAfter::LastingFailure, kind).await;
        assert_eq!((asked, waiting(&session).len()), (1, 3), "{kind}");
        let reason = session.queue_paused().unwrap();
        assert_eq!(reason.to_string(), "the last run failed: no");
        assert_eq!(announced(&session), [(true, 3)]);
        assert_eq!(session.turn_count(), 1);
    }
    let other = ErrorKind::Server;
    let (session, asked) = of_four_that_fail(PauseAfter::LastingFailure, other).await;
    assert_eq!((asked, session.queue_paused()), (4, None));
    let (_, asked) = of_four_that_fail(PauseAfter::Failure, other).await;
    assert_eq!(asked, 1);
    let (_, asked) = of_four_that_fail(PauseAfter::Never, ErrorKind::Authentication).await;
    assert_eq!(asked, 4);
}

/// Has no credit left.
struct Broke;

#[async_trait]
impl Engine for Broke {
    async fn run_inference(
        &self,
        _: &RunContext,
        _: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        Err(EngineError::new(ErrorKind::RateLimited, "no credit").with_quota_exhausted())
    }
}

#[tokio::test]
async fn a_used_up_quota_counts_and_a_rate_limit_does_not() {
    let session = Session::builder(EngineRunner::new(Broke))
        .busy_policy(BusyPolicy::Queue { max: 9 })
        .pause_queue_after(PauseAfter::LastingFailure)
        .build();
    let [first, second] = submit(&session, ["a", "b"]).await;
    first.outcome().await;
    settle().await;
    assert!(!second.is_finished());
    let rate = ErrorKind::RateLimited;
    let (_, asked) = of_four_that_fail(PauseAfter::LastingFailure, rate).await;
    assert_eq!(asked, 4);
}

#[tokio::test]
async fn a_used_up_limit_of_the_session_counts() {
    let gate = Gate::new();
    let engine = ScriptedEngine::always(Script::new().hold_at(&gate).text("ok"));
    let session = builder(&engine)
        .limits(Limits::new().with_max_provider_calls(1))
        .pause_queue_after(PauseAfter::LastingFailure)
        .build();
    let [first, second, third] = submit(&session, ["a", "b", "c"]).await;
    gate.open();
    first.wait().await.unwrap();
    second.outcome().await;
    settle().await;
    assert!(!third.is_finished());
    let reason = session.queue_paused().unwrap().to_string();
    assert_eq!(reason, "limit reached: 1 provider calls in this session");
    session.set_limits(Limits::new());
    session.resume_queue();
    third.wait().await.unwrap();
}

#[tokio::test]
async fn a_failed_prompt_can_be_repeated_before_what_waits() {
    let engine = ScriptedEngine::new([
        Script::new().fail(ErrorKind::Authentication, "bad key"),
        Script::new().text("one"),
        Script::new().text("two"),
    ]);
    let session = builder(&engine)
        .pause_queue_after(PauseAfter::LastingFailure)
        .build();
    let [first, second] = submit(&session, ["first", "second"]).await;
    first.outcome().await;
    let again = session.start_inference().await.unwrap();
    assert_eq!(again.wait().await.unwrap().assistant_text(), "one");
    settle().await;
    assert!(!second.is_finished());
    session.resume_queue();
    assert_eq!(second.wait().await.unwrap().assistant_text(), "two");
}

#[tokio::test]
async fn where_nothing_waits_a_failure_pauses_nothing() {
    let engine = ScriptedEngine::new([
        Script::new().fail(ErrorKind::Authentication, "bad key"),
        Script::new().text("one"),
    ]);
    let session = builder(&engine)
        .pause_queue_after(PauseAfter::FailureOrCancel)
        .build();
    session.submit("a").await.unwrap().outcome().await;
    let turn = session.submit("b").await.unwrap().wait().await.unwrap();
    assert_eq!(turn.assistant_text(), "one");
    assert_eq!(announced(&session), []);
}

#[tokio::test]
async fn a_cancel_of_the_run_pauses_where_the_policy_says_so() {
    let begun = Script::new().text("one").hang();
    let engine = ScriptedEngine::new([begun, Script::new().text("two")]);
    let session = builder(&engine)
        .pause_queue_after(PauseAfter::FailureOrCancel)
        .build();
    let [first, second] = submit(&session, ["first", "second"]).await;
    started(&first).await;
    first.cancel();
    first.outcome().await;
    settle().await;
    let reason = PauseReason::RunEnded(RunStatus::Cancelled);
    assert_eq!(session.queue_paused(), Some(reason));
    session.resume_queue();
    assert_eq!(second.wait().await.unwrap().assistant_text(), "two");
}

#[tokio::test]
async fn a_session_that_lets_no_prompt_wait_refuses_it_and_says_why() {
    let engine = ScriptedEngine::always(Script::new().text("ok"));
    let session = Session::from_engine(engine);
    session.pause_queue();
    let refused = session.submit("a").await.unwrap_err();
    assert!(matches!(refused, SessionError::QueuePaused { .. }));
    let text = refused.to_string();
    assert!(
        text.ends_with("(paused by the application); call `resume_queue` first"),
        "{text}"
    );
    let refused = session.try_submit("a").unwrap_err();
    assert!(matches!(refused, SessionError::QueuePaused { .. }));
    assert_eq!(session.turn_count(), 0);
    session.resume_queue();
    session.submit("a").await.unwrap().wait().await.unwrap();
}

#[tokio::test]
async fn a_prompt_can_be_moved_to_the_front() {
    let gate = Gate::new();
    let engine = ScriptedEngine::new([
        Script::new().text("1").hold_at(&gate),
        Script::new().text("3"),
        Script::new().text("2"),
    ]);
    let session = builder(&engine).build();
    let [first, second, third] = submit(&session, ["one", "two", "three"]).await;
    gate.reached().await;
    assert!(session.run_queued_next(third.id()));
    assert!(!session.run_queued_next(first.id()), "it runs already");
    assert_eq!(waiting(&session), ["three", "two"]);
    gate.open();
    assert_eq!(third.wait().await.unwrap().assistant_text(), "3");
    assert_eq!(second.wait().await.unwrap().assistant_text(), "2");
}
