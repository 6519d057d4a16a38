//! A run that reaches a limit names it, keeps and stores all its work, and the next prompt works,
//! including its tools.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use geppetto_engine::{Limit, Persister, RunStatus, StoreError, ToolConfig};
use geppetto_enginebuilder::Builder;
use geppetto_events::EventKind;
use geppetto_session::{RunError, Session};
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_toolloop::{AtDeadline, StepController, ToolError, ToolRegistry, raw_tool_fn};
use geppetto_turns::{ToolUse, Turn, repair};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

#[derive(Default)]
struct Store(Mutex<Vec<(Turn, RunStatus)>>);

#[async_trait]
impl Persister for Store {
    async fn persist(&self, turn: &Turn, status: &RunStatus) -> Result<(), StoreError> {
        let mut saved = self.0.lock().unwrap();
        saved.push((turn.clone(), status.clone()));
        Ok(())
    }
}

fn tools() -> ToolRegistry {
    let work = |_: Value| async {
        sleep(Duration::from_secs(1)).await;
        Ok::<_, ToolError>("worked")
    };
    let schema = json!({"type": "object"});
    let tool = raw_tool_fn("work", "Works for a second", schema, work);
    ToolRegistry::new().with(tool).unwrap()
}

fn calls(id: &str) -> Script {
    let script = Script::new().text(format!("calling {id}. "));
    script.tool_call(id, "work", "{}").usage(10, 5)
}

fn config(change: impl FnOnce(&mut ToolConfig)) -> ToolConfig {
    let mut config = ToolConfig::default();
    change(&mut config);
    config
}

/// Outcome of a limited run, and its answers.
struct Limited {
    error: RunError,
    answers: Vec<String>,
}

/// Runs `scripts` to the limit, checks the invariants of every limit, and checks that the next
/// prompt completes with a tool call.
async fn limited(
    build: impl FnOnce(Builder) -> Builder,
    limit: Limit,
    scripts: Vec<Script>,
) -> Limited {
    let (store, engine) = (Arc::new(Store::default()), ScriptedEngine::new(scripts));
    let builder = Builder::new(engine.clone())
        .tools(tools())
        .persister(store.clone());
    let session = Session::builder(build(builder)).id("s").build();
    let run = session.submit("go").await.unwrap();
    let error = run.wait().await.unwrap_err();
    let status = RunStatus::LimitReached(limit.clone());
    assert_eq!(
        (error.status(), error.to_string()),
        (&status, limit.to_string())
    );
    assert!(error.engine_error().is_none());

    // Kept, stored before the run was over, and valid without repair.
    let turn = error.turn().clone();
    assert_eq!(session.latest().as_ref(), Some(&turn));
    assert_eq!(*store.0.lock().unwrap(), [(turn.clone(), status)]);
    assert_eq!(repair(&turn.blocks).len(), turn.blocks.len());
    let mut events = run.events();
    let mut last = None;
    while let Some(event) = events.next().await {
        last = Some(event);
    }
    let EventKind::RunStopped(stopped) = last.unwrap().kind else {
        panic!("a run at its limit says that it stopped");
    };
    assert_eq!(stopped.reason, limit.to_string());

    engine.push(Script::new().text("all done").usage(1, 1));
    let next = session.submit("and now?").await.unwrap();
    let after = next.wait().await.unwrap();
    assert_eq!(after.assistant_text(), "all done");
    assert_eq!(after.system_prompt(), turn.system_prompt());
    assert_eq!(session.turn_count(), 2);
    assert_eq!(store.0.lock().unwrap().len(), 2);
    assert_eq!(session.stream().violations(), []);
    let answers = turn.blocks.iter().filter_map(|block| block.as_tool_use());
    Limited {
        answers: answers.map(ToolUse::output).collect(),
        error,
    }
}

#[tokio::test(start_paused = true)]
async fn iterations() {
    let config = config(|config| config.max_iterations = 2);
    let done = limited(
        |builder| builder.tool_config(config),
        Limit::Iterations(2),
        vec![calls("a"), calls("b")],
    )
    .await;
    let refused = "Error: not run: limit reached: 2 iterations";
    assert_eq!(done.answers, ["worked", refused]);
    assert_eq!(done.error.turn().assistant_text(), "calling a. calling b. ");
}

#[tokio::test(start_paused = true)]
async fn tool_calls() {
    let config = config(|config| config.max_tool_calls = Some(1));
    let done = limited(
        |builder| builder.tool_config(config),
        Limit::ToolCalls(1),
        vec![calls("a"), calls("b")],
    )
    .await;
    let refused = "Error: not run: limit reached: 1 tool calls";
    assert_eq!(done.answers, ["worked", refused]);
}

#[tokio::test(start_paused = true)]
async fn tokens() {
    let config = config(|config| config.max_total_tokens = Some(30));
    let done = limited(
        |builder| builder.tool_config(config),
        Limit::Tokens(30),
        vec![calls("a"), calls("b")],
    )
    .await;
    let refused = "Error: not run: limit reached: 30 tokens";
    assert_eq!(done.answers, ["worked", refused]);
    let report = done.error.outcome();
    assert_eq!(
        (report.usage.total_tokens(), report.provider_calls),
        (30, 2)
    );
}

#[tokio::test(start_paused = true)]
async fn wall_clock_while_a_tool_works() {
    let limit = Duration::from_millis(1500);
    let started = Instant::now();
    let done = limited(
        |builder| builder.max_duration(limit),
        Limit::WallClock(limit),
        vec![calls("a"), calls("b")],
    )
    .await;
    let refused = "Error: cancelled: the run's time is up";
    assert_eq!(done.answers, ["worked", refused]);
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn wall_clock_while_the_model_writes() {
    let limit = Duration::from_secs(5);
    let scripts = || vec![Script::new().text("so far").hang()];
    let done = limited(
        |builder| builder.max_duration(limit),
        Limit::WallClock(limit),
        scripts(),
    )
    .await;
    assert_eq!(done.error.turn().assistant_text(), "so far");
    assert!(done.answers.is_empty());
    // The same without tools, where there is no loop.
    let single = Builder::new(ScriptedEngine::new(scripts())).max_duration(limit);
    let run = Session::new(single).submit("go").await.unwrap();
    let error = run.wait().await.unwrap_err();
    let status = RunStatus::LimitReached(Limit::WallClock(limit));
    assert_eq!(*error.status(), status);
    assert_eq!(error.turn().assistant_text(), "so far");
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_nobody_ends() {
    let limit = Duration::from_secs(7);
    let steps = StepController::new()
        .with_deadline(limit)
        .with_at_deadline(AtDeadline::Stop);
    steps.enable("s");
    let done = limited(
        |builder| builder.step_control(steps),
        Limit::Pause(limit),
        vec![calls("a")],
    )
    .await;
    let refused = "Error: not run: limit reached: a pause of 7s";
    assert_eq!(done.answers, [refused]);
}
