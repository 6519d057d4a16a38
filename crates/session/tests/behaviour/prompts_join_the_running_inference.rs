//! A prompt that joins the running inference is read when its model is called again, and is the next
//! prompt if it is not.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use geppetto_engine::{RunContext, StructuredOutput, keys};
use geppetto_enginebuilder::Builder;
use geppetto_events::{EventKind, kind::InputMessage, sink_fn};
use geppetto_session::{BusyPolicy, ExecutionHandle, PauseAfter, Session, SessionError};
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_toolloop::{Rejection, Tool, ToolExecutor, ToolRegistry, raw_tool_fn};
use geppetto_turns::{Block, BlockKind, ToolCall, Turn};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

fn tools(gate: &Gate) -> ToolRegistry {
    let gate = gate.clone();
    let work = raw_tool_fn("work", "", json!({"type": "object"}), move |_: Value| {
        let gate = gate.clone();
        async move {
            gate.pass().await;
            "worked"
        }
    });
    ToolRegistry::new().with(work).unwrap()
}

pub(crate) fn calls() -> Script {
    Script::new().tool_call("call_1", "work", "{}")
}

pub(crate) fn builder(engine: &ScriptedEngine, gate: &Gate) -> Builder {
    Builder::new(engine.clone()).tools(tools(gate))
}

/// A session whose run waits for a tool, which waits at the gate.
struct Working {
    gate: Gate,
    engine: ScriptedEngine,
    session: Session,
    run: ExecutionHandle,
}

async fn working(more: impl IntoIterator<Item = Script>) -> Working {
    let gate = Gate::new();
    let engine = ScriptedEngine::new([calls()].into_iter().chain(more));
    let session = Session::new(builder(&engine, &gate));
    let run = session.submit("Paint it").await.unwrap();
    gate.reached().await;
    Working {
        gate,
        engine,
        session,
        run,
    }
}

fn kinds(turn: &Turn) -> Vec<BlockKind> {
    turn.blocks.iter().map(|block| block.kind()).collect()
}

pub(crate) fn users(turn: &Turn) -> Vec<&str> {
    let users = turn.blocks.iter();
    let users = users.filter(|block| block.kind() == BlockKind::User);
    users.filter_map(|block| block.text()).collect()
}

async fn event_types(run: &ExecutionHandle) -> Vec<String> {
    let mut events = run.events();
    let mut types = Vec::new();
    while let Some(event) = events.next().await {
        types.push(event.type_name().to_owned());
    }
    types
}

#[tokio::test]
async fn it_is_read_after_the_tools_and_before_the_next_call() {
    let Working {
        engine,
        gate,
        session,
        run,
    } = working([Script::new().text("Done, in green.")]).await;
    let green = session.steer("in green").await.unwrap();
    let small = session.steer("and small").await.unwrap();
    assert_eq!(green.joined(), None);
    assert!(session.queued().iter().all(|own| own.joins));
    assert_eq!(session.queued().len(), 2);

    gate.open();
    let turn = green.wait().await.unwrap();
    assert_eq!(green.joined(), Some(run.id()));
    assert_eq!(turn, run.wait().await.unwrap());
    assert_eq!(turn.assistant_text(), "Done, in green.");
    assert_eq!(users(&turn), ["Paint it", "in green", "and small"]);
    assert_eq!(
        kinds(&engine.turns()[1]),
        [
            BlockKind::User,
            BlockKind::ToolCall,
            BlockKind::ToolUse,
            BlockKind::User,
            BlockKind::User,
        ]
    );
    assert!(turn.blocks.iter().all(|block| !block.id.is_empty()));
    assert_eq!((session.turn_count(), session.queued().len()), (1, 0));
    assert!(green.is_finished() && small.is_finished());

    let of_run = event_types(&run).await;
    let joined = of_run.iter().position(|own| own == "input-joined").unwrap();
    assert_eq!(of_run[joined - 1], "tool-call-finished");
    assert_eq!(of_run[joined + 1], "provider-call-started");
    assert_eq!(event_types(&small).await, of_run[joined..]);
    assert_eq!(session.stream().violations(), []);
}

#[tokio::test]
async fn its_event_has_the_messages_as_they_are_in_the_turn() {
    let Working {
        gate, session, run, ..
    } = working([Script::new().text("Done.")]).await;
    let green = session.steer("in green").await.unwrap();
    gate.open();
    let turn = run.wait().await.unwrap();
    let mut events = green.events();
    let event = events.next().await.unwrap();
    let EventKind::InputJoined(joined) = event.kind else {
        panic!("{event:?}");
    };
    let block = turn.blocks.get(3).unwrap();
    assert_eq!(joined.messages, [InputMessage::of_block(block).unwrap()]);
}

