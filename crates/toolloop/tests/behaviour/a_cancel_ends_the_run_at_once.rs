use std::sync::Arc;

use async_trait::async_trait;
use geppetto_engine::{
    ErrorKind, InferenceRunner, Phase, RunContext, ToolConfig, ToolErrorHandling,
};
use geppetto_events::{Event, EventSink, sink_fn};
use geppetto_toolloop::{
    Rejection, TOOL_CANCEL_GRACE, ToolContext, ToolError, ToolExecutor, ToolLoop, ToolRegistry,
    raw_tool_fn,
};
use geppetto_turns::{Args, Incomplete, ToolCall, Turn};
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::support::*;

/// Runs the loop and cancels it after `after` milliseconds. Returns the time from the cancellation
/// to the end.
async fn cancelled_after(tool_loop: &ToolLoop, after: u64) -> (Done, u128) {
    let (ctx, sink) = context();
    let canceller = ctx.clone();
    tokio::spawn(async move {
        sleep(ms(after)).await;
        canceller.cancel();
    });
    let started = Instant::now();
    let done = run_in(tool_loop, &ctx, &sink).await;
    let took = started.elapsed().as_millis() - u128::from(after);
    let error = done.outcome.as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    (done, took)
}

fn stubborn(diary: &Diary) -> ToolRegistry {
    registry(vec![
        Box::new(slow(diary, "quick", 10)),
        Box::new(slow(diary, "nearly", 120)),
        Box::new(slow(diary, "stubborn", 60_000)),
    ])
}

