//! On the real clock, but without any limit on durations: a tool blocks until the test has seen
//! that others made progress.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use geppetto_engine::{InferenceRunner, ToolConfig};
use geppetto_toolloop::{ToolError, ToolLoop, raw_tool_fn};
use serde_json::Value;

use crate::support::*;

/// Longer than any passing test takes.
const FOREVER: Duration = Duration::from_secs(30);

/// A tool that blocks its thread until the other side sends a message; and that side.
fn blocks(diary: &Diary) -> (impl Fn(Value) -> SlowCall + use<>, mpsc::Sender<()>) {
    let (go_on, may_go_on) = mpsc::channel();
    let (diary, may_go_on) = (diary.clone(), Arc::new(Mutex::new(may_go_on)));
    let function = move |_: Value| -> SlowCall {
        let (diary, may_go_on) = (diary.clone(), Arc::clone(&may_go_on));
        Box::pin(async move {
            diary.note("blocks");
            let told = may_go_on.lock().unwrap().recv_timeout(FOREVER);
            diary.note(format!("told: {}", told.is_ok()));
            Ok("over".to_owned())
        })
    };
    (function, go_on)
}

/// Cancels the run once the tool blocks; lets the tool continue when the run is over.
async fn cancel_while_it_blocks(blocking: bool) {
    let diary = Diary::default();
    let (function, go_on) = blocks(&diary);
    let mut tool = raw_tool_fn("blocks", "", any(), function);
    if blocking {
        tool = tool.blocking();
    }
    let script = Script::new([vec![Do::Call("a", "blocks", "{}")]]);
    let tool_loop = ToolLoop::new(script, registry(vec![Box::new(tool)]));
    let (ctx, sink) = context();
    let (canceller, seen) = (ctx.clone(), diary.clone());
    // On a separate thread, because the runtime may have none to spare.
    let cancels = std::thread::spawn(move || {
        while seen.lines().is_empty() {
            std::thread::yield_now();
        }
        canceller.cancel();
    });
    let done = run_in(&tool_loop, &ctx, &sink).await;
    cancels.join().unwrap();
    assert!(done.outcome.unwrap_err().is_cancelled());
    let cancelled = "Error: cancelled: the run was cancelled";
    assert_eq!(answers(&done.turn), pairs(&[("a", cancelled)]));
    assert_eq!(diary.lines(), ["blocks"]);
    go_on.send(()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_does_not_wait_for_it() {
    // The run is driven by a task, as in a session.
    tokio::spawn(cancel_while_it_blocks(false)).await.unwrap();
}

#[tokio::test]
async fn one_that_says_so_may_block_on_any_runtime() {
    cancel_while_it_blocks(true).await;
}

#[tokio::test]
async fn its_time_limit_holds_and_others_run_beside_it() {
    let diary = Diary::default();
    let (function, go_on) = blocks(&diary);
    let tool = raw_tool_fn("blocks", "", any(), function);
    let quick = raw_tool_fn("quick", "", any(), |_: Value| async {
        tokio::task::yield_now().await;
        Ok::<_, ToolError>("quick")
    });
    let tools = registry(vec![
        Box::new(tool.blocking().timeout(ms(20))),
        Box::new(quick),
    ]);
    let script = Script::new([
        vec![Do::Call("a", "blocks", "{}"), Do::Call("b", "quick", "{}")],
        vec![Do::Say("ok")],
    ]);
    let done = run(&ToolLoop::new(script, tools)).await;
    let late = "Error: timed out: the tool took longer than 20ms";
    assert_eq!(done.answers(), pairs(&[("a", late), ("b", "quick")]));
    assert_eq!(diary.lines(), ["blocks"]);
    go_on.send(()).unwrap();
}

#[tokio::test]
async fn a_blocking_tool_gives_its_result_and_its_panic() {
    let tools = registry(vec![
        Box::new(
            raw_tool_fn("adds", "", any(), |args: Value| async move {
                Ok::<_, ToolError>(args["n"].as_i64().unwrap_or(0) + 1)
            })
            .blocking(),
        ),
        Box::new(
            raw_tool_fn("bursts", "", any(), |_: Value| async move {
                if true {
                    panic!("out of memory");
                }
                Ok::<_, ToolError>("never")
            })
            .blocking(),
        ),
    ]);
    let script = Script::new([
        vec![
            Do::Call("a", "adds", r#"{"n":41}"#),
            Do::Call("b", "bursts", "{}"),
        ],
        vec![Do::Say("ok")],
    ]);
    let mut config = ToolConfig::default();
    config.max_parallel_tools = 1;
    let done = run(&ToolLoop::new(script, tools).with_config(config)).await;
    assert_eq!(
        done.answers(),
        pairs(&[
            ("a", "42"),
            ("b", "Error: the tool panicked: out of memory")
        ])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_is_dropped_drops_its_tools() {
    let diary = Diary::default();
    let tools = registry(vec![Box::new(slow(&diary, "slow", 3_600_000))]);
    let script = Script::new([vec![Do::Call("a", "slow", "{}")]]);
    let tool_loop = ToolLoop::new(script, tools);
    let (ctx, _sink) = context();
    let mut turn = prompt();
    {
        let run = tool_loop.run(&ctx, &mut turn);
        tokio::select! {
            _ = run => panic!("the tool takes an hour"),
            () = async { while diary.lines().is_empty() { tokio::task::yield_now().await; } } => {}
        }
    }
    // Its task may be polling it; that poll ends at once.
    while diary.lines() != ["+a", "-a"] {
        tokio::task::yield_now().await;
    }
    let abandoned = "Error: cancelled: the run was abandoned";
    assert_eq!(answers(&turn), pairs(&[("a", abandoned)]));
}
