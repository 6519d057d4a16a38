use std::time::Duration;

use geppetto_engine::{ToolConfig, ToolErrorHandling};
use geppetto_toolloop::{FnTool, TOOL_CANCEL_GRACE, ToolContext, ToolError, ToolLoop, raw_tool_fn};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::support::*;

/// A tool with a time limit of 100 ms; once notified, it waits for `after` and returns the result
/// of `gives`.
fn listens(diary: &Diary, after: u64, gives: fn() -> Result<String, ToolError>) -> FnTool {
    let diary = diary.clone();
    let function = move |_: Value, ctx: ToolContext| -> SlowCall {
        let diary = diary.clone();
        Box::pin(async move {
            let _stay = Stay::enter(&diary, &format!("attempt {}", ctx.attempt));
            ctx.cancelled().await;
            diary.note("told");
            sleep(ms(after)).await;
            gives()
        })
    };
    raw_tool_fn("listens", "", any(), function).timeout(ms(100))
}

async fn run_of(tool: FnTool) -> (Vec<(String, String)>, Duration) {
    let script = Script::new([vec![Do::Call("a", "listens", "{}")], vec![Do::Say("ok")]]);
    let mut config = ToolConfig::default();
    config.tool_error_handling = ToolErrorHandling::Retry;
    config.retry_config.max_retries = 1;
    config.retry_config.backoff_base = Duration::ZERO;
    let tools = registry(vec![Box::new(tool)]);
    let started = Instant::now();
    let done = run(&ToolLoop::new(script, tools).with_config(config)).await;
    (done.answers(), started.elapsed())
}

#[tokio::test(start_paused = true)]
async fn what_it_gives_within_the_grace_counts() {
    let diary = Diary::default();
    let tool = listens(&diary, 30, || Ok("half of the list".to_owned()));
    let (answers, took) = run_of(tool).await;
    assert_eq!(answers, pairs(&[("a", "half of the list")]));
    assert_eq!(took, ms(130));
    assert_eq!(diary.lines(), ["+attempt 1", "told", "-attempt 1"]);
}

#[tokio::test(start_paused = true)]
async fn after_the_grace_it_is_dropped() {
    let diary = Diary::default();
    let tool = listens(&diary, 500, || Ok("too late".to_owned()));
    let (answers, took) = run_of(tool).await;
    let late = "Error: timed out: the tool took longer than 100ms";
    assert_eq!(answers, pairs(&[("a", late)]));
    assert_eq!(took, ms(100) + TOOL_CANCEL_GRACE);
    assert_eq!(diary.lines(), ["+attempt 1", "told", "-attempt 1"]);
}

#[tokio::test(start_paused = true)]
async fn an_error_keeps_what_it_says_about_being_repeated() {
    // The tool rolled back: it may be retried although it is not idempotent.
    let diary = Diary::default();
    let tool = listens(&diary, 10, || {
        Err(ToolError::new("rolled back").safe_to_repeat())
    });
    let (answers, _) = run_of(tool).await;
    let late = "Error: timed out: the tool took longer than 100ms: rolled back";
    assert_eq!(answers, pairs(&[("a", late)]));
    assert!(diary.lines().contains(&"+attempt 2".to_owned()));
    // It may have had its effect: it may not be retried although it is idempotent.
    let diary = Diary::default();
    let tool = listens(&diary, 10, || Err(ToolError::new("sent").permanent()));
    run_of(tool.idempotent()).await;
    assert!(!diary.lines().contains(&"+attempt 2".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn it_can_ask_whether_it_should_stop() {
    let diary = Diary::default();
    let notes = diary.clone();
    let function = move |_: Value, ctx: ToolContext| -> SlowCall {
        let notes = notes.clone();
        Box::pin(async move {
            notes.note(ctx.is_cancelled().to_string());
            ctx.cancelled().await;
            notes.note(ctx.is_cancelled().to_string());
            Ok("stopped".to_owned())
        })
    };
    let tool = raw_tool_fn("listens", "", any(), function).timeout(ms(100));
    let (answers, _) = run_of(tool).await;
    assert_eq!(answers, pairs(&[("a", "stopped")]));
    assert_eq!(diary.lines(), ["false", "true"]);
}
