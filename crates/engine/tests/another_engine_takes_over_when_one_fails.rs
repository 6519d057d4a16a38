//! A fallback calls the next engine if one fails, without repeating or losing text.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers panic too"
)]

use std::sync::Arc;

use geppetto_engine::{
    Engine, EngineError, EngineRunner, ErrorKind, Fallback, FallbackPolicy, InferenceConfig,
    InferenceRunner, Limit, Limits, Resampling, RunContext, RunSettings, RunStop, SessionTotals,
    keys,
};
use geppetto_events::{Event, EventSink, Grammar, MemorySink};
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_turns::{FinishClass, InferenceResult, Turn};

struct Asked {
    result: Result<InferenceResult, EngineError>,
    turn: Turn,
    events: Vec<Event>,
    ctx: RunContext,
}

impl Asked {
    fn types(&self) -> Vec<&str> {
        self.events.iter().map(Event::type_name).collect()
    }

    /// Returns the text that a reader finally shows: deltas of calls that were not discarded.
    fn shown(&self) -> String {
        let discarded: Vec<_> = self
            .events
            .iter()
            .filter(|event| event.type_name() == "provider-call-discarded")
            .map(|event| event.correlation.provider_call_id.clone())
            .collect();
        let kept = self
            .events
            .iter()
            .filter(|event| !discarded.contains(&event.correlation.provider_call_id));
        kept.filter_map(Event::text_delta).collect()
    }
}

async fn ask_in(ctx: RunContext, engine: &dyn Engine) -> Asked {
    let sink = Arc::new(MemorySink::new());
    let ctx = ctx.with_event_sinks([Arc::clone(&sink) as Arc<dyn EventSink>]);
    let mut turn = Turn::builder().user("hi").build();
    let result = engine.run_inference(&ctx, &mut turn).await;
    let events = sink.events();
    let mut grammar = Grammar::fragment();
    for event in &events {
        grammar.accept(event).unwrap();
    }
    Asked {
        result,
        turn,
        events,
        ctx,
    }
}

async fn ask(engine: &dyn Engine) -> Asked {
    ask_in(RunContext::new(), engine).await
}

fn always(script: Script) -> ScriptedEngine {
    ScriptedEngine::always(script)
}

fn fails(kind: ErrorKind) -> ScriptedEngine {
    always(Script::new().fail(kind, "no"))
}

fn breaks(text: &str) -> ScriptedEngine {
    always(Script::new().text(text).fail(ErrorKind::Truncated, "cut"))
}

#[tokio::test]
async fn before_any_output_the_next_one_is_asked_and_said_so() {
    let second = always(Script::new().text("Hello.").usage(10, 5));
    let asked = ask(&Fallback::new(fails(ErrorKind::Overloaded)).or(second)).await;
    asked.result.as_ref().unwrap();
    assert_eq!(asked.turn.assistant_text(), "Hello.");
    assert_eq!(asked.shown(), "Hello.");
    assert!(asked.types().contains(&"info"), "{:?}", asked.types());
    assert_eq!(asked.ctx.provider_calls(), 2);
}

#[tokio::test]
async fn after_output_the_broken_reply_is_discarded_and_both_are_counted() {
    let first = Script::new().text("Once upon").usage(100, 10);
    let first = always(first.fail(ErrorKind::Disconnected, "gone"));
    let second = always(Script::new().text("Hello.").usage(10, 5));
    let asked = ask(&Fallback::new(first).or(second)).await;
    asked.result.as_ref().unwrap();
    assert_eq!(asked.turn.assistant_text(), "Hello.");
    assert_eq!(asked.turn.blocks.len(), 2);
    assert_eq!(asked.shown(), "Hello.");
    let usage = asked.ctx.total_usage();
    assert_eq!(usage.unreported_calls * 110 + usage.total_tokens(), 125);
}

#[tokio::test]
async fn a_chain_is_asked_in_order_until_one_replies() {
    let chain = Fallback::new(breaks("a"))
        .or(fails(ErrorKind::Timeout))
        .or(breaks("c"))
        .or(always(Script::new().text("d")));
    let asked = ask(&chain).await;
    asked.result.as_ref().unwrap();
    assert_eq!(
        (asked.turn.assistant_text().as_str(), asked.shown().as_str()),
        ("d", "d")
    );
    let discarded = asked
        .types()
        .iter()
        .filter(|own| **own == "provider-call-discarded")
        .count();
    assert_eq!((discarded, asked.turn.blocks.len()), (2, 2));
}

