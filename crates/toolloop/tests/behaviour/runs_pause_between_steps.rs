use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use geppetto_engine::{InferenceRunner, Limit, RunStop};
use geppetto_events::{Event, EventKind, EventSink, kind::DebuggerPause, sink_fn};
use geppetto_toolloop::{AtDeadline, PausePhase, StepController, ToolLoop};
use tokio::time::{Instant, sleep};

use crate::support::*;

fn controller() -> StepController {
    let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    StepController::new().with_clock(move || noon)
}

fn stepped(controller: &StepController, diary: &Diary) -> ToolLoop {
    let script = Script::new([
        vec![Do::Call("a", "slow", "{}"), Do::Call("b", "slow", "{}")],
        vec![Do::Say("ok")],
    ]);
    let tools = registry(vec![Box::new(slow(diary, "slow", 10))]);
    ToolLoop::new(script, tools).with_step_control(controller.clone())
}

fn pauses(done: &Done) -> Vec<DebuggerPause> {
    let pause = |event: &Event| match &event.kind {
        EventKind::DebuggerPause(pause) => Some((**pause).clone()),
        _ => None,
    };
    done.events.iter().filter_map(pause).collect()
}

#[tokio::test(start_paused = true)]
async fn somebody_lets_them_go_on() {
    let (controller, diary) = (controller(), Diary::default());
    controller.enable("session");
    let (by, notes) = (controller.clone(), diary.clone());
    tokio::spawn(async move {
        for _ in 0..2 {
            sleep(Duration::from_secs(10)).await;
            let pending = by.pending("session");
            notes.note(format!(
                "{} {}",
                pending[0].phase.as_str(),
                pending[0].summary
            ));
            assert!(by.continue_run(&pending[0].pause_id));
            assert!(!by.continue_run(&pending[0].pause_id));
        }
    });
    let started = Instant::now();
    let done = run(&stepped(&controller, &diary)).await;
    assert_eq!(done.outcome.as_ref().unwrap().stop, RunStop::Finished);
    assert_eq!(started.elapsed(), Duration::from_secs(20));
    assert_eq!(
        diary.lines(),
        [
            "after_inference 2 tool calls to run: slow, slow",
            "+a",
            "+b",
            "-a",
            "-b",
            "after_tools 2 tool calls answered: slow, slow",
        ]
    );
    let pauses = pauses(&done);
    assert_eq!(pauses[0].phase, PausePhase::AfterInference.as_str());
    assert_eq!(pauses[0].deadline_ms, Some(1_000_030_000));
    assert!(controller.pending("session").is_empty());
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_they_go_on_or_stop_as_it_was_said() {
    let (controller, diary) = (controller(), Diary::default());
    controller.enable("session");
    let started = Instant::now();
    let done = run(&stepped(&controller, &diary)).await;
    assert_eq!(done.outcome.unwrap().stop, RunStop::Finished);
    assert_eq!(started.elapsed(), ms(60_010));

    let controller = controller
        .with_deadline(ms(70))
        .with_at_deadline(AtDeadline::Stop);
    let diary = Diary::default();
    let done = run(&stepped(&controller, &diary)).await;
    assert_eq!(
        done.outcome.as_ref().unwrap().stop,
        RunStop::LimitReached(Limit::Pause(ms(70)))
    );
    let not_run = "Error: not run: limit reached: a pause of 70ms";
    assert_eq!(done.answers(), pairs(&[("a", not_run), ("b", not_run)]));
    assert_eq!(diary.lines(), Vec::<String>::new());
    assert!(controller.pending("session").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_cancel_ends_the_run_and_no_tool_starts() {
    let (controller, diary) = (controller(), Diary::default());
    controller.enable("session");
    let (ctx, sink) = context();
    let canceller = ctx.clone();
    tokio::spawn(async move {
        sleep(ms(500)).await;
        canceller.cancel();
    });
    let started = Instant::now();
    let done = run_in(&stepped(&controller, &diary), &ctx, &sink).await;
    assert!(done.outcome.as_ref().unwrap_err().is_cancelled());
    assert_eq!(started.elapsed(), ms(500));
    assert_eq!(done.answers()[1].1, "Error: not run: the run was cancelled");
    assert_eq!(diary.lines(), Vec::<String>::new());
    assert!(controller.pending("session").is_empty());
}

#[tokio::test(start_paused = true)]
async fn only_in_sessions_that_were_chosen_and_until_they_are_let_go() {
    let (controller, diary) = (controller(), Diary::default());
    controller.enable("another");
    assert!(!controller.is_enabled("session"));
    let started = Instant::now();
    let done = run(&stepped(&controller, &diary)).await;
    assert!(pauses(&done).is_empty());
    assert_eq!(started.elapsed(), ms(10));

    controller.enable("session");
    let by = controller.clone();
    tokio::spawn(async move {
        sleep(ms(500)).await;
        by.disable("session");
    });
    let done = run(&stepped(&controller, &diary)).await;
    assert_eq!(pauses(&done).len(), 1);
    assert_eq!(started.elapsed(), ms(10 + 500 + 10));
}

#[tokio::test(start_paused = true)]
async fn a_sink_may_continue_as_soon_as_it_is_told() {
    let (controller, diary) = (controller(), Diary::default());
    controller.enable("session");
    let by = controller.clone();
    let (ctx, sink) = context();
    let eager: Arc<dyn EventSink> = Arc::new(sink_fn(move |event: &Event| {
        if let EventKind::DebuggerPause(pause) = &event.kind {
            assert!(by.continue_run(&pause.pause_id));
        }
    }));
    let ctx = ctx.with_event_sinks([eager]);
    let started = Instant::now();
    let mut turn = prompt();
    let outcome = stepped(&controller, &diary).run(&ctx, &mut turn).await;
    assert_eq!(outcome.unwrap().stop, RunStop::Finished);
    assert_eq!((started.elapsed(), ctx.stream().sink_panics()), (ms(10), 0));
    assert_sound(&ctx, &sink, &turn);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_let_through_while_its_pause_begins_does_not_wait() {
    let (controller, diary) = (StepController::new(), Diary::default());
    controller.enable("session");
    let by = controller.clone();
    let controller = controller.with_clock(move || {
        by.disable("session");
        SystemTime::UNIX_EPOCH
    });
    let started = Instant::now();
    let done = run(&stepped(&controller, &diary)).await;
    assert_eq!(done.outcome.as_ref().unwrap().stop, RunStop::Finished);
    assert_eq!(started.elapsed(), Duration::from_millis(10));
    assert!(pauses(&done).is_empty());
}
