//! Prompts that join a run, and others that come, wait, are withdrawn or are replaced at the same time.

use std::sync::{Arc, Mutex, OnceLock};

use async_trait::async_trait;
use geppetto_engine::{
    Decision, EngineError, ErrorKind, JoiningInput, RunContext, RunJournal, RunStatus,
    StructuredOutput, ToolConfig,
};
use geppetto_enginebuilder::Builder;
use geppetto_events::{Event, EventKind, EventSink};
use geppetto_session::{BusyPolicy, ExecutionHandle, PauseAfter, Session};
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_toolloop::{Rejection, Tool, ToolExecutor, ToolRegistry, raw_tool_fn};
use geppetto_turns::{BlockKind, ToolCall, Turn};
use serde_json::{Value, json};

fn builder(replies: impl IntoIterator<Item = Script>, gate: &Gate) -> Builder {
    let gate = gate.clone();
    let work = raw_tool_fn("work", "", json!({"type": "object"}), move |_: Value| {
        let gate = gate.clone();
        async move {
            gate.pass().await;
            "worked"
        }
    });
    let tools = ToolRegistry::new().with(work).unwrap();
    Builder::new(ScriptedEngine::new(replies)).tools(tools)
}

fn calls(id: &str) -> Script {
    Script::new().tool_call(id, "work", "{}")
}

fn says(text: &str) -> Script {
    Script::new().text(text)
}

fn users(turn: &Turn) -> Vec<&str> {
    let users = turn.blocks_of(BlockKind::User);
    users.filter_map(|block| block.text()).collect()
}

/// Waits at a gate before it records messages that join.
struct Barrier(Gate);

#[async_trait]
impl RunJournal for Barrier {
    async fn input_joins(
        &self,
        _: &RunContext,
        _: &Turn,
        _: &[JoiningInput],
    ) -> Result<(), EngineError> {
        self.0.pass().await;
        Ok(())
    }
}

/// A run whose tool waits at the first gate, and whose journal waits at the second one.
async fn recording(
    policy: BusyPolicy,
    pause: PauseAfter,
) -> (Session, ExecutionHandle, Gate, Gate) {
    let (gate, recording) = (Gate::new(), Gate::new());
    let builder = builder([calls("call_1"), says("Next."), says("Next.")], &gate);
    let session = Session::builder(builder.journal(Barrier(recording.clone())))
        .busy_policy(policy)
        .pause_queue_after(pause)
        .build();
    let run = session.submit("Paint it").await.unwrap();
    gate.reached().await;
    (session, run, gate, recording)
}

#[tokio::test(start_paused = true)]
async fn one_that_is_withdrawn_while_it_is_recorded_does_not_wait_in_a_paused_queue() {
    let pause = PauseAfter::FailureOrCancel;
    let (session, run, gate, recording) = recording(BusyPolicy::Refuse, pause).await;
    let green = session.steer("in green").await.unwrap();
    gate.open();
    recording.reached().await;
    green.cancel();
    run.cancel();
    assert!(run.wait().await.unwrap_err().is_cancelled());
    assert!(green.is_finished());
    assert!(green.wait().await.unwrap_err().is_cancelled());
    assert_eq!((session.queued().len(), session.queue_paused()), (0, None));
}