#[tokio::test]
async fn where_no_other_has_output_the_broken_reply_stays() {
    let chain = Fallback::new(breaks("half"))
        .or(fails(ErrorKind::Overloaded))
        .or(fails(ErrorKind::Authentication));
    let asked = ask(&chain).await;
    assert_eq!(
        asked.result.as_ref().unwrap_err().kind(),
        ErrorKind::Truncated
    );
    assert_eq!(
        (asked.turn.assistant_text().as_str(), asked.shown().as_str()),
        ("half", "half")
    );
    assert!(!asked.types().contains(&"provider-call-discarded"));
}

#[tokio::test]
async fn a_run_that_asks_again_and_falls_back_shows_one_reply() {
    // The first attempt breaks off in each engine, the second one completes.
    let first = ScriptedEngine::new([
        Script::new().text("a").fail(ErrorKind::Truncated, "cut"),
        Script::new().fail(ErrorKind::Overloaded, "busy"),
    ]);
    let second = ScriptedEngine::new([
        Script::new().text("b").fail(ErrorKind::Truncated, "cut"),
        Script::new().text("whole"),
    ]);
    let sink = Arc::new(MemorySink::new());
    let ctx = RunContext::new().with_event_sinks([Arc::clone(&sink) as Arc<dyn EventSink>]);
    let mut turn = Turn::builder().user("hi").build();
    let resampling = Resampling::default().with_backoff_base(std::time::Duration::ZERO);
    let runner = EngineRunner::new(Fallback::new(first).or(second)).with_resampling(resampling);
    let report = runner.run(&ctx, &mut turn).await.unwrap();
    assert_eq!(report.provider_calls, 4);
    let asked = Asked {
        result: Ok(report.result),
        turn,
        events: sink.events(),
        ctx,
    };
    assert_eq!(
        (asked.turn.assistant_text().as_str(), asked.shown().as_str()),
        ("whole", "whole")
    );
}

