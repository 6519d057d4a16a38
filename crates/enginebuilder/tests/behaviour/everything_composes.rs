//! Middleware, tools, sinks, hooks, storage and limits, through a session.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use geppetto_engine::{
    Engine, EngineBuilder, EngineError, ErrorKind, Middleware, Next, Persister, Phase, RunContext,
    RunStatus, StoreError, keys, middleware::SystemPrompt,
};
use geppetto_enginebuilder::Builder;
use geppetto_session::Session;
use geppetto_testing::{ExpectationSink, Gate, Script, ScriptedEngine};
use geppetto_toolloop::{ToolError, ToolRegistry, tool_fn};
use geppetto_turns::{FinishClass, InferenceResult, Turn};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct City {
    city: String,
}

async fn lookup(args: City) -> Result<String, ToolError> {
    Ok(format!("21 C in {}", args.city))
}

fn tools() -> ToolRegistry {
    ToolRegistry::new()
        .with(tool_fn("lookup", "The weather", lookup))
        .unwrap()
}

fn two_scripts() -> ScriptedEngine {
    ScriptedEngine::new([
        Script::new()
            .tool_call("c1", "lookup", r#"{"city":"Oslo"}"#)
            .usage(5, 5),
        Script::new().text("cold").usage(9, 1),
    ])
}

/// Stores its input, or fails.
#[derive(Default)]
struct Store {
    saved: Mutex<Vec<(Turn, RunStatus)>>,
    fails: bool,
}

#[async_trait]
impl Persister for Store {
    async fn persist(&self, turn: &Turn, status: &RunStatus) -> Result<(), StoreError> {
        self.saved
            .lock()
            .unwrap()
            .push((turn.clone(), status.clone()));
        if self.fails {
            return Err(StoreError::new("disk full"));
        }
        Ok(())
    }
}

/// Calls a second engine when the first one fails.
struct Fallback {
    second: ScriptedEngine,
    /// `true` announces it to the run; otherwise it resets the turn itself.
    says_so: bool,
}

#[async_trait]
impl Middleware for Fallback {
    async fn run(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
        next: Next<'_>,
    ) -> Result<InferenceResult, EngineError> {
        let before = turn.clone();
        match next.run(ctx, turn).await {
            Err(error) if !error.is_cancelled() => {
                if self.says_so {
                    assert!(ctx.discard_last_call(turn, error.to_string()));
                    assert_eq!(*turn, before);
                } else {
                    *turn = before;
                }
                self.second.run_inference(ctx, turn).await
            }
            outcome => outcome,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_another_engine_replaced_is_not_shown_any_more() {
    for says_so in [true, false] {
        let half = || {
            Script::new()
                .text("Half of an ans")
                .fail(ErrorKind::Disconnected, "gone")
        };
        let first = ScriptedEngine::new([half(), half(), half()]);
        let second = ScriptedEngine::new([Script::new().text("A whole answer.")]);
        let builder = Builder::new(first).middleware(Fallback { second, says_so });
        let run = Session::new(builder).submit("hi").await.unwrap();
        let turn = run.wait().await.unwrap();
        assert_eq!(turn.assistant_text(), "A whole answer.");
        assert_eq!(run.outcome().await.provider_calls, 4);
        let mut shown: Vec<(Option<(String, u32)>, String)> = Vec::new();
        let mut events = run.events();
        while let Some(event) = events.next().await {
            let call = event.correlation.call();
            let call = call.map(|(id, attempt)| (id.to_owned(), attempt));
            match event.text_delta() {
                Some(text) => shown.push((call, text.to_owned())),
                None if event.type_name() == "provider-call-discarded" => {
                    shown.retain(|(own, _)| *own != call);
                }
                None => {}
            }
        }
        let shown: String = shown.into_iter().map(|(_, text)| text).collect();
        assert_eq!(shown, "A whole answer.");
        assert_eq!(run.session().stream().violations(), []);
    }
}

#[tokio::test]
async fn what_a_run_took_is_told_on_every_outcome() {
    let first = || {
        let call = Script::new().tool_call("c1", "lookup", r#"{"city":"Oslo"}"#);
        call.usage(1000, 10)
    };
    let gate = Gate::new();
    for (last, status, usage) in [
        (
            Script::new().text("end").usage(20, 5),
            "finished",
            (1020, 15, 0),
        ),
        (
            Script::new().text("x").hold_at(&gate),
            "cancelled",
            (1000, 10, 1),
        ),
        (
            Script::new().fail(ErrorKind::InvalidRequest, "no"),
            "failed",
            (1000, 10, 1),
        ),
    ] {
        let store = Arc::new(Store::default());
        let engine = ScriptedEngine::new([first(), last]);
        let builder = Builder::new(engine).tools(tools()).persister(store.clone());
        let run = Session::new(builder).submit("go").await.unwrap();
        if status == "cancelled" {
            gate.reached().await;
            run.cancel();
        }
        let outcome = run.outcome().await;
        let told = &outcome.usage;
        let counts = (told.input_tokens, told.output_tokens, told.unreported_calls);
        assert_eq!(counts, usage, "{status}");
        assert_eq!(
            (outcome.provider_calls, outcome.tool_calls),
            (2, 1),
            "{status}"
        );
        let saved = store.saved.lock().unwrap();
        let totals = saved[0].0.metadata.get(&keys::RUN_TOTALS).unwrap().unwrap();
        assert_eq!((&totals.usage, totals.tool_calls), (told, 1), "{status}");
        let yaml = saved[0].0.to_yaml().unwrap();
        assert!(yaml.contains("geppetto.run_totals@v1"), "{yaml}");
    }
}

#[tokio::test]
async fn a_tool_loop_through_a_session() {
    let expected = ExpectationSink::new()
        .event("run-started")
        .event("provider-call-started")
        .tool_call("lookup", r#"{"city":"Oslo"}"#)
        .event("provider-call-finished")
        .event("tool-execution-started")
        .event_where("tool-result-ready", |event| {
            event["result"] == "21 C in Oslo"
        })
        .event("tool-call-finished")
        .event("provider-call-started")
        .text("cold")
        .event("provider-call-finished")
        .event_where("run-finished", |event| event["usage"]["input_tokens"] == 14);
    let phases = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&phases);
    let engine = two_scripts();
    let builder = Builder::new(engine.clone())
        .middleware(SystemPrompt::new("be terse"))
        .tools(tools())
        .event_sink(expected.sink())
        .snapshot_hook(Arc::new(move |_: &RunContext, _: &Turn, phase: Phase| {
            seen.lock().unwrap().push(phase);
        }));
    let run = Session::new(builder).submit("weather?").await.unwrap();
    let turn = run.wait().await.unwrap();
    assert_eq!(turn.system_prompt(), Some("be terse"));
    assert_eq!(turn.assistant_text(), "cold");
    let report = run.outcome().await;
    assert_eq!(
        (
            report.status.clone(),
            report.provider_calls,
            report.tool_calls
        ),
        (RunStatus::Finished, 2, 1)
    );
    expected.assert_met();
    use Phase::{Final, PostInference, PostTools, PreInference};
    assert_eq!(
        *phases.lock().unwrap(),
        [
            PreInference,
            PostInference,
            PostTools,
            PreInference,
            PostInference,
            Final
        ]
    );
}

#[tokio::test]
async fn without_tools_one_pass_and_the_same_hooks() {
    let phases = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&phases);
    let builder = Builder::new(ScriptedEngine::new([
        Script::new().tool_call("c1", "lookup", "{}")
    ]))
    .snapshot_hook(Arc::new(move |_: &RunContext, _: &Turn, phase: Phase| {
        seen.lock().unwrap().push(phase);
    }));
    let run = Session::new(builder).submit("weather?").await.unwrap();
    let turn = run.wait().await.unwrap();
    assert_eq!(turn.pending_tool_calls(0).len(), 1);
    let report = run.outcome().await;
    assert_eq!(report.finish_class(), Some(&FinishClass::ToolCallsPending));
    assert_eq!(
        *phases.lock().unwrap(),
        [Phase::PreInference, Phase::PostInference, Phase::Final]
    );
}

#[tokio::test(start_paused = true)]
async fn the_turn_is_stored_on_every_outcome() {
    let store = Arc::new(Store::default());
    let engine = ScriptedEngine::new([
        Script::new().text("one"),
        Script::new()
            .text("two")
            .fail(ErrorKind::InvalidRequest, "no"),
        Script::new().text("three").hang(),
    ]);
    let session = Session::new(Builder::new(engine).persister(store.clone()));
    session.submit("a").await.unwrap().wait().await.unwrap();
    session.submit("b").await.unwrap().wait().await.unwrap_err();
    let run = session.submit("c").await.unwrap();
    let mut events = run.events();
    while events.next().await.unwrap().text_delta().is_none() {}
    run.cancel();
    run.wait().await.unwrap_err();
    let saved = store.saved.lock().unwrap();
    let texts: Vec<String> = saved
        .iter()
        .map(|(turn, _)| turn.assistant_text())
        .collect();
    assert_eq!(texts, ["one", "two", "three"]);
    assert_eq!(saved[0].1, RunStatus::Finished);
    assert!(matches!(
        &saved[1].1,
        RunStatus::Failed {
            kind: ErrorKind::InvalidRequest,
            ..
        }
    ));
    assert_eq!(saved[2].1, RunStatus::Cancelled);
}

#[tokio::test]
async fn a_turn_that_could_not_be_stored_is_told_and_kept() {
    let store = Arc::new(Store {
        fails: true,
        ..Store::default()
    });
    let engine = ScriptedEngine::always(Script::new().text("one"));
    let session = Session::new(Builder::new(engine).persister(store));
    let run = session.submit("a").await.unwrap();
    let error = run.wait().await.unwrap_err();
    assert_eq!(error.status(), &RunStatus::Finished);
    assert_eq!(
        error.to_string(),
        "the run finished; the turn was not stored: disk full"
    );
    assert_eq!(session.latest().unwrap().assistant_text(), "one");
    let next = session.submit("b").await.unwrap();
    assert!(next.wait().await.is_err());
}

#[tokio::test]
async fn a_reply_that_broke_is_asked_for_again() {
    let engine = ScriptedEngine::new([
        Script::new().text("Hel").fail(ErrorKind::Truncated, "cut"),
        Script::new().text("Hello").usage(3, 1),
    ]);
    let session = Session::new(Builder::new(engine));
    let run = session.submit("a").await.unwrap();
    let turn = run.wait().await.unwrap();
    assert_eq!(turn.assistant_text(), "Hello");
    assert_eq!(turn.blocks.len(), 2);
    let report = run.outcome().await;
    assert_eq!(
        (report.provider_calls, report.usage.unreported_calls),
        (2, 1)
    );
    assert_eq!(session.stream().violations(), []);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_takes_too_long_stops_with_its_work_kept() {
    let engine = ScriptedEngine::new([
        Script::new()
            .tool_call("c1", "lookup", r#"{"city":"Oslo"}"#)
            .wait(Duration::from_secs(20)),
        Script::new().text("late").wait(Duration::from_secs(20)),
    ]);
    let builder = Builder::new(engine)
        .tools(tools())
        .max_duration(Duration::from_secs(30));
    let session = Session::new(builder);
    let run = session.submit("a").await.unwrap();
    let error = run.wait().await.unwrap_err();
    assert!(
        matches!(error.status(), RunStatus::LimitReached(_)),
        "{error:?}"
    );
    assert!(error.turn().tool_answer("c1").is_some());
}

#[tokio::test]
async fn without_a_session_the_sinks_hear_it_too() {
    let expected = ExpectationSink::new()
        .event("provider-call-started")
        .text("one")
        .event("provider-call-finished");
    let builder =
        Builder::new(ScriptedEngine::always(Script::new().text("one"))).event_sink(expected.sink());
    let run = builder.build(RunContext::new()).await.unwrap();
    run.run(&mut Turn::builder().user("hi").build())
        .await
        .unwrap();
    expected.assert_met();
}
