use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use geppetto_engine::{
    Engine, EngineError, ErrorKind, Finish, InferenceRunner, Middleware, Next, ResponseWriter,
    RetryLimit, RunContext, Stack,
};
use geppetto_events::{Event, EventKind, kind::TextFinished};
use geppetto_toolloop::{Resampling, ToolLoop, raw_tool_fn};
use geppetto_turns::{Block, FinishClass, Incomplete, InferenceResult, Turn, Usage};
use proptest::prelude::{ProptestConfig, prop, prop_assert_eq, proptest};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::support::*;

/// Returns the blocks without the values that differ between calls: ids and timestamps.
fn said(turn: &Turn) -> Vec<Block> {
    let strip = |block: &Arc<Block>| Block::clone(block).with_id("");
    turn.blocks.iter().map(strip).collect()
}

#[tokio::test(start_paused = true)]
async fn the_turn_is_as_if_nothing_had_broken() {
    let whole = vec![
        vec![
            Do::Think("hm"),
            Do::Say("Looking. "),
            Do::Call("a", "slow", "{}"),
        ],
        vec![Do::Say("Found.")],
    ];
    let mut broken = whole.clone();
    broken.insert(
        1,
        vec![Do::Say("Fou"), Do::BreakInCall(ErrorKind::Truncated)],
    );
    broken.insert(
        1,
        vec![Do::Call("x", "slow", "{}"), Do::Break(ErrorKind::Server)],
    );
    broken.insert(0, vec![Do::Think("h"), Do::Break(ErrorKind::Disconnected)]);
    let mut turns = Vec::new();
    for script in [whole, broken] {
        let diary = Diary::default();
        let tools = registry(vec![Box::new(slow(&diary, "slow", 10))]);
        let started = Instant::now();
        let done = run(&ToolLoop::new(Script::new(script), tools)).await;
        assert_eq!(diary.lines(), ["+a", "-a"]);
        turns.push((done, started.elapsed()));
    }
    let (broken, took) = turns.pop().unwrap();
    let (whole, _) = turns.pop().unwrap();
    assert_eq!(said(&broken.turn), said(&whole.turn));
    // Half a second, then again half a second and a second.
    assert_eq!(took, ms(10 + 500 + 500 + 1000));
    let report = broken.outcome.as_ref().unwrap();
    assert_eq!(report.provider_calls, 5);
    let mut usage = Usage::new(20, 10);
    usage.unreported_calls = 3;
    assert_eq!(report.usage, usage);
    let discarded: Vec<(String, Option<u32>, String)> = broken
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::ProviderCallDiscarded(e) => Some((
                event.correlation.provider_call_id.clone().unwrap(),
                event.correlation.attempt,
                e.reason.clone(),
            )),
            _ => None,
        })
        .collect();
    let call = |number, attempt| {
        let id = format!("script:run:provider-call:{number}");
        (id, Some(attempt), "it broke".to_owned())
    };
    assert_eq!(discarded, [call(0, 1), call(1, 1), call(1, 2)]);
}

/// Sends half of an answer and breaks off; then fails before any output each time it is called.
struct SaysHalf(ErrorKind, AtomicU32);