#[tokio::test]
async fn dropped_before_the_next_has_output_the_broken_reply_stays() {
    let hangs = always(Script::new().hang());
    for (second, kept) in [
        (hangs, "half"),
        (always(Script::new().text("b").hang()), "b"),
    ] {
        let chain = Fallback::new(breaks("half")).or(second);
        let ctx = RunContext::new();
        let mut turn = Turn::builder().user("hi").build();
        {
            let mut asked = std::pin::pin!(chain.run_inference(&ctx, &mut turn));
            for _ in 0..20 {
                let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
                assert!(asked.as_mut().poll(&mut cx).is_pending());
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(turn.assistant_text(), kept);
        assert_eq!(turn.blocks.len(), 2);
    }
}

#[tokio::test]
async fn which_errors_fall_back_is_a_policy() {
    use ErrorKind as E;
    let cases = [
        (E::Timeout, true, true),
        (E::Connect, true, true),
        (E::RateLimited, true, true),
        (E::Overloaded, true, true),
        (E::Server, true, true),
        (E::MalformedResponse, true, true),
        (E::Authentication, false, true),
        (E::NotFound, false, true),
        (E::InvalidRequest, false, true),
        (E::ContextTooLong, false, true),
        (E::ContentFiltered, false, true),
        (E::Configuration, false, false),
        (E::Cancelled, false, false),
        (E::Panicked, false, false),
        (E::Fenced, false, false),
    ];
    for (kind, by_default, any_refusal) in cases {
        for (policy, falls_back) in [
            (FallbackPolicy::default(), by_default),
            (FallbackPolicy::any_refusal(), any_refusal),
            (FallbackPolicy::when(|_| false), false),
        ] {
            let chain = Fallback::new(fails(kind)).or(always(Script::new().text("ok")));
            let asked = ask(&chain.with_policy(policy)).await;
            assert_eq!(asked.result.is_ok(), falls_back, "{kind}");
        }
    }
    let quota = EngineError::new(E::RateLimited, "no credit").with_quota_exhausted();
    assert!(FallbackPolicy::default().falls_back(&quota));
    let all = FallbackPolicy::when(|_| true);
    assert!(!all.falls_back(&EngineError::cancelled()));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_over_asks_nobody_else() {
    let ok = || always(Script::new().text("ok"));
    let cancelled = RunContext::new();
    cancelled.cancel();
    let late = RunContext::new().with_deadline(tokio::time::Instant::now());
    let limits = Limits::new().with_max_provider_calls(1);
    let spent = RunContext::new().with_limits(limits, SessionTotals::default());
    for ctx in [cancelled, late, spent] {
        let asked = ask_in(ctx, &Fallback::new(fails(ErrorKind::Server)).or(ok())).await;
        assert!(asked.result.is_err());
        assert!(!asked.types().contains(&"info"));
    }
}

#[tokio::test]
async fn a_model_is_the_first_engines_and_the_turns_data_stays() {
    let (first, second) = (breaks("a"), always(Script::new().text("b")));
    let chain = Fallback::new(first.clone()).or(second.clone());
    let own = InferenceConfig::new().with_top_p(0.5);
    let mut turn = Turn::builder().user("hi").build();
    turn.data.set(&keys::INFERENCE_CONFIG, &own).unwrap();
    let before = turn.data.clone();
    let special = InferenceConfig::new().with_model("special");
    let ctx = RunContext::new().with_run_settings(RunSettings::new().with_inference(special));
    let runner = EngineRunner::new(chain);
    runner.run(&ctx, &mut turn).await.unwrap();
    let config = |engine: &ScriptedEngine| {
        let sent = engine.turns().pop().unwrap();
        sent.data.get(&keys::INFERENCE_CONFIG).unwrap().unwrap()
    };
    assert_eq!(config(&first), own.clone().with_model("special"));
    assert_eq!(config(&second), own);
    assert_eq!(turn.data, before);
}

#[tokio::test]
async fn a_limit_of_the_session_ends_a_run_before_its_call() {
    let limits = Limits::new().with_max_total_tokens(100);
    let mut earlier = SessionTotals::default();
    earlier.usage.input_tokens = 100;
    let ctx = RunContext::new().with_limits(limits, earlier);
    let engine = always(Script::new().text("ok"));
    let mut turn = Turn::builder().user("hi").build();
    let report = EngineRunner::new(engine.clone())
        .run(&ctx, &mut turn)
        .await
        .unwrap();
    assert_eq!(
        report.stop,
        RunStop::LimitReached(Limit::SessionTokens(100))
    );
    assert_eq!((engine.turns().len(), turn.blocks.len()), (0, 1));
}

fn refuses() -> ScriptedEngine {
    always(Script::new().text("I cannot.").finish(FinishClass::Refused))
}

#[tokio::test]
async fn a_refused_reply_is_discarded_if_the_policy_says_so() {
    let other = always(Script::new().text("Hello."));
    let chain = Fallback::new(refuses())
        .or(other)
        .with_policy(FallbackPolicy::any_refusal());
    let asked = ask(&chain).await;
    asked.result.as_ref().unwrap();
    assert_eq!(
        (asked.turn.assistant_text().as_str(), asked.shown().as_str()),
        ("Hello.", "Hello.")
    );
    assert_eq!(asked.turn.blocks.len(), 2);

    // The default policy does not fall back after a refusal.
    let asked = ask(&Fallback::new(refuses()).or(always(Script::new().text("Hello.")))).await;
    assert_eq!(asked.result.unwrap().finish_class, FinishClass::Refused);
}

#[tokio::test]
async fn a_refused_reply_stays_where_no_other_engine_answers() {
    for last in [fails(ErrorKind::Overloaded), refuses()] {
        let chain = Fallback::new(refuses())
            .or(last)
            .with_policy(FallbackPolicy::any_refusal());
        let asked = ask(&chain).await;
        assert_eq!(
            asked.result.as_ref().unwrap().finish_class,
            FinishClass::Refused
        );
        assert_eq!(
            (asked.turn.assistant_text().as_str(), asked.shown().as_str()),
            ("I cannot.", "I cannot.")
        );
    }
}

#[tokio::test]
async fn an_empty_reply_is_asked_for_elsewhere_if_the_policy_says_so() {
    let empty = || always(Script::new().reasoning("hm").text(" "));
    let policy = FallbackPolicy::default().or_empty_replies();
    let chain = Fallback::new(empty()).or(always(Script::new().text("Hello.")));
    let asked = ask(&chain.clone().with_policy(policy.clone())).await;
    asked.result.as_ref().unwrap();
    assert_eq!(asked.shown(), "Hello.");
    assert_eq!(asked.turn.blocks.len(), 2);
    // A tool call counts as an answer, and so does any reply that the policy does not mention.
    let calls = always(Script::new().tool_call("call_1", "look", "{}"));
    let asked = ask(&Fallback::new(calls).or(breaks("no")).with_policy(policy)).await;
    assert_eq!(asked.ctx.provider_calls(), 1);
    assert_eq!(ask(&chain).await.ctx.provider_calls(), 1);
}

#[tokio::test]
async fn any_reply_can_be_declined_by_a_function() {
    let policy = FallbackPolicy::default()
        .or_replies_when(|_, turn| turn.assistant_text().contains("as a language model"));
    let first = always(Script::new().text("Well, as a language model, no."));
    let chain = Fallback::new(first).or(always(Script::new().text("Hello.")));
    let asked = ask(&chain.with_policy(policy)).await;
    assert_eq!(
        (asked.shown().as_str(), asked.turn.blocks.len()),
        ("Hello.", 2)
    );
}
