use std::sync::Arc;

use async_trait::async_trait;
use geppetto_engine::{
    EngineError, ErrorKind, InferenceRunner, Phase, RunContext, RunJournal, RunStatus, ToolEffect,
};
use geppetto_events::kind::{ToolExecutionStarted, ToolResultReady};
use geppetto_toolloop::{FailedToolAttempt, Rejection, Tool, ToolError, ToolExecutor, ToolLoop};
use geppetto_turns::{Args, ToolCall, ToolUse, Turn};

use crate::support::*;

/// Panics in one of the hooks.
struct Panics(&'static str);

impl Panics {
    fn here(&self, hook: &str) {
        assert!(self.0 != hook, "boom");
    }
}

#[async_trait]
impl ToolExecutor for Panics {
    async fn pre_execute(&self, _: &RunContext, call: &ToolCall) -> Result<Args, Rejection> {
        self.here("the hook `pre_execute`");
        Ok(call.args.clone())
    }

    async fn is_allowed(
        &self,
        _: &RunContext,
        _: &ToolCall,
        _: &dyn Tool,
    ) -> Result<(), Rejection> {
        self.here("the hook `is_allowed`");
        Ok(())
    }

    fn publish_start(&self, _: &RunContext, _: &mut ToolExecutionStarted) {
        self.here("a hook that shows a tool's start");
    }

    fn publish_result(&self, _: &RunContext, _: &mut ToolResultReady) {
        self.here("the hook `publish_result`");
    }

    fn should_retry(&self, _: &FailedToolAttempt<'_>) -> Option<std::time::Duration> {
        self.here("the hook `should_retry`");
        None
    }

    fn max_parallel(&self, _: &geppetto_engine::ToolConfig) -> usize {
        self.here("the hook `max_parallel`");
        2
    }
}

#[async_trait]
impl RunJournal for Panics {
    async fn run_started(&self, _: &RunContext, _: &Turn) -> Result<(), EngineError> {
        self.here("run_started");
        Ok(())
    }

    async fn before_provider_call(&self, _: &RunContext, _: &Turn) -> Result<(), EngineError> {
        self.here("before_provider_call");
        Ok(())
    }

    async fn before_tool(&self, _: &RunContext, _: &ToolEffect<'_>) -> Result<(), EngineError> {
        self.here("before_tool");
        Ok(())
    }

    async fn after_tool(
        &self,
        _: &RunContext,
        _: &ToolEffect<'_>,
        _: &ToolUse,
    ) -> Result<(), EngineError> {
        self.here("after_tool");
        Ok(())
    }

    async fn run_ended(&self, _: &RunContext, _: &Turn, _: &RunStatus) -> Result<(), EngineError> {
        self.here("run_ended");
        Ok(())
    }
}

fn a_loop(diary: &Diary) -> ToolLoop {
    let fails =
        geppetto_toolloop::tool_fn("fails", "", || async { Err::<(), _>(ToolError::new("x")) });
    let tools = registry(vec![Box::new(slow(diary, "slow", 10)), Box::new(fails)]);
    let script = Script::new([
        vec![Do::Call("a", "slow", "{}"), Do::Call("b", "fails", "{}")],
        vec![Do::Say("ok")],
    ]);
    ToolLoop::new(script, tools)
}

#[track_caller]
fn assert_blamed(done: &Done, culprit: &str) {
    let error = done.outcome.as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Panicked, "{error}");
    assert_eq!(error.to_string(), format!("{culprit} panicked: boom"));
}

#[tokio::test(start_paused = true)]
async fn in_a_hook_of_the_executor() {
    for hook in [
        "the hook `pre_execute`",
        "the hook `is_allowed`",
        "a hook that shows a tool's start",
        "the hook `publish_result`",
        "the hook `should_retry`",
        "the hook `max_parallel`",
    ] {
        let diary = Diary::default();
        let done = run(&a_loop(&diary).with_executor(Panics(hook))).await;
        assert_blamed(&done, hook);
        assert_eq!(done.answers().len(), 2, "{hook}");
    }
}

#[tokio::test(start_paused = true)]
async fn in_the_journal() {
    for step in [
        "run_started",
        "before_provider_call",
        "before_tool",
        "after_tool",
        "run_ended",
    ] {
        let diary = Diary::default();
        let (ctx, sink) = context();
        let ctx = ctx.with_journal(Arc::new(Panics(step)));
        let done = run_in(&a_loop(&diary), &ctx, &sink).await;
        assert_blamed(&done, "the journal");
    }
}

#[tokio::test(start_paused = true)]
async fn in_the_snapshot_hook() {
    for at in [
        Phase::PreInference,
        Phase::PostInference,
        Phase::PostTools,
        Phase::Final,
    ] {
        let diary = Diary::default();
        let (ctx, sink) = context();
        let hook = move |_: &RunContext, _: &Turn, phase: Phase| assert!(phase != at, "boom");
        let ctx = ctx.with_snapshot_hook(Arc::new(hook));
        let done = run_in(&a_loop(&diary), &ctx, &sink).await;
        assert_blamed(&done, "the snapshot hook");
    }
}

#[tokio::test(start_paused = true)]
async fn in_the_engine() {
    let script = Script::new([vec![Do::Say("so "), Do::Call("a", "slow", "{}"), Do::Panic]]);
    let done = run(&ToolLoop::new(script, registry(vec![]))).await;
    assert_blamed(&done, "the engine");
    assert_eq!(done.turn.assistant_text(), "so ");
    assert_eq!(
        done.answers(),
        pairs(&[("a", "Error: not run: the run failed")])
    );
}

#[tokio::test(start_paused = true)]
async fn a_sink_disturbs_nobody() {
    let diary = Diary::default();
    let (ctx, sink) = context();
    let rude: Arc<dyn geppetto_events::EventSink> =
        Arc::new(geppetto_events::sink_fn(|_: &geppetto_events::Event| {
            panic!("boom")
        }));
    let ctx = ctx.with_event_sinks([rude]);
    let mut turn = prompt();
    a_loop(&diary).run(&ctx, &mut turn).await.unwrap();
    assert_sound(&ctx, &sink, &turn);
}
