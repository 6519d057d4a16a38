use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use geppetto_engine::{Limit, RunContext, RunStop};
use geppetto_toolloop::{
    Rejection, StepController, Tool, ToolContext, ToolExecutor, ToolLoop, raw_tool_fn,
};
use geppetto_turns::ToolCall;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::support::*;

/// Waits for a person for a given time.
struct SlowYes {
    time: Duration,
    off_the_clock: bool,
}

#[async_trait]
impl ToolExecutor for SlowYes {
    async fn is_allowed(
        &self,
        ctx: &RunContext,
        _: &ToolCall,
        _: &dyn Tool,
    ) -> Result<(), Rejection> {
        let answered = sleep(self.time);
        match self.off_the_clock {
            true => ctx.off_the_clock(answered).await,
            false => answered.await,
        }
        Ok(())
    }
}

fn script(ids: &[&'static str]) -> Arc<Script> {
    let calls = ids.iter().map(|id| Do::Call(id, "act", "{}"));
    Script::new([calls.collect(), vec![Do::Wait(ms(100)), Do::Say("ok")]])
}

/// The tool takes 30 ms and asks a person for an hour.
fn tool_loop(script: Arc<Script>) -> ToolLoop {
    let act = raw_tool_fn("act", "", any(), |_: Value, ctx: ToolContext| async move {
        sleep(ms(30)).await;
        ctx.run
            .off_the_clock(sleep(Duration::from_secs(3600)))
            .await;
        "done"
    });
    ToolLoop::new(script, registry(vec![Box::new(act.timeout(ms(50)))]))
}

async fn stop_of(tool_loop: &ToolLoop, limit: u64) -> (RunStop, Duration) {
    let (ctx, sink) = context();
    let started = Instant::now();
    let done = run_in(tool_loop, &ctx.with_time_limit(ms(limit)), &sink).await;
    (done.outcome.unwrap().stop, started.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_waits_off_the_clock_costs_no_time_of_the_run() {
    let quick = raw_tool_fn("act", "", any(), |_: Value| async { "done" });
    for off_the_clock in [true, false] {
        let hook = SlowYes {
            time: ms(300),
            off_the_clock,
        };
        let tools = registry(vec![Box::new(quick.clone())]);
        let tool_loop = ToolLoop::new(script(&["a", "b"]), tools).with_executor(hook);
        let (stop, _) = stop_of(&tool_loop, 200).await;
        let expected = match off_the_clock {
            true => RunStop::Finished,
            false => RunStop::LimitReached(Limit::WallClock(ms(200))),
        };
        assert_eq!(stop, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_asks_keeps_its_own_time_and_that_of_the_run() {
    let (stop, took) = stop_of(&tool_loop(script(&["a", "b"])), 200).await;
    assert_eq!(stop, RunStop::Finished);
    assert_eq!(took, Duration::from_secs(3600) + ms(130));
    // Time of models and tools continues to count after the answer.
    let (stop, _) = stop_of(&tool_loop(script(&["a"])), 40).await;
    assert_eq!(stop, RunStop::LimitReached(Limit::WallClock(ms(40))));
}

#[tokio::test(start_paused = true)]
async fn a_pause_costs_no_time_of_the_run() {
    let controller = StepController::new();
    controller.enable("session");
    let tool_loop = tool_loop(script(&["a"])).with_step_control(controller);
    let (stop, _) = stop_of(&tool_loop, 200).await;
    assert_eq!(stop, RunStop::Finished);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_ends_the_run_at_once_all_the_same() {
    let (ctx, sink) = context();
    let hook = SlowYes {
        time: Duration::from_secs(3600),
        off_the_clock: true,
    };
    let tool_loop = tool_loop(script(&["a"])).with_executor(hook);
    let started = Instant::now();
    let cancel = async {
        sleep(ms(500)).await;
        ctx.cancel();
    };
    let (done, ()) = tokio::join!(run_in(&tool_loop, &ctx, &sink), cancel);
    assert!(done.outcome.unwrap_err().is_cancelled());
    assert!(started.elapsed() <= ms(580));
}
