use geppetto_engine::{ErrorKind, ToolConfig, ToolErrorHandling};
use geppetto_toolloop::{ToolContext, ToolError, ToolLoop, raw_tool_fn};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::support::*;

fn aborting(parallel: u32) -> ToolConfig {
    let mut config = ToolConfig::default();
    config.tool_error_handling = ToolErrorHandling::Abort;
    config.max_parallel_tools = parallel;
    config
}

fn tools(diary: &Diary) -> geppetto_toolloop::ToolRegistry {
    registry(vec![
        Box::new(slow(diary, "quick", 10)),
        Box::new(slow(diary, "nearly", 60)),
        Box::new(raw_tool_fn(
            "polite",
            "",
            any(),
            |_: Value, ctx: ToolContext| async move {
                ctx.cancelled().await;
                Ok::<_, ToolError>("half of it")
            },
        )),
        Box::new(slow(diary, "stubborn", 10_000)),
        Box::new(raw_tool_fn("fails", "", any(), |_: Value| async {
            sleep(ms(50)).await;
            Err::<(), _>(ToolError::new("no such city"))
        })),
    ])
}

#[tokio::test(start_paused = true)]
async fn a_failed_tool_stops_the_others() {
    let diary = Diary::default();
    let script = Script::new([vec![
        Do::Call("a", "quick", "{}"),
        Do::Call("b", "nearly", "{}"),
        Do::Call("c", "stubborn", "{}"),
        Do::Call("d", "fails", "{}"),
        Do::Call("e", "stubborn", "{}"),
        Do::Call("f", "quick", "{}"),
    ]]);
    let started = Instant::now();
    let tool_loop = ToolLoop::new(script, tools(&diary)).with_config(aborting(4));
    let done = run(&tool_loop).await;
    let error = done.outcome.as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tool);
    assert_eq!(error.to_string(), "the tool `fails` failed: no such city");
    assert!(!error.is_retryable());
    assert_eq!(started.elapsed(), ms(50 + 80));
    assert_eq!(
        done.answers(),
        pairs(&[
            ("a", "done a"),
            ("b", "done b"),
            ("c", "Error: cancelled: another tool call ended the run"),
            ("d", "Error: no such city"),
            ("e", "Error: cancelled: another tool call ended the run"),
            ("f", "Error: not run: another tool call ended the run"),
        ])
    );
    assert!(!diary.lines().contains(&"+f".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn what_the_model_can_mend_does_not_end_the_run() {
    let diary = Diary::default();
    let script = Script::new([
        vec![Do::Call("a", "nowhere", "{}"), Do::Call("b", "quick", "{")],
        vec![Do::Say("sorry")],
    ]);
    let tool_loop = ToolLoop::new(script, tools(&diary)).with_config(aborting(3));
    let done = run(&tool_loop).await;
    assert!(done.outcome.is_ok());
    assert_eq!(diary.lines(), Vec::<String>::new());
    assert_eq!(done.answers().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_others_see_it() {
    let diary = Diary::default();
    let script = Script::new([vec![
        Do::Call("a", "polite", "{}"),
        Do::Call("b", "fails", "{}"),
    ]]);
    let started = Instant::now();
    let tool_loop = ToolLoop::new(script, tools(&diary)).with_config(aborting(2));
    let done = run(&tool_loop).await;
    assert_eq!(started.elapsed(), ms(50));
    assert_eq!(
        done.answers(),
        pairs(&[("a", "half of it"), ("b", "Error: no such city")])
    );
}

/// Calls that were not allowed to run anyway are told what happened.
#[tokio::test(start_paused = true)]
async fn also_before_calls_beyond_a_limit() {
    let calls = vec![Do::Call("a", "fails", "{}"), Do::Call("b", "quick", "{}")];
    let mut config = aborting(1);
    config.max_tool_calls = Some(1);
    let tools = tools(&Diary::default());
    let done = run(&ToolLoop::new(Script::new([calls]), tools).with_config(config)).await;
    let not_run = "Error: not run: another tool call ended the run";
    assert_eq!(done.answers()[1], ("b".to_owned(), not_run.to_owned()));
}
