use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use geppetto_engine::{ToolConfig, ToolErrorHandling};
use geppetto_toolloop::{FnTool, Tool, ToolContext, ToolError, ToolLoop, raw_tool_fn};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::support::*;

/// Fails this many times, and records the time and key of each attempt.
fn flaky(diary: &Diary, name: &str, failures: u32, error: fn() -> ToolError) -> FnTool {
    let (diary, tried) = (diary.clone(), Arc::new(AtomicU32::new(0)));
    let started = Instant::now();
    raw_tool_fn(
        name,
        "",
        any(),
        move |_: Value, ctx: ToolContext| -> SlowCall {
            let (diary, tried) = (diary.clone(), Arc::clone(&tried));
            Box::pin(async move {
                let at = started.elapsed().as_millis();
                diary.note(format!("{} {} at {at}", ctx.call_id, ctx.attempt));
                if tried.fetch_add(1, Ordering::Relaxed) < failures {
                    return Err(error());
                }
                Ok("at last".to_owned())
            })
        },
    )
}

async fn answers_of(tool: impl Tool + 'static) -> (Vec<(String, String)>, Vec<String>) {
    let script = Script::new([vec![Do::Call("a", "flaky", "{}")], vec![Do::Say("ok")]]);
    let mut config = ToolConfig::default();
    config.tool_error_handling = ToolErrorHandling::Retry;
    let tools = registry(vec![Box::new(tool)]);
    let done = run(&ToolLoop::new(script, tools).with_config(config)).await;
    assert!(done.outcome.is_ok());
    (done.answers(), done.tool_events())
}

#[tokio::test(start_paused = true)]
async fn an_idempotent_tool_is_tried_again_with_growing_waits() {
    let diary = Diary::default();
    let tool = flaky(&diary, "flaky", 2, || ToolError::new("busy")).idempotent();
    let (answers, events) = answers_of(tool).await;
    assert_eq!(answers, pairs(&[("a", "at last")]));
    assert_eq!(diary.lines(), ["a 1 at 0", "a 2 at 1000", "a 3 at 3000"]);
    assert_eq!(events, ["start a {}", "success a at last", "finish a"]);
}

#[tokio::test(start_paused = true)]
async fn when_retries_are_used_up_the_model_gets_the_error() {
    let diary = Diary::default();
    let tool = flaky(&diary, "flaky", 9, || ToolError::new("busy")).idempotent();
    let (answers, _) = answers_of(tool).await;
    assert_eq!(answers, pairs(&[("a", "Error: busy")]));
    assert_eq!(diary.lines().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_is_not_idempotent_is_repeated_only_where_it_says_so() {
    let cases: [(fn() -> ToolError, usize); 2] = [
        (|| ToolError::new("busy"), 1),
        (|| ToolError::new("busy").safe_to_repeat(), 2),
    ];
    for (error, tries) in cases {
        let diary = Diary::default();
        answers_of(flaky(&diary, "flaky", 1, error)).await;
        assert_eq!(diary.lines().len(), tries);
    }
    let diary = Diary::default();
    let permanent = || ToolError::new("no such thing").permanent();
    answers_of(flaky(&diary, "flaky", 9, permanent).idempotent()).await;
    assert_eq!(diary.lines().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn only_the_call_that_failed_is_repeated() {
    let diary = Diary::default();
    let script = Script::new([
        vec![
            Do::Call("a", "slow", "{}"),
            Do::Call("b", "flaky", "{}"),
            Do::Call("c", "late", "{}"),
            Do::Call("d", "late-once", "{}"),
        ],
        vec![Do::Say("ok")],
    ]);
    let mut config = ToolConfig::default();
    config.tool_error_handling = ToolErrorHandling::Retry;
    config.execution_timeout = Duration::from_secs(1);
    config.retry_config.max_retries = 1;
    let notes = diary.clone();
    let late_once = raw_tool_fn("late-once", "", any(), move |_: Value, ctx: ToolContext| {
        notes.note(format!("late-once {}", ctx.attempt));
        async move {
            if ctx.attempt == 1 {
                sleep(Duration::from_secs(9)).await;
            }
            Ok::<_, ToolError>("in time")
        }
    });
    let tools = registry(vec![
        Box::new(slow(&diary, "slow", 10)),
        Box::new(flaky(&diary, "flaky", 1, || ToolError::new("busy")).idempotent()),
        Box::new(slow(&diary, "late", 5000)),
        Box::new(late_once.idempotent()),
    ]);
    let done = run(&ToolLoop::new(script, tools).with_config(config)).await;
    let late = "Error: timed out: the tool took longer than 1s";
    assert_eq!(
        done.answers(),
        pairs(&[
            ("a", "done a"),
            ("b", "at last"),
            ("c", late),
            ("d", "in time")
        ])
    );
    let count = |line: &str| {
        diary
            .lines()
            .iter()
            .filter(|own| own.starts_with(line))
            .count()
    };
    assert_eq!(
        [count("+a"), count("b "), count("+c"), count("late-once")],
        [1, 2, 1, 2]
    );
}