#[tokio::test]
async fn a_reader_that_came_before_has_the_events_from_there_on() {
    let Working {
        gate, session, run, ..
    } = working([Script::new().text("Done.")]).await;
    let green = session.steer("in green").await.unwrap();
    let mut events = green.events();
    gate.open();
    run.wait().await.unwrap();
    assert_eq!(events.next().await.unwrap().type_name(), "input-joined");
}

#[tokio::test]
async fn a_paused_queue_says_that_it_left() {
    let Working {
        gate, session, run, ..
    } = working([Script::new().text("Done.")]).await;
    session.pause_queue();
    let _green = session.steer("in green").await.unwrap();
    gate.open();
    let turn = run.wait().await.unwrap();
    assert_eq!(users(&turn), ["Paint it", "in green"]);
    let log = session.stream().events_after(0);
    let waiting = log.iter().filter_map(|event| match &event.kind {
        EventKind::QueueUpdated(update) => Some(update.waiting),
        _ => None,
    });
    assert_eq!(waiting.collect::<Vec<_>>(), [0, 1, 0]);
}

#[tokio::test]
async fn it_is_the_next_prompt_if_the_model_is_not_called_again() {
    let gate = Gate::new();
    let engine = ScriptedEngine::new([
        Script::new().text("one").hold_at(&gate),
        Script::new().text("two"),
    ]);
    let session = Session::new(builder(&engine, &Gate::new()));
    let first = session.submit("first").await.unwrap();
    gate.reached().await;
    let second = session.prompt("second").join_running().model("own");
    let second = second.submit().await.unwrap();
    gate.open();
    assert_eq!(first.wait().await.unwrap().assistant_text(), "one");
    let turn = second.wait().await.unwrap();
    assert_eq!(
        (turn.assistant_text().as_str(), second.joined()),
        ("two", None)
    );
    assert_eq!(session.turn_count(), 2);
    let settings = turn.metadata.get(&keys::RUN_SETTINGS).unwrap().unwrap();
    assert_eq!(settings.inference.model.as_deref(), Some("own"));
}

#[tokio::test]
async fn it_runs_at_once_without_a_running_inference() {
    let engine = ScriptedEngine::always(Script::new().text("one"));
    let session = Session::new(builder(&engine, &Gate::new()));
    let run = session.steer("first").await.unwrap();
    assert_eq!(run.wait().await.unwrap().assistant_text(), "one");
    assert_eq!(run.joined(), None);
}

#[tokio::test]
async fn a_prompt_with_options_of_its_own_does_not_join() {
    let Working {
        gate, session, run, ..
    } = working([Script::new().text("Done.")]).await;
    let prompt = || session.prompt("in green").join_running();
    let hour = Duration::from_secs(3600);
    for own in [
        prompt().time_limit(hour),
        prompt().deadline(Instant::now() + hour),
        prompt().cancelled_by(&CancellationToken::new()),
        prompt().parent(&RunContext::new()),
        prompt().event_sink(Arc::new(sink_fn(|_| {}))),
        prompt().output_schema(StructuredOutput::json_schema(
            "a",
            json!({"type": "object"}),
        )),
        prompt().block(Block::system("In green.")),
    ] {
        assert!(matches!(own.submit().await, Err(SessionError::Busy { .. })));
    }
    gate.open();
    assert_eq!(users(&run.wait().await.unwrap()), ["Paint it"]);
}

#[tokio::test]
async fn it_overtakes_prompts_that_wait_for_the_end() {
    let gate = Gate::new();
    let engine = ScriptedEngine::new([
        calls(),
        Script::new().text("one"),
        Script::new().text("two"),
    ]);
    let session = Session::builder(builder(&engine, &gate))
        .busy_policy(BusyPolicy::Queue { max: 2 })
        .build();
    let first = session.submit("first").await.unwrap();
    gate.reached().await;
    let second = session.submit("second").await.unwrap();
    let joins = session.steer("join").await.unwrap();
    let full = session.steer("too many").await;
    assert!(matches!(full, Err(SessionError::QueueFull { max: 2, .. })));
    gate.open();
    assert_eq!(users(&joins.wait().await.unwrap()), ["first", "join"]);
    assert_eq!(second.wait().await.unwrap().assistant_text(), "two");
    assert!(first.is_finished());
}

