//! A tool that has started can wait for a person, and a tool can be executed elsewhere.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use geppetto_engine::{
    Decision, EngineError, ErrorKind, InferenceRunner, PendingCall, RunContext, RunJournal,
    RunStop, ToolDefinition, ToolEffect,
};
use geppetto_events::{EventKind, MemorySink};
use geppetto_toolloop::{
    DEFAULT_OUTPUT_LIMIT, ExternalTool, FnTool, Tool, ToolContext, ToolError, ToolLoop, raw_tool_fn,
};
use geppetto_turns::{ToolUse, Turn};
use serde_json::{Value, json};

use crate::support::*;

/// Notes the tools' steps.
struct Notes(Diary);

#[async_trait]
impl RunJournal for Notes {
    async fn before_tool(
        &self,
        _: &RunContext,
        effect: &ToolEffect<'_>,
    ) -> Result<(), EngineError> {
        self.0.note(format!("before {}", effect.call.id));
        Ok(())
    }

    async fn tool_waits(
        &self,
        _: &RunContext,
        effect: &ToolEffect<'_>,
        waiting: &PendingCall,
    ) -> Result<(), EngineError> {
        let line = format!("waits {} {}", effect.call.id, waiting.question);
        self.0.note(line);
        Ok(())
    }

    async fn after_tool(
        &self,
        _: &RunContext,
        effect: &ToolEffect<'_>,
        _: &ToolUse,
    ) -> Result<(), EngineError> {
        self.0.note(format!("after {}", effect.call.id));
        Ok(())
    }
}

/// Asks a question and stores data, until somebody has decided.
fn asks(diary: &Diary) -> FnTool {
    let notes = diary.clone();
    let function = move |_: Value, ctx: ToolContext| -> SlowCall {
        let notes = notes.clone();
        Box::pin(async move {
            let resumed = ctx.resumed.as_ref();
            let decided = resumed.is_some_and(|own| own.decision.is_some());
            let data = resumed.map_or(Value::Null, |own| own.pending.data.clone());
            notes.note(format!("{} {decided} {data}", ctx.call_id));
            match decided {
                true => Ok("done".to_owned()),
                false => Err(ToolError::wait("Really?").with_data(json!({"step": 1}))),
            }
        })
    };
    raw_tool_fn("asks", "", any(), function)
}

async fn go(
    tool_loop: &ToolLoop,
    diary: &Diary,
    turn: &mut Turn,
    decisions: &[(&str, Decision)],
) -> (RunStop, Arc<MemorySink>) {
    let (ctx, sink) = context();
    let decisions = decisions.iter().cloned();
    let decisions = decisions.map(|(id, own)| (id.to_owned(), own));
    let ctx = ctx.with_decisions(decisions);
    let ctx = ctx.with_journal(Arc::new(Notes(diary.clone())));
    let report = tool_loop.run(&ctx, turn).await.unwrap();
    (report.stop, sink)
}