#[tokio::test(start_paused = true)]
async fn finished_results_are_kept_running_tools_cancelled_and_no_other_started() {
    let diary = Diary::default();
    let script = Script::new([vec![
        Do::Call("a", "quick", "{}"),
        Do::Call("b", "stubborn", "{}"),
        Do::Call("c", "nearly", "{}"),
        Do::Call("d", "stubborn", "{}"),
        Do::Call("e", "quick", "{}"),
    ]]);
    let tool_loop = ToolLoop::new(script, stubborn(&diary));
    let (done, took) = cancelled_after(&tool_loop, 50).await;
    assert_eq!(took, TOOL_CANCEL_GRACE.as_millis());
    assert_eq!(
        done.answers(),
        pairs(&[
            ("a", "done a"),
            ("b", "Error: cancelled: the run was cancelled"),
            ("c", "done c"),
            ("d", "Error: cancelled: the run was cancelled"),
            ("e", "Error: not run: the run was cancelled"),
        ])
    );
    assert_eq!(
        diary.lines(),
        ["+a", "+b", "+c", "-a", "+d", "-c", "-b", "-d"]
    );
    let events = done.tool_events();
    assert_eq!(
        &events[events.len() - 6..],
        [
            "error b Error: cancelled: the run was cancelled",
            "finish b",
            "error d Error: cancelled: the run was cancelled",
            "finish d",
            "error e Error: not run: the run was cancelled",
            "finish e",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_listens_ends_the_run_sooner() {
    let polite = |name, result: fn() -> Result<&'static str, ToolError>| {
        raw_tool_fn(
            name,
            "",
            any(),
            move |_: Value, ctx: ToolContext| async move {
                ctx.cancelled().await;
                sleep(ms(5)).await;
                result()
            },
        )
    };
    let script = Script::new([vec![
        Do::Call("a", "keeps", "{}"),
        Do::Call("b", "quits", "{}"),
    ]]);
    let tools = registry(vec![
        Box::new(polite("keeps", || Ok("half of it"))),
        Box::new(polite("quits", || Err(ToolError::new("interrupted")))),
    ]);
    let mut config = ToolConfig::default();
    config.tool_error_handling = ToolErrorHandling::Abort;
    let tool_loop = ToolLoop::new(script, tools).with_config(config);
    let (done, took) = cancelled_after(&tool_loop, 50).await;
    assert_eq!(took, 5);
    assert_eq!(
        done.answers(),
        pairs(&[("a", "half of it"), ("b", "Error: cancelled: interrupted")])
    );
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_waits_to_be_tried_again_is_not() {
    let diary = Diary::default();
    let notes = diary.clone();
    let tool = raw_tool_fn("busy", "", any(), move |_: Value| {
        notes.note("tried");
        async { Err::<(), _>(ToolError::new("busy")) }
    });
    let mut config = ToolConfig::default();
    config.tool_error_handling = ToolErrorHandling::Retry;
    let script = Script::new([vec![Do::Call("a", "busy", "{}")]]);
    let tools = registry(vec![Box::new(tool.idempotent())]);
    let tool_loop = ToolLoop::new(script, tools).with_config(config);
    let (done, took) = cancelled_after(&tool_loop, 500).await;
    assert_eq!((took, diary.lines().len()), (0, 1));
    assert_eq!(done.answers(), pairs(&[("a", "Error: cancelled: busy")]));
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_ignores_it_is_left_behind() {
    let script = Script::new([vec![
        Do::Say("Let me see. "),
        Do::Call("a", "quick", "{}"),
        Do::Hang,
    ]]);
    let diary = Diary::default();
    let tool_loop = ToolLoop::new(script, stubborn(&diary));
    let (done, took) = cancelled_after(&tool_loop, 50).await;
    assert_eq!(took, TOOL_CANCEL_GRACE.as_millis());
    assert_eq!(done.turn.assistant_text(), "Let me see. ");
    assert_eq!(
        done.answers(),
        pairs(&[("a", "Error: not run: the run was cancelled")])
    );
    assert_eq!(diary.lines(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_broken_stream_is_not_sampled_again() {
    let script = Script::new([vec![Do::Break(ErrorKind::Truncated)]]);
    let (done, took) = cancelled_after(&ToolLoop::new(script, registry(vec![])), 100).await;
    assert_eq!(took, 0);
    let last = done.turn.blocks.last().unwrap();
    assert_eq!(
        (last.text(), last.incomplete()),
        (Some("part"), Some(Incomplete::Truncated))
    );
    assert!(!done.names().contains(&"provider-call-discarded"));
}

#[tokio::test(start_paused = true)]
async fn before_the_run_nothing_happens() {
    let (ctx, sink) = context();
    ctx.cancel();
    let script = Script::new([]);
    let done = run_in(
        &ToolLoop::new(script.clone(), registry(vec![])),
        &ctx,
        &sink,
    )
    .await;
    assert!(done.outcome.unwrap_err().is_cancelled());
    assert!(script.asked().is_empty() && done.events.is_empty());
}

/// Cancels at event number `at`, from inside a sink.
fn cancel_at(ctx: &RunContext, at: u64, diary: &Diary) -> RunContext {
    let (token, diary) = (ctx.cancellation().clone(), diary.clone());
    let sink: Arc<dyn EventSink> = Arc::new(sink_fn(move |event: &Event| {
        if event.seq == at {
            diary.note("cancel");
            token.cancel();
        }
    }));
    ctx.clone().with_event_sinks([sink])
}

#[tokio::test(start_paused = true)]
async fn at_every_event_the_history_stays_valid_and_no_tool_starts_after() {
    for at in 1.. {
        let diary = Diary::default();
        let script = Script::new([
            vec![
                Do::Think("hm"),
                Do::Say("a b"),
                Do::Call("a", "quick", "{}"),
                Do::Call("b", "alone", "{}"),
                Do::Call("c", "nowhere", "{}"),
                Do::Call("d", "nearly", "{"),
                Do::Call("e", "stubborn", "{}"),
            ],
            vec![Do::Break(ErrorKind::Truncated)],
            vec![Do::Say("done")],
        ]);
        let mut tools = stubborn(&diary);
        tools
            .register(slow(&diary, "alone", 30).exclusive())
            .unwrap();
        tools.remove("stubborn");
        tools.register(slow(&diary, "stubborn", 500)).unwrap();
        let (ctx, sink) = context();
        let ctx = cancel_at(&ctx, at, &diary);
        let mut turn: Turn = prompt();
        let tool_loop = ToolLoop::new(script, tools);
        let outcome = tool_loop.run(&ctx, &mut turn).await;
        assert_sound(&ctx, &sink, &turn);
        if !ctx.is_cancelled() {
            assert!(at > 40 && outcome.is_ok());
            return;
        }
        let lines = diary.lines();
        let after = lines.iter().skip_while(|line| *line != "cancel");
        assert_eq!(
            after.filter(|line| line.starts_with('+')).count(),
            0,
            "event {at}"
        );
        let asked = turn.tool_calls().count();
        assert_eq!(answers(&turn).len(), asked, "event {at}");
        // A reply that arrived completely nevertheless ends the run.
        let whole = turn.assistant_text().ends_with("done");
        assert_eq!(outcome.is_ok(), whole, "event {at}");
        for (id, answer) in answers(&turn) {
            let started = diary.lines().contains(&format!("+{id}"));
            let kept = answer.starts_with("done");
            let cancelled = answer.starts_with("Error: cancelled");
            assert_eq!(started, kept || cancelled, "event {at}: {id}: {answer}");
        }
    }
}

/// Cancels in `pre_execute` of the call `b`.
struct CancelsAtB(Diary);

#[async_trait]
impl ToolExecutor for CancelsAtB {
    async fn pre_execute(&self, ctx: &RunContext, call: &ToolCall) -> Result<Args, Rejection> {
        self.0.note(format!("asked {}", call.id));
        if call.id == "b" {
            ctx.extension::<CancellationToken>().unwrap().cancel();
        }
        Ok(call.args.clone())
    }
}

#[tokio::test(start_paused = true)]
async fn in_a_hook_no_further_hook_and_no_start_follows() {
    let diary = Diary::default();
    let calls = ["a", "b", "c"].map(|id| Do::Call(id, "quick", "{}"));
    let mut config = ToolConfig::default();
    config.max_parallel_tools = 1;
    // The cancellation takes precedence over the limit that is reached with it.
    config.max_tool_calls = Some(2);
    let tool_loop = ToolLoop::new(Script::new([calls.to_vec()]), stubborn(&diary))
        .with_config(config)
        .with_executor(CancelsAtB(diary.clone()));
    let (ctx, sink) = context();
    let token = ctx.cancellation().clone();
    let ctx = ctx.with_extension(token);
    let done = run_in(&tool_loop, &ctx, &sink).await;
    assert!(done.outcome.as_ref().unwrap_err().is_cancelled());
    assert_eq!(diary.lines(), ["asked a", "+a", "-a", "asked b"]);
    let events = done.tool_events();
    let starts = events.iter().filter(|line| line.starts_with("start"));
    assert_eq!(starts.collect::<Vec<_>>(), ["start a {}"]);
}

#[tokio::test(start_paused = true)]
async fn in_a_tool_the_next_one_is_not_even_asked_for() {
    let diary = Diary::default();
    let tool = raw_tool_fn(
        "cancels",
        "",
        any(),
        |_: Value, ctx: ToolContext| async move {
            ctx.run.extension::<CancellationToken>().unwrap().cancel();
            Ok::<_, ToolError>("cancelled it")
        },
    );
    let calls = ["a", "b"].map(|id| Do::Call(id, "cancels", "{}"));
    let mut config = ToolConfig::default();
    config.max_parallel_tools = 1;
    let tool_loop = ToolLoop::new(
        Script::new([calls.to_vec()]),
        registry(vec![Box::new(tool)]),
    )
    .with_config(config)
    .with_executor(CancelsAtB(diary.clone()));
    let (ctx, sink) = context();
    let token = ctx.cancellation().clone();
    let done = run_in(&tool_loop, &ctx.with_extension(token), &sink).await;
    assert_eq!(diary.lines(), ["asked a"]);
    assert_eq!(
        done.answers(),
        pairs(&[
            ("a", "cancelled it"),
            ("b", "Error: not run: the run was cancelled")
        ])
    );
}

#[tokio::test(start_paused = true)]
async fn in_a_snapshot_hook_the_model_is_not_asked_and_limits_do_not_count() {
    for (at, asked) in [(Phase::PreInference, 0), (Phase::PostInference, 1)] {
        let diary = Diary::default();
        let script = Script::new([vec![Do::Call("a", "quick", "{}")]]);
        let mut config = ToolConfig::default();
        config.max_iterations = 1;
        let tool_loop = ToolLoop::new(script.clone(), stubborn(&diary)).with_config(config);
        let (ctx, sink) = context();
        let ctx = ctx.with_snapshot_hook(Arc::new(move |ctx: &RunContext, _: &Turn, phase| {
            if phase == at {
                ctx.cancel();
            }
        }));
        let done = run_in(&tool_loop, &ctx, &sink).await;
        assert!(done.outcome.unwrap_err().is_cancelled());
        assert_eq!(script.asked().len(), asked);
    }
}
