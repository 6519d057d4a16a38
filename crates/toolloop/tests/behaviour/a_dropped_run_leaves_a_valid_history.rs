use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake},
};

use geppetto_engine::{ErrorKind, InferenceRunner, Phase, RunContext, ToolConfig};
use geppetto_toolloop::ToolLoop;
use geppetto_turns::Turn;
use tokio::time::advance;

use crate::support::*;

struct NoWake;

impl Wake for NoWake {
    fn wake(self: Arc<Self>) {}
}

/// A loop of four replies and five calls, with delays everywhere.
fn interrupted(diary: &Diary) -> ToolLoop {
    let script = Script::new([
        vec![
            Do::Think("hm"),
            Do::Say("Let me see, this takes a while. "),
            Do::Call("a", "quick", "{}"),
            Do::Call("b", "alone", "{}"),
            Do::Call("c", "slow", "{}"),
            Do::Call("d", "slow", "{}"),
            Do::Wait(ms(3)),
        ],
        vec![Do::Say("And "), Do::BreakInCall(ErrorKind::Disconnected)],
        vec![
            Do::Call("e", "quick", "{}"),
            Do::Wait(ms(2)),
            Do::Break(ErrorKind::Server),
        ],
        vec![Do::Say("so on.")],
    ]);
    let tools = registry(vec![
        Box::new(slow(diary, "quick", 3)),
        Box::new(slow(diary, "alone", 5).exclusive()),
        Box::new(slow(diary, "slow", 8)),
    ]);
    let mut config = ToolConfig::default();
    config.max_parallel_tools = 2;
    let resampling = geppetto_toolloop::Resampling::default().with_backoff_base(ms(3));
    ToolLoop::new(script, tools)
        .with_config(config)
        .with_resampling(resampling)
}

/// Asserts that each answer states whether the call was run; returns `true` if all results were
/// kept.
fn answers_tell_what_ran(diary: &Diary, answers: &[(String, String)]) -> bool {
    let mut all_kept = true;
    for (id, answer) in answers {
        let started = diary.lines().contains(&format!("+{id}"));
        let not_run = answer.starts_with("Error: not run: ");
        assert_eq!(started, !not_run, "{id}: {answer}");
        let kept = *answer == format!("done {id}");
        assert!(
            kept || not_run || answer.starts_with("Error: cancelled: "),
            "{answer}"
        );
        all_kept &= kept;
    }
    all_kept
}

/// Polls the run this many times, a millisecond apart, and drops it. Returns `true` if it ended
/// before.
async fn dropped_after(polls: usize, cancel_at: Option<usize>) -> bool {
    let diary = Diary::default();
    let tool_loop = interrupted(&diary);
    let (ctx, sink) = context();
    let finals = Diary::default();
    let shown = finals.clone();
    let ctx = ctx.with_snapshot_hook(Arc::new(move |_: &RunContext, turn: &Turn, phase| {
        if phase == Phase::Final {
            shown.note(turn.blocks.len().to_string());
        }
    }));
    let mut turn = prompt();
    let waker = Arc::new(NoWake).into();
    let mut whole = false;
    let ended = {
        let mut run = pin!(tool_loop.run(&ctx, &mut turn));
        let mut ended = false;
        for poll in 0..polls {
            if cancel_at == Some(poll) {
                ctx.cancel();
            }
            let mut cx = Context::from_waker(&waker);
            if let Poll::Ready(outcome) = run.as_mut().poll(&mut cx) {
                // A reply that arrived completely nevertheless ends the run.
                whole = outcome.is_ok();
                ended = true;
                break;
            }
            advance(ms(1)).await;
        }
        ended
    };
    assert_sound(&ctx, &sink, &turn);
    assert!(whole || !ended || ctx.is_cancelled());
    assert_eq!(whole, ended && turn.assistant_text().ends_with("so on."));
    let asked = turn.tool_calls().filter(|call| call.id != "half").count();
    assert_eq!(answers(&turn).len(), asked);
    let kept = answers_tell_what_ran(&diary, &answers(&turn));
    assert!(!ended || kept || cancel_at.is_some());
    // The hook saw the turn once, as it is; a future that was never polled never ran.
    let expect = if polls == 0 {
        vec![]
    } else {
        vec![turn.blocks.len().to_string()]
    };
    assert_eq!(finals.lines(), expect);
    // Every tool that started is gone.
    let count = |sign| {
        diary
            .lines()
            .iter()
            .filter(|line| line.starts_with(sign))
            .count()
    };
    assert_eq!(count('+'), count('-'));
    ended
}

#[tokio::test(start_paused = true)]
async fn at_every_poll() {
    let mut polls = 0;
    while !dropped_after(polls, None).await {
        polls += 1;
    }
    assert!(polls > 30, "the run took {polls} polls");
}

#[tokio::test(start_paused = true)]
async fn at_every_poll_after_a_cancel_at_every_poll() {
    for cancel_at in 0..40 {
        for polls in cancel_at..cancel_at + 12 {
            dropped_after(polls, Some(cancel_at)).await;
        }
    }
}
