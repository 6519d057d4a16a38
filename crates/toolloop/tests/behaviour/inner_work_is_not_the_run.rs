use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use geppetto_engine::{
    Engine, EngineError, InferenceRunner, Middleware, Next, RunContext, Stack, ToolConfig,
    ToolErrorHandling,
};
use geppetto_events::{EventKind, EventSink, MemorySink, kind::Info};
use geppetto_toolloop::{Tool, ToolContext, ToolError, ToolLoop, raw_tool_fn};
use geppetto_turns::{InferenceResult, Turn};
use serde_json::Value;

use crate::support::*;

type Keys = Arc<Mutex<Vec<String>>>;

/// A tool that records its idempotency key.
fn pays(keys: &Keys) -> Box<dyn Tool> {
    let keys = Arc::clone(keys);
    Box::new(raw_tool_fn(
        "pay",
        "",
        any(),
        move |_: Value, ctx: ToolContext| {
            keys.lock().unwrap().push(ctx.idempotency_key);
            async { Ok::<_, ToolError>("paid") }
        },
    ))
}

/// A script that pays once, with a common call id, and then sends a text.
fn pay_once(text: &'static str) -> [Vec<Do>; 2] {
    [vec![Do::Call("call_0", "pay", "{}")], vec![Do::Say(text)]]
}

/// A tool that runs its own loop, twice, in the context that it receives.
fn delegates(keys: &Keys) -> Box<dyn Tool> {
    let keys = Arc::clone(keys);
    Box::new(raw_tool_fn(
        "delegate",
        "",
        any(),
        move |_: Value, ctx: ToolContext| -> SlowCall {
            let keys = Arc::clone(&keys);
            Box::pin(async move {
                ctx.run.publish(EventKind::Info(Info::new("on it", None)));
                for _ in 0..2 {
                    let script = Script::new(pay_once("inner words"));
                    let inner = ToolLoop::new(script, registry(vec![pays(&keys)]));
                    inner.run(&ctx.run, &mut prompt()).await?;
                }
                Ok("delegated".to_owned())
            })
        },
    ))
}

#[tokio::test(start_paused = true)]
async fn loops_inside_of_tools_have_their_own_events_keys_and_calls() {
    let keys = Keys::default();
    let script = Script::new([
        vec![
            Do::Call("call_0", "pay", "{}"),
            Do::Call("call_1", "delegate", "{}"),
            Do::Call("call_2", "delegate", "{}"),
        ],
        vec![Do::Say("done")],
    ]);
    let tools = registry(vec![pays(&keys), delegates(&keys)]);
    let done = run(&ToolLoop::new(script, tools)).await;
    let report = done.outcome.as_ref().unwrap();
    // Two replies of the run, and two in each of four inner loops.
    assert_eq!((report.provider_calls, report.tool_calls), (2, 3));
    assert_eq!(report.usage.total_tokens(), 10 * 15);
    let keys = keys.lock().unwrap().clone();
    let different: HashSet<&String> = keys.iter().collect();
    assert_eq!((keys.len(), different.len()), (5, 5), "{keys:#?}");
    // The readers of the run see the run and the progress messages of its tools.
    let texts = done.events.iter().filter_map(|event| match &event.kind {
        EventKind::TextSegmentFinished(text) => Some(text.text.as_str()),
        EventKind::Info(info) => Some(info.message.as_str()),
        _ => None,
    });
    assert_eq!(texts.collect::<Vec<_>>(), ["on it", "on it", "done"]);
    assert_eq!(done.turn.assistant_text(), "done");
}

#[tokio::test(start_paused = true)]
async fn runs_that_work_for_two_calls_have_keys_of_their_own_whatever_their_ids_are() {
    let keys = Keys::default();
    let inside = Arc::clone(&keys);
    let asks = raw_tool_fn(
        "ask",
        "",
        any(),
        move |_: Value, ctx: ToolContext| -> SlowCall {
            let keys = Arc::clone(&inside);
            Box::pin(async move {
                let own = RunContext::new().with_run("worker", "run", "turn");
                let inner = ToolLoop::new(Script::new(pay_once("x")), registry(vec![pays(&keys)]));
                inner.run(&own.with_parent(&ctx.run), &mut prompt()).await?;
                Ok("answered".to_owned())
            })
        },
    );
    let script = Script::new([
        vec![Do::Call("1", "ask", "{}"), Do::Call("2", "ask", "{}")],
        vec![Do::Say("done")],
    ]);
    let done = run(&ToolLoop::new(script, registry(vec![Box::new(asks)]))).await;
    done.outcome.unwrap();
    let keys = keys.lock().unwrap().clone();
    let different: HashSet<&String> = keys.iter().collect();
    assert_eq!((keys.len(), different.len()), (2, 2), "{keys:#?}");
}