#[tokio::test(start_paused = true)]
async fn a_submit_that_is_dropped_while_it_is_recorded_does_not_end_the_run() {
    let (session, run, gate, recording) = recording(BusyPolicy::Refuse, PauseAfter::Never).await;
    let green = session.prompt("in green").join_running();
    let green = green.acknowledge_recorded(true).submit();
    tokio::select! {
        biased;
        _ = green => panic!("acknowledged before it is recorded"),
        () = async {
            gate.open();
            recording.reached().await;
        } => {}
    }
    recording.open();
    let turn = run.wait().await.unwrap();
    assert_eq!(users(&turn), ["Paint it", "in green"]);
    assert_eq!((session.turn_count(), session.queued().len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_submit_that_is_dropped_leaves_nothing_if_the_run_ends_before() {
    let (session, run, gate, recording) = recording(BusyPolicy::Refuse, PauseAfter::Never).await;
    let green = session.prompt("in green").join_running();
    let green = green.acknowledge_recorded(true).submit();
    tokio::select! {
        biased;
        _ = green => panic!("acknowledged before it is recorded"),
        () = async {
            gate.open();
            recording.reached().await;
        } => {}
    }
    run.cancel();
    assert!(run.wait().await.unwrap_err().is_cancelled());
    assert!(!session.is_running());
    assert_eq!((session.turn_count(), session.queued().len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn one_that_is_replaced_while_it_is_recorded_does_not_run() {
    let (session, run, gate, recording) = recording(BusyPolicy::Replace, PauseAfter::Never).await;
    let green = session.steer("in green").await.unwrap();
    gate.open();
    recording.reached().await;
    let wash = session.submit("Wash it").await.unwrap();
    assert!(run.wait().await.unwrap_err().is_cancelled());
    recording.open();
    let turn = wash.wait().await.unwrap();
    assert_eq!(users(&turn), ["Paint it", "Wash it"]);
    assert!(green.wait().await.unwrap_err().is_cancelled());
}

/// Asks before each call.
struct Ask;

#[async_trait]
impl ToolExecutor for Ask {
    async fn is_allowed(
        &self,
        _: &RunContext,
        _: &ToolCall,
        _: &dyn Tool,
    ) -> Result<(), Rejection> {
        Err(Rejection::wait("May I?"))
    }
}

/// A session whose call waits for a person, and a prompt that waits to join.
async fn waiting() -> (Session, ExecutionHandle) {
    let (gate, replying) = (Gate::new(), Gate::new());
    gate.open();
    let first = calls("call_1").hold_at(&replying);
    let builder = builder([first, says("Green."), says("More.")], &gate);
    let session = Session::new(builder.tool_executor(Ask));
    let run = session.submit("Paint it").await.unwrap();
    replying.reached().await;
    let green = session.steer("in green").await.unwrap();
    replying.open();
    assert!(run.wait().await.unwrap_err().is_waiting());
    assert!(session.queue_paused().is_some());
    (session, green)
}

#[tokio::test]
async fn several_wait_for_a_person() {
    let (session, green) = waiting().await;
    let blue = session.steer("or blue").await.unwrap();
    let allowed = [("call_1", Decision::Allow)];
    let answer = session.answer(allowed).submit().await.unwrap();
    let turn = answer.wait().await.unwrap();
    assert_eq!(users(&turn), ["Paint it", "in green", "or blue"]);
    assert_eq!(green.joined(), blue.joined());
    assert_eq!(session.queue_paused(), None);
}

/// The last one that waits is withdrawn: there is no queue that could be resumed.
#[tokio::test]
async fn a_session_without_a_queue_is_not_paused_for_nothing() {
    let (session, green) = waiting().await;
    assert!(session.remove_queued(green.id()));
    assert_eq!(session.queue_paused(), None);
    let next = session.submit("Never mind").await.unwrap();
    assert_eq!(
        users(&next.wait().await.unwrap()),
        ["Paint it", "Never mind"]
    );
}

/// The last one that waits is read when the failed prompt is repeated.
#[tokio::test]
async fn nor_after_a_failure_that_is_repeated() {
    let gate = Gate::new();
    let replying = Gate::new();
    let fails = Script::new()
        .hold_at(&replying)
        .fail(ErrorKind::Other, "down");
    let builder = builder([fails, says("Green."), says("More.")], &gate);
    let session = Session::builder(builder).pause_queue_after(PauseAfter::Failure);
    let session = session.build();
    let run = session.submit("Paint it").await.unwrap();
    replying.reached().await;
    let green = session.steer("in green").await.unwrap();
    replying.open();
    assert!(run.wait().await.is_err());
    assert!(session.queue_paused().is_some());
    let again = session.start_inference().await.unwrap();
    again.wait().await.unwrap();
    assert_eq!(green.joined(), Some(again.id()));
    assert_eq!(session.queue_paused(), None);
    session
        .submit("Thanks")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
}

/// Collects what `find` returns for an event.
struct Watch<T, F>(Arc<Mutex<Vec<T>>>, F);

impl<T: Send, F: Fn(&Event) -> Option<T> + Send + Sync> EventSink for Watch<T, F> {
    fn publish(&self, event: &Event) {
        let found = self.1(event);
        self.0.lock().unwrap().extend(found);
    }
}

#[tokio::test]
async fn whoever_sees_the_event_finds_that_the_prompt_has_joined() {
    let gate = Gate::new();
    let slot: Arc<OnceLock<ExecutionHandle>> = Arc::default();
    let (own, seen) = (Arc::clone(&slot), Arc::default());
    let watch = Watch(Arc::clone(&seen), move |event: &Event| {
        let joined = own.get().and_then(ExecutionHandle::joined);
        matches!(event.kind, EventKind::InputJoined(_)).then(|| joined.map(str::to_owned))
    });
    let builder = builder([calls("call_1"), says("Done.")], &gate);
    let session = Session::new(builder.event_sink(watch));
    let run = session.submit("Paint it").await.unwrap();
    gate.reached().await;
    slot.set(session.steer("in green").await.unwrap()).unwrap();
    gate.open();
    run.wait().await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [Some(run.id().to_owned())]);
}

#[tokio::test]
async fn one_that_comes_at_the_end_waits_behind_others() {
    let gate = Gate::new();
    let slot: Arc<OnceLock<Session>> = Arc::default();
    let (own, seen) = (Arc::clone(&slot), Arc::default());
    let watch = Watch(Arc::clone(&seen), move |event: &Event| {
        let session = own.get()?;
        let is_first = session.turn_count() == 1;
        let ends = is_first && matches!(event.kind, EventKind::RunFinished(_));
        ends.then(|| session.prompt("third").join_running().try_submit().unwrap())
    });
    let replies = [says("One.").hold_at(&gate), says("Two."), says("Three.")];
    let builder = builder(replies, &Gate::new());
    let session = Session::new(builder.event_sink(watch));
    slot.set(session.clone()).unwrap();
    let run = session.submit("first").await.unwrap();
    gate.reached().await;
    let second = session.steer("second").await.unwrap();
    gate.open();
    run.wait().await.unwrap();
    second.wait().await.unwrap();
    let third = seen.lock().unwrap().pop().unwrap();
    let turn = third.wait().await.unwrap();
    assert_eq!(users(&turn), ["first", "second", "third"]);
}

#[tokio::test]
async fn a_prompt_is_asked_again_with_what_joined_its_run() {
    let gate = Gate::new();
    let output = json!({"type": "object", "properties": {"color": {"type": "integer"}}, "required": ["color"]});
    let output = StructuredOutput::json_schema("paint", output).with_retries(1);
    let replies = ["none", "{\"color\": 1}", "{\"color\": 2}", "{\"color\": 3}"];
    let replies = replies.into_iter().map(says);
    let session = Session::new(builder([calls("call_1")].into_iter().chain(replies), &gate));
    let run = session.prompt("Paint it").output_schema(output);
    let run = run.submit().await.unwrap();
    gate.reached().await;
    let _ = session.steer("in green").await.unwrap();
    gate.open();
    let turn = run.wait().await.unwrap();
    assert_eq!(turn.assistant_text(), "{\"color\": 1}");
    let again = session.retry().submit().await.unwrap().wait().await;
    assert_eq!(users(&again.unwrap()), ["Paint it", "in green"]);
    let edited = session.edit_prompt("Wash it").submit().await.unwrap();
    assert_eq!(users(&edited.wait().await.unwrap()), ["Wash it"]);
    session.undo().unwrap();
    assert_eq!(session.turn_count(), 0);
}

/// What the user says is progress: the same call may be made again because of it
/// (<https://github.com/openai/codex/pull/23585> has the same of another guard).
#[tokio::test]
async fn calls_that_are_repeated_because_of_a_message_are_no_loop() {
    let gate = Gate::new();
    let replies = [calls("a"), calls("b"), calls("c"), says("Done.")];
    let mut config = ToolConfig::default();
    config.max_identical_calls = Some(2);
    let session = Session::new(builder(replies, &gate).tool_config(config));
    let run = session.submit("Paint it").await.unwrap();
    gate.reached().await;
    let _ = session.steer("Once more").await.unwrap();
    gate.open();
    assert_eq!(run.outcome().await.status, RunStatus::Finished);
}