#[tokio::test]
async fn a_prompt_in_the_queue_can_be_told_to_join() {
    let gate = Gate::new();
    let engine = ScriptedEngine::new([
        calls(),
        Script::new().text("one"),
        Script::new().text("two"),
    ]);
    let session = Session::builder(builder(&engine, &gate))
        .busy_policy(BusyPolicy::Queue { max: 2 })
        .build();
    let first = session.submit("first").await.unwrap();
    gate.reached().await;
    let second = session.submit("second").await.unwrap();
    let limited = session.prompt("limited").time_limit(Duration::from_secs(9));
    let limited = limited.submit().await.unwrap();
    assert!(session.join_queued(second.id()));
    assert!(!session.join_queued(limited.id()));
    assert!(!session.join_queued(first.id()));
    gate.open();
    assert_eq!(second.outcome().await.turn, first.outcome().await.turn);
    assert_eq!(limited.wait().await.unwrap().assistant_text(), "two");
}

#[tokio::test]
async fn it_can_be_withdrawn_until_it_is_read() {
    let Working {
        gate, session, run, ..
    } = working([Script::new().text("Done.")]).await;
    let green = session.steer("in green").await.unwrap();
    green.cancel();
    assert!(green.wait().await.unwrap_err().is_cancelled());
    gate.open();
    assert_eq!(users(&run.wait().await.unwrap()), ["Paint it"]);
}

#[tokio::test]
async fn once_it_is_read_its_cancellation_is_that_of_the_run() {
    let replying = Gate::new();
    let reply = Script::new().text("Done").hold_at(&replying).text(".");
    let next = Script::new().text("Next.");
    let Working {
        gate, session, run, ..
    } = working([reply, next]).await;
    let green = session.steer("in green").await.unwrap();
    gate.open();
    replying.reached().await;
    green.cancel();
    let error = run.wait().await.unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!(users(error.turn()), ["Paint it", "in green"]);
    let next = session.submit("Go on").await.unwrap();
    assert_eq!(next.wait().await.unwrap().assistant_text(), "Next.");
}

#[tokio::test]
async fn a_tool_may_submit_one_to_its_own_session() {
    let slot: Arc<std::sync::OnceLock<Session>> = Arc::default();
    let own = Arc::clone(&slot);
    let work = raw_tool_fn("work", "", json!({"type": "object"}), move |_: Value| {
        let session = own.get().unwrap().clone();
        async move {
            // Must not wait for the run that it is part of.
            let _joins = session.steer("The file has changed.").await.unwrap();
            "worked"
        }
    });
    let engine = ScriptedEngine::new([calls(), Script::new().text("I have seen it.")]);
    let builder = Builder::new(engine).tools(ToolRegistry::new().with(work).unwrap());
    for policy in [BusyPolicy::Refuse, BusyPolicy::Queue { max: 1 }] {
        let session = Session::builder(builder.clone()).busy_policy(policy);
        let session = session.acknowledge_recorded(true).build();
        if slot.set(session).is_err() {
            break;
        }
        let session = slot.get().unwrap();
        let turn = session.submit("Work").await.unwrap().wait().await.unwrap();
        assert_eq!(users(&turn), ["Work", "The file has changed."]);
    }
}

#[tokio::test]
async fn a_run_that_is_cancelled_before_leaves_it_in_the_queue() {
    let gate = Gate::new();
    let engine = ScriptedEngine::new([calls(), Script::new().text("Green.")]);
    let session = Session::builder(builder(&engine, &gate))
        .pause_queue_after(PauseAfter::FailureOrCancel)
        .build();
    let run = session.submit("Paint it").await.unwrap();
    gate.reached().await;
    let green = session.steer("in green").await.unwrap();
    run.cancel();
    assert!(run.wait().await.unwrap_err().is_cancelled());
    assert_eq!(session.queued().len(), 1);
    assert!(session.queue_paused().is_some());
    assert!(session.resume_queue());
    assert_eq!(green.wait().await.unwrap().assistant_text(), "Green.");
    assert_eq!((green.joined(), session.turn_count()), (None, 2));
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

#[tokio::test]
async fn a_run_that_waits_for_a_person_reads_it_when_it_goes_on() {
    let (gate, replying) = (Gate::new(), Gate::new());
    gate.open();
    let first = Script::new().hold_at(&replying);
    let engine = ScriptedEngine::new([
        first.tool_call("call_1", "work", "{}"),
        Script::new().text("Green."),
    ]);
    let session = Session::new(builder(&engine, &gate).tool_executor(Ask));
    let run = session.submit("Paint it").await.unwrap();
    replying.reached().await;
    let green = session.steer("in green").await.unwrap();
    replying.open();
    assert!(run.wait().await.unwrap_err().is_waiting());
    assert_eq!((session.waits().len(), session.queued().len()), (1, 1));
    let allowed = [("call_1", geppetto_engine::Decision::Allow)];
    let answer = session.answer(allowed).submit().await.unwrap();
    let turn = answer.wait().await.unwrap();
    assert_eq!(users(&turn), ["Paint it", "in green"]);
    assert_eq!(green.joined(), Some(answer.id()));
    assert_eq!(session.queue_paused(), None);
}