#[tokio::test(start_paused = true)]
async fn keys_are_the_same_in_another_process() {
    let mut runs = Vec::new();
    for seed in 1..3 {
        let keys = Keys::default();
        let mut script: Vec<Vec<Do>> = vec![vec![Do::Call("call_1", "delegate", "{}")]];
        script.extend(pay_once("done"));
        let tools = registry(vec![pays(&keys), delegates(&keys)]);
        let ids = Arc::new(geppetto_engine::SeededIds::new(seed));
        let ctx = RunContext::for_stream(geppetto_events::EventStream::fragment(), ids);
        let ctx = ctx.with_run("session", &format!("run {seed}"), "turn");
        let tool_loop = ToolLoop::new(Script::new(script), tools);
        tool_loop.run(&ctx, &mut prompt()).await.unwrap();
        runs.push(keys.lock().unwrap().clone());
    }
    assert_eq!(runs[0].len(), 3);
    assert_eq!(runs[0], runs[1]);
    // Another session has other keys.
    let keys = Keys::default();
    let ctx = RunContext::new().with_run("session 2", "run", "turn");
    let tool_loop = ToolLoop::new(Script::new(pay_once("x")), registry(vec![pays(&keys)]));
    tool_loop.run(&ctx, &mut prompt()).await.unwrap();
    assert!(!runs[0].contains(&keys.lock().unwrap()[0]));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_has_the_key_of_the_one_before_and_so_has_what_it_does_inside() {
    let keys = Keys::default();
    let inside = Arc::clone(&keys);
    let outer = Keys::default();
    let notes = Arc::clone(&outer);
    let flaky = raw_tool_fn(
        "flaky",
        "",
        any(),
        move |_: Value, ctx: ToolContext| -> SlowCall {
            let (inside, notes) = (Arc::clone(&inside), Arc::clone(&notes));
            Box::pin(async move {
                notes.lock().unwrap().push(ctx.idempotency_key.clone());
                let inner =
                    ToolLoop::new(Script::new(pay_once("x")), registry(vec![pays(&inside)]));
                inner.run(&ctx.run, &mut prompt()).await?;
                match ctx.attempt {
                    1 => Err(ToolError::new("not yet")),
                    _ => Ok("at last".to_owned()),
                }
            })
        },
    );
    let mut config = ToolConfig::default();
    config.tool_error_handling = ToolErrorHandling::Retry;
    let script = Script::new([vec![Do::Call("a", "flaky", "{}")], vec![Do::Say("ok")]]);
    let tools = registry(vec![Box::new(flaky.idempotent())]);
    run(&ToolLoop::new(script, tools).with_config(config)).await;
    for keys in [keys, outer] {
        let keys = keys.lock().unwrap().clone();
        assert_eq!((keys.len(), &keys[0]), (2, &keys[1]));
    }
}

/// Calls another model in a context of its own, before and after each reply.
struct Summarizer(Arc<dyn Engine>, Arc<MemorySink>);

impl Summarizer {
    async fn ask(&self, ctx: &RunContext) -> Result<(), EngineError> {
        let sink: Arc<dyn EventSink> = self.1.clone();
        let ctx = ctx.inner().with_event_sinks([sink]);
        self.0.run_inference(&ctx, &mut prompt()).await?;
        assert_eq!(ctx.total_usage().total_tokens(), 15);
        assert_eq!(ctx.provider_calls(), 1);
        Ok(())
    }
}

#[async_trait]
impl Middleware for Summarizer {
    async fn run(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
        next: Next<'_>,
    ) -> Result<InferenceResult, EngineError> {
        self.ask(ctx).await?;
        let result = next.run(ctx, turn).await?;
        self.ask(ctx).await?;
        Ok(result)
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_that_a_middleware_asks_is_not_heard_by_the_runs_readers() {
    let keys = Keys::default();
    let other = Script::new((0..4).map(|_| vec![Do::Call("call_0", "pay", "{}")]));
    let heard = Arc::new(MemorySink::new());
    let asks: Arc<dyn Middleware> = Arc::new(Summarizer(other, Arc::clone(&heard)));
    let engine = Arc::new(Stack::new(Script::new(pay_once("done")), [asks]));
    let done = run(&ToolLoop::new(engine, registry(vec![pays(&keys)]))).await;
    assert_eq!(keys.lock().unwrap().len(), 1);
    let report = done.outcome.as_ref().unwrap();
    assert_eq!(report.provider_calls, 2);
    assert_eq!(report.usage.total_tokens(), 6 * 15);
    let of = |events: &[geppetto_events::Event]| -> HashSet<(String, String)> {
        let started = events.iter();
        let started = started.filter(|own| matches!(own.kind, EventKind::ProviderCallStarted(_)));
        let id = |id: &Option<String>| id.clone().unwrap();
        started
            .map(|own| {
                (
                    id(&own.correlation.run_id),
                    id(&own.correlation.provider_call_id),
                )
            })
            .collect()
    };
    assert_eq!(of(&done.events).len(), 2);
    let inner = of(&heard.events());
    assert_eq!(inner.len(), 4);
    assert!(inner.contains(&(
        "run/inner-1".to_owned(),
        "script:run/inner-1:provider-call:0".to_owned()
    )));
    assert!(of(&done.events).is_disjoint(&inner));
}

#[tokio::test(start_paused = true)]
async fn inner_work_ends_with_the_tools_time() {
    let diary = Diary::default();
    let notes = diary.clone();
    let asks = raw_tool_fn(
        "asks",
        "",
        any(),
        move |_: Value, ctx: ToolContext| -> SlowCall {
            let notes = notes.clone();
            Box::pin(async move {
                let script = Script::new([vec![Do::Wait(ms(200)), Do::Call("p", "slow", "{}")]]);
                let tools = registry(vec![Box::new(slow(&notes, "slow", 1))]);
                let inner = ToolLoop::new(script, tools);
                let outcome = inner.run(&ctx.run, &mut prompt()).await;
                notes.note(format!("{}", outcome.unwrap_err()));
                Err(ToolError::new("interrupted"))
            })
        },
    );
    let script = Script::new([vec![Do::Call("a", "asks", "{}")], vec![Do::Say("ok")]]);
    let done = run(&ToolLoop::new(
        script,
        registry(vec![Box::new(asks.timeout(ms(100)))]),
    ))
    .await;
    assert!(done.answers()[0].1.starts_with("Error: timed out"));
    tokio::time::sleep(ms(500)).await;
    assert!(
        !diary.lines().contains(&"+p".to_owned()),
        "{:?}",
        diary.lines()
    );
}