#[async_trait]
impl Engine for SaysHalf {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let mut reply = ResponseWriter::start(ctx, turn, "script", "m");
        if self.1.fetch_add(1, Ordering::Relaxed) > 0 {
            let error = EngineError::new(self.0, "refused");
            return Err(reply.fail(error, Finish::default()));
        }
        let text = reply.open_text();
        reply.push(text, "half of it");
        let error = EngineError::new(ErrorKind::Server, "the model crashed");
        Err(reply.fail(error, Finish::default()))
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_said_stays_where_no_other_reply_replaces_it() {
    for kind in [
        ErrorKind::InvalidRequest,
        ErrorKind::Connect,
        ErrorKind::Overloaded,
    ] {
        let engine = Arc::new(SaysHalf(kind, AtomicU32::new(0)));
        let done = run(&ToolLoop::new(engine.clone(), registry(vec![]))).await;
        assert_eq!(engine.1.load(Ordering::Relaxed), 2);
        // The error is the one of the reply that is kept.
        let error = done.outcome.unwrap_err();
        assert_eq!(error.to_string(), "the model crashed");
        assert_eq!(done.turn.assistant_text(), "half of it");
        let last = done.turn.blocks.last().unwrap();
        assert_eq!(last.incomplete(), Some(Incomplete::Failed));
        let discards = |event: &Event| matches!(event.kind, EventKind::ProviderCallDiscarded(_));
        assert!(!done.events.iter().any(discards), "nothing replaced it");
    }
}

/// Sends half of an answer and breaks off; on the next call, hangs until it is dropped.
struct HangsThen(AtomicU32, CancellationToken);

#[async_trait]
impl Engine for HangsThen {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let mut reply = ResponseWriter::start(ctx, turn, "script", "m");
        if self.0.fetch_add(1, Ordering::Relaxed) > 0 {
            self.1.cancel();
            std::future::pending::<()>().await;
        }
        let text = reply.open_text();
        reply.push(text, "half of it");
        let error = EngineError::new(ErrorKind::Truncated, "cut");
        Err(reply.fail(error, Finish::default()))
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_said_stays_when_the_repeat_is_cancelled() {
    let (ctx, sink) = context();
    let engine = Arc::new(HangsThen(AtomicU32::new(0), ctx.cancellation().clone()));
    let mut turn = prompt();
    let tool_loop = ToolLoop::new(engine, registry(vec![]));
    let error = tool_loop.run(&ctx, &mut turn).await.unwrap_err();
    assert!(error.is_cancelled(), "{error}");
    assert_eq!(turn.assistant_text(), "half of it");
    assert_sound(&ctx, &sink, &turn);
}

#[tokio::test(start_paused = true)]
async fn a_broken_reply_is_discarded_when_the_next_one_speaks() {
    let script = Script::new([
        vec![Do::Say("first"), Do::Break(ErrorKind::Truncated)],
        vec![Do::Say("second")],
    ]);
    let done = run(&ToolLoop::new(script, registry(vec![]))).await;
    let names: Vec<_> = done.events.iter().map(Event::type_name).collect();
    let at = |name: &str| names.iter().rposition(|own| *own == name).unwrap();
    assert!(at("provider-call-started") < at("provider-call-discarded"));
    assert!(at("provider-call-discarded") < at("text-segment-started"));
    assert_eq!(done.turn.assistant_text(), "second");
}

#[tokio::test(start_paused = true)]
async fn when_attempts_are_used_up_the_last_one_stays_marked() {
    let script = Script::new([
        vec![Do::Say("one "), Do::Break(ErrorKind::Truncated)],
        vec![Do::Say("two "), Do::Break(ErrorKind::Truncated)],
        vec![
            Do::Say("three "),
            Do::Call("a", "slow", "{}"),
            Do::Break(ErrorKind::Truncated),
        ],
    ]);
    let diary = Diary::default();
    let tools = registry(vec![Box::new(slow(&diary, "slow", 10))]);
    let done = run(&ToolLoop::new(script, tools)).await;
    assert_eq!(
        done.outcome.as_ref().unwrap_err().kind(),
        ErrorKind::Truncated
    );
    assert_eq!(done.turn.assistant_text(), "three part");
    let marks: Vec<_> = done
        .turn
        .blocks
        .iter()
        .map(|own| own.incomplete())
        .collect();
    assert_eq!(marks, [None, None, None, Some(Incomplete::Truncated), None]);
    assert_eq!(
        done.answers(),
        pairs(&[("a", "Error: not run: the run failed")])
    );
    assert!(diary.lines().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_pass_is_an_error_at_once() {
    for kind in [
        ErrorKind::MalformedResponse,
        ErrorKind::InvalidRequest,
        ErrorKind::ContentFiltered,
        ErrorKind::Other,
    ] {
        let script = Script::new([vec![Do::Break(kind)]]);
        let done = run(&ToolLoop::new(script, registry(vec![]))).await;
        assert_eq!(done.outcome.unwrap_err().kind(), kind);
    }
    let script = Script::new([vec![Do::Break(ErrorKind::Truncated)]]);
    let tool_loop = ToolLoop::new(script, registry(vec![])).with_resampling(Resampling::never());
    assert!(run(&tool_loop).await.outcome.is_err());
}

/// Fails at once, this many times.
struct Refuses(ErrorKind, AtomicU32);

#[async_trait]
impl Engine for Refuses {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        let reply = ResponseWriter::start(ctx, turn, "script", "m");
        let error = EngineError::new(self.0, "no").with_retry_after(ms(2500));
        Err(reply.fail(error, Finish::default()))
    }
}

#[tokio::test(start_paused = true)]
async fn what_breaks_before_any_output_is_left_to_the_transport() {
    for kind in [
        ErrorKind::Overloaded,
        ErrorKind::Connect,
        ErrorKind::Timeout,
        ErrorKind::Truncated,
        ErrorKind::Disconnected,
    ] {
        let engine = Arc::new(Refuses(kind, AtomicU32::new(0)));
        let tool_loop = ToolLoop::new(engine.clone(), registry(vec![]));
        assert!(run(&tool_loop).await.outcome.is_err());
        assert_eq!(engine.1.load(Ordering::Relaxed), 1, "{kind}");
    }
}

/// A budget with this many permits.
struct Permits(AtomicU32);

impl RetryLimit for Permits {
    fn withdraw(&self) -> bool {
        let take = |left: u32| left.checked_sub(1);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
    }
}

/// Breaks off after some output, each time.
struct Breaks(Arc<Permits>, AtomicU32);

#[async_trait]
impl Engine for Breaks {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        self.1.fetch_add(1, Ordering::Relaxed);
        let mut reply = ResponseWriter::start(ctx, turn, "script", "m");
        let text = reply.open_text();
        reply.push(text, "half");
        let error = EngineError::new(ErrorKind::Truncated, "cut").with_retry_limit(self.0.clone());
        Err(reply.fail(error, Finish::default()))
    }
}

#[tokio::test(start_paused = true)]
async fn repeats_draw_from_the_budget_of_the_client() {
    let permits = Arc::new(Permits(AtomicU32::new(5)));
    let engine = Arc::new(Breaks(permits, AtomicU32::new(0)));
    let tool_loop = ToolLoop::new(engine.clone(), registry(vec![]));
    for asked in [3, 6, 8, 9] {
        let done = run(&tool_loop).await;
        assert_eq!(done.outcome.unwrap_err().kind(), ErrorKind::Truncated);
        assert_eq!(done.turn.assistant_text(), "half");
        assert_eq!(engine.1.load(Ordering::Relaxed), asked);
    }
}

/// Adds each message of a mailbox to the turn once.
struct Mailbox(Mutex<Vec<&'static str>>);

#[async_trait]
impl Middleware for Mailbox {
    async fn run(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
        next: Next<'_>,
    ) -> Result<InferenceResult, EngineError> {
        for mail in self.0.lock().unwrap().drain(..) {
            turn.push_user(mail, []);
        }
        next.run(ctx, turn).await
    }
}

#[tokio::test(start_paused = true)]
async fn what_middleware_put_in_stands_in_every_attempt_once() {
    let script = Script::new([
        vec![Do::Break(ErrorKind::Truncated)],
        vec![Do::Break(ErrorKind::Disconnected)],
        vec![Do::Say("ok")],
    ]);
    let mailbox: Arc<dyn Middleware> = Arc::new(Mailbox(Mutex::new(vec!["by the way"])));
    // Also if the middleware is in a chain that another one wraps.
    let inner = Arc::new(Stack::new(script.clone(), [mailbox]));
    let stack = Arc::new(Stack::new(inner, []));
    let done = run(&ToolLoop::new(stack, registry(vec![]))).await;
    assert_eq!(done.outcome.unwrap().provider_calls, 3);
    for asked in script.asked() {
        let last = asked.blocks.last().and_then(|block| block.text());
        assert_eq!(last, Some("by the way"));
        assert_eq!(asked.blocks.len(), 2);
    }
    assert_eq!(done.turn.assistant_text(), "ok");
    assert_eq!(done.turn.blocks.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_single_pass_can_be_sampled_so_too() {
    let (ctx, sink) = context();
    let mut turn = prompt();
    let script = Script::new([vec![Do::Break(ErrorKind::Truncated)], vec![Do::Say("ok")]]);
    let result = Resampling::default()
        .sample(&*script, &ctx, &mut turn)
        .await;
    assert_eq!(result.unwrap().finish_class, FinishClass::Completed);
    assert_eq!(turn.assistant_text(), "ok");
    assert_sound(&ctx, &sink, &turn);
}

/// Replies deterministically to the turn, in pieces, and breaks off as instructed: at each provider
/// call, after this many pieces.
struct Cut {
    cuts: Mutex<Vec<Option<usize>>>,
    rounds: usize,
}

#[async_trait]
impl Engine for Cut {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let round = turn
            .tool_calls()
            .filter(|call| call.id.ends_with("-0"))
            .count();
        let mut left = self
            .cuts
            .lock()
            .unwrap()
            .pop()
            .flatten()
            .unwrap_or(usize::MAX);
        let mut reply = ResponseWriter::start(ctx, turn, "script", "m");
        let mut pieces = Vec::new();
        for (at, word) in ["I ", "go ", "on. "].into_iter().enumerate() {
            pieces.push((0, at == 2, word.to_owned()));
        }
        if round < self.rounds {
            for (item, piece) in [(1, "{\"n\""), (1, ": 1}"), (2, "{}")] {
                pieces.push((item, piece != "{\"n\"", piece.to_owned()));
            }
        }
        let mut open = [None; 3];
        for (item, last, piece) in pieces {
            if left == 0 {
                let error = EngineError::new(ErrorKind::Disconnected, "cut");
                return Err(reply.fail(error, Finish::default()));
            }
            left -= 1;
            let id = *open[item].get_or_insert_with(|| match item {
                0 => reply.open_text(),
                n => reply.open_tool_call(format!("{round}-{}", n - 1), "slow"),
            });
            reply.push(id, &piece);
            if last {
                reply.close(id, None);
            }
        }
        let class = match reply.has_tool_calls() {
            true => FinishClass::ToolCallsPending,
            false => FinishClass::Completed,
        };
        Ok(reply.finish(Finish::new(class).with_usage(Usage::new(10, 5))))
    }
}

/// Returns the text shown by a reader that follows the grammar and drops the text of discarded
/// calls.
fn shown(done: &Done) -> String {
    let mut texts: Vec<(Option<String>, Option<u32>, String)> = Vec::new();
    for event in &done.events {
        let (call, attempt) = (
            event.correlation.provider_call_id.clone(),
            event.correlation.attempt,
        );
        match &event.kind {
            EventKind::TextSegmentFinished(TextFinished { text, .. }) => {
                texts.push((call, attempt, text.clone()));
            }
            EventKind::ProviderCallDiscarded(_) => {
                texts.retain(|own| (&own.0, own.1) != (&call, attempt));
            }
            _ => {}
        }
    }
    texts.into_iter().map(|(_, _, text)| text).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn wherever_it_breaks(
        rounds in 0..5usize,
        cuts in prop::collection::vec((0..7usize, 0..7usize, 0..3usize), 6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let mut plan = Vec::new();
        for (round, (first, second, breaks)) in cuts.into_iter().enumerate().take(rounds + 1) {
            // The last reply has three pieces, the others six. At least one arrives.
            let within = |at: usize| Some(1 + at % if round == rounds { 2 } else { 5 });
            plan.extend([within(first), within(second)].into_iter().take(breaks));
            plan.push(None);
        }
        let lost = plan.iter().flatten().count();
        plan.reverse();
        let mut dones = Vec::new();
        for cuts in [Vec::new(), plan] {
            let diary = Diary::default();
            let notes = diary.clone();
            let tool = raw_tool_fn(
                "slow",
                "",
                any(),
                move |_: serde_json::Value, ctx: geppetto_toolloop::ToolContext| {
                    notes.note(ctx.call_id.clone());
                    async move { Ok::<_, geppetto_toolloop::ToolError>(ctx.call_id) }
                },
            );
            let engine = Arc::new(Cut { cuts: Mutex::new(cuts), rounds });
            let tool_loop = ToolLoop::new(engine, registry(vec![Box::new(tool)]));
            let done = runtime.block_on(run(&tool_loop));
            dones.push((done, diary.lines()));
        }
        let (whole, broken) = (&dones[0], &dones[1]);
        prop_assert_eq!(said(&broken.0.turn), said(&whole.0.turn));
        prop_assert_eq!(&broken.1, &whole.1);
        prop_assert_eq!(shown(&broken.0), shown(&whole.0));
        prop_assert_eq!(shown(&broken.0), "I go on. ".repeat(rounds + 1));
        let usage = &broken.0.outcome.as_ref().unwrap().usage;
        prop_assert_eq!(usage.unreported_calls, lost as u64);
    }
}

#[tokio::test(start_paused = true)]
async fn the_run_can_be_repeated_on_its_own_turn() {
    let script = Script::new([
        vec![Do::Break(ErrorKind::Truncated)],
        vec![Do::Say("one")],
        vec![Do::Break(ErrorKind::Truncated)],
        vec![Do::Say("two")],
    ]);
    let tool_loop = ToolLoop::new(script, registry(vec![]));
    let (ctx, sink) = context();
    let mut turn = prompt();
    tool_loop.run(&ctx, &mut turn).await.unwrap();
    turn.push_user("again", []);
    turn.assign_block_ids(0, || ctx.next_id());
    tool_loop.run(&ctx, &mut turn).await.unwrap();
    assert_eq!(turn.assistant_text(), "two");
    assert_sound(&ctx, &sink, &turn);
}
