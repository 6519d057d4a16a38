use std::sync::Arc;

use geppetto_engine::{ErrorKind, InferenceRunner, RunContext, ToolConfig, ToolErrorHandling};
use geppetto_events::{Event, EventSink, sink_fn};
use geppetto_toolloop::{
    TOOL_CANCEL_GRACE, ToolContext, ToolError, ToolLoop, ToolRegistry, raw_tool_fn,
};
use geppetto_turns::{Incomplete, Turn};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::support::*;

/// Runs the loop and cancels it after `after` milliseconds. Gives the time from cancel to end.
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
fn cancel_at(ctx: &RunContext, at: u64) -> RunContext {
    let token = ctx.cancellation().clone();
    let sink: Arc<dyn EventSink> = Arc::new(sink_fn(move |event: &Event| {
        if event.seq == at {
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
        let ctx = cancel_at(&ctx, at);
        let mut turn: Turn = prompt();
        let tool_loop = ToolLoop::new(script, tools);
        let outcome = tool_loop.run(&ctx, &mut turn).await;
        assert_sound(&ctx, &sink, &turn);
        if !ctx.is_cancelled() {
            assert!(at > 40 && outcome.is_ok());
            return;
        }
        let asked = turn.tool_calls().count();
        assert_eq!(answers(&turn).len(), asked, "event {at}");
        // A reply that came whole all the same is the end of the run.
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