#[tokio::test(start_paused = true)]
async fn the_question_is_published_and_recorded() {
    let diary = Diary::default();
    let script = Script::new([vec![Do::Call("a", "asks", r#"{"n":1}"#)]]);
    let tool_loop = ToolLoop::new(script, registry(vec![Box::new(asks(&diary))]));
    let mut turn = prompt();
    let (stop, sink) = go(&tool_loop, &diary, &mut turn, &[]).await;
    let mut expected = PendingCall::new("a", "asks", r#"{"n":1}"#, "Really?");
    expected.started = true;
    expected.data = json!({"step": 1});
    assert_eq!(PendingCall::of(&turn), [expected]);
    assert!(matches!(stop, RunStop::Waiting(_)), "{stop:?}");
    let questions: Vec<String> = sink
        .events()
        .into_iter()
        .filter_map(|own| match own.kind {
            EventKind::ToolCallWaiting(own) => Some(own.question.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(questions, ["Really?"]);
    let lines = ["before a", "a false null", "waits a Really?"];
    assert_eq!(diary.lines(), lines);
}

#[tokio::test(start_paused = true)]
async fn it_is_called_again_if_it_was_decided_about_or_nothing_was() {
    let diary = Diary::default();
    let calls = vec![Do::Call("a", "asks", "{}"), Do::Call("b", "asks", "{}")];
    let script = Script::new([calls, vec![Do::Say("ok")]]);
    let tool_loop = ToolLoop::new(script, registry(vec![Box::new(asks(&diary))]));
    let mut turn = prompt();
    let allow = |id: &'static str| [(id, Decision::Allow)];
    go(&tool_loop, &diary, &mut turn, &[]).await;
    for (decisions, called) in [
        (&[][..], &["a false", "b false"][..]),
        (&allow("a"), &["a true"]),
        (&allow("b"), &["b true"]),
    ] {
        let before = diary.lines().len();
        go(&tool_loop, &diary, &mut turn, decisions).await;
        let lines = diary.lines();
        let mut lines: Vec<&str> = lines[before..]
            .iter()
            .filter_map(|own| own.strip_suffix(r#" {"step":1}"#))
            .collect();
        lines.sort_unstable();
        assert_eq!(lines, called);
    }
    assert_eq!(answers(&turn), pairs(&[("a", "done"), ("b", "done")]));
}

/// The answer of a cancelled run says so; nobody would answer the question.
#[tokio::test(start_paused = true)]
async fn it_does_not_wait_once_its_run_is_cancelled() {
    let ctx: Arc<Mutex<Option<RunContext>>> = Arc::default();
    let of_run = Arc::clone(&ctx);
    let cancels = raw_tool_fn("cancels", "", any(), move |_: Value| {
        of_run.lock().unwrap().take().unwrap().cancel();
        async { Err::<(), _>(ToolError::wait("Really?")) }
    });
    let script = Script::new([vec![Do::Call("a", "cancels", "{}")]]);
    let tool_loop = ToolLoop::new(script, registry(vec![Box::new(cancels)]));
    let (of_loop, sink) = context();
    *ctx.lock().unwrap() = Some(of_loop.clone());
    let done = run_in(&tool_loop, &of_loop, &sink).await;
    assert!(done.outcome.is_err());
    assert_eq!(PendingCall::of(&done.turn), []);
    assert_eq!(done.answers(), pairs(&[("a", "Error: cancelled: Really?")]));
}

fn external() -> ExternalTool {
    ExternalTool::new(ToolDefinition::new("elsewhere", "", any()))
}

const QUESTION: &str = "the client executes this tool and returns its result";

#[tokio::test(start_paused = true)]
async fn a_tool_that_is_executed_elsewhere_waits_for_its_result() {
    let diary = Diary::default();
    let script = Script::new([vec![Do::Call("a", "elsewhere", "{}")], vec![Do::Say("ok")]]);
    let tool_loop = ToolLoop::new(script, registry(vec![Box::new(external())]));
    let mut turn = prompt();
    go(&tool_loop, &diary, &mut turn, &[]).await;
    let waiting = PendingCall::new("a", "elsewhere", "{}", QUESTION);
    assert_eq!(PendingCall::of(&turn), [waiting]);
    // A decision is not a result.
    let allowed = [("a", Decision::Allow)];
    go(&tool_loop, &diary, &mut turn, &allowed).await;
    assert_eq!(PendingCall::of(&turn).len(), 1);
    // The program that executes it decides what is too long.
    let result = "x".repeat(DEFAULT_OUTPUT_LIMIT + 1);
    let given = [("a", Decision::answer(result.clone()))];
    let (stop, _) = go(&tool_loop, &diary, &mut turn, &given).await;
    assert_eq!(stop, RunStop::Finished);
    assert_eq!(answers(&turn), pairs(&[("a", &result)]));
}

#[tokio::test(start_paused = true)]
async fn the_rejection_of_a_call_that_is_executed_elsewhere_is_its_answer() {
    let diary = Diary::default();
    let script = Script::new([vec![Do::Call("a", "elsewhere", "{}")], vec![Do::Say("ok")]]);
    let tool_loop = ToolLoop::new(script, registry(vec![Box::new(external())]));
    let mut turn = prompt();
    go(&tool_loop, &diary, &mut turn, &[]).await;
    let rejected = [("a", Decision::reject("offline"))];
    go(&tool_loop, &diary, &mut turn, &rejected).await;
    assert_eq!(answers(&turn), pairs(&[("a", "Error: rejected: offline")]));
}

/// A tool of the program may delegate to it.
#[tokio::test(start_paused = true)]
async fn called_directly_it_waits_too() {
    let delegates = raw_tool_fn("own", "", any(), |args: Value, ctx: ToolContext| async {
        external().call(ctx, args).await
    });
    let script = Script::new([vec![Do::Call("a", "own", "{}")]]);
    let tool_loop = ToolLoop::new(script, registry(vec![Box::new(delegates)]));
    let mut turn = prompt();
    go(&tool_loop, &Diary::default(), &mut turn, &[]).await;
    assert_eq!(PendingCall::of(&turn)[0].question, QUESTION);
}

/// A later call may have the id of an earlier one.
#[tokio::test(start_paused = true)]
async fn it_is_called_again_with_the_key_of_its_call() {
    let keys: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = Arc::clone(&keys);
    let asks = raw_tool_fn("asks", "", any(), move |_: Value, ctx: ToolContext| {
        noted.lock().unwrap().push(ctx.idempotency_key);
        async move {
            match ctx.resumed.is_some() {
                true => Ok("done"),
                false => Err(ToolError::wait("Really?")),
            }
        }
    });
    let call = || vec![Do::Call("a", "asks", "{}")];
    let script = Script::new([call(), call(), vec![Do::Say("ok")]]);
    let tool_loop = ToolLoop::new(script, registry(vec![Box::new(asks)]));
    let (diary, mut turn) = (Diary::default(), prompt());
    for decisions in [
        &[][..],
        &[("a", Decision::Allow)],
        &[("a", Decision::Allow)],
    ] {
        go(&tool_loop, &diary, &mut turn, decisions).await;
    }
    let keys = keys.lock().unwrap();
    assert_eq!(keys.len(), 4);
    assert_eq!((&keys[0], &keys[2]), (&keys[1], &keys[3]));
    assert_ne!(keys[0], keys[2]);
}

/// Refuses each tool of a resumed call.
struct Refuses;

#[async_trait]
impl RunJournal for Refuses {
    async fn before_tool(&self, _: &RunContext, _: &ToolEffect<'_>) -> Result<(), EngineError> {
        Err(EngineError::new(ErrorKind::Other, "the disk is full"))
    }
}

/// Its start was published, so it does not wait any more.
#[tokio::test(start_paused = true)]
async fn a_call_that_was_decided_about_and_cannot_be_recorded_is_answered() {
    let diary = Diary::default();
    let script = Script::new([vec![Do::Call("a", "asks", "{}")]]);
    let tool_loop = ToolLoop::new(script, registry(vec![Box::new(asks(&diary))]));
    let mut turn = prompt();
    go(&tool_loop, &diary, &mut turn, &[]).await;
    let ctx = context().0.with_journal(Arc::new(Refuses));
    let ctx = ctx.with_decisions([("a".to_owned(), Decision::Allow)]);
    let error = tool_loop.run(&ctx, &mut turn).await.unwrap_err();
    assert_eq!(error.to_string(), "the disk is full");
    assert_eq!((PendingCall::of(&turn).len(), answers(&turn).len()), (0, 1));
}
