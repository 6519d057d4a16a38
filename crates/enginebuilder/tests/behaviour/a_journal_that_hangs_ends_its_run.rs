//! A journal that hangs ends its run, at every barrier, and the next prompt works.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use geppetto_engine::{
    EngineError, ErrorKind, JOURNAL_TIMEOUT, RunContext, RunJournal, RunStatus, ToolEffect,
};
use geppetto_enginebuilder::Builder;
use geppetto_session::Session;
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_toolloop::{ToolError, ToolRegistry, tool_fn};
use geppetto_turns::{InferenceResult, ToolUse, Turn};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::time::Instant;

/// Hangs the first time it is called at one of its barriers.
struct Hangs {
    at: &'static str,
    hung: AtomicBool,
}

impl Hangs {
    async fn come_to(&self, barrier: &str) -> Result<(), EngineError> {
        if barrier == self.at && !self.hung.swap(true, Ordering::Relaxed) {
            pending::<()>().await;
        }
        Ok(())
    }
}

#[async_trait]
impl RunJournal for Hangs {
    async fn run_started(&self, _: &RunContext, _: &Turn) -> Result<(), EngineError> {
        self.come_to("run_started").await
    }

    async fn before_provider_call(&self, _: &RunContext, _: &Turn) -> Result<(), EngineError> {
        self.come_to("before_provider_call").await
    }

    async fn after_provider_call(
        &self,
        _: &RunContext,
        _: &Turn,
        _: Result<&InferenceResult, &EngineError>,
    ) -> Result<(), EngineError> {
        self.come_to("after_provider_call").await
    }

    async fn before_tool(&self, _: &RunContext, _: &ToolEffect<'_>) -> Result<(), EngineError> {
        self.come_to("before_tool").await
    }

    async fn after_tool(
        &self,
        _: &RunContext,
        _: &ToolEffect<'_>,
        _: &ToolUse,
    ) -> Result<(), EngineError> {
        self.come_to("after_tool").await
    }

    async fn run_ended(&self, _: &RunContext, _: &Turn, _: &RunStatus) -> Result<(), EngineError> {
        self.come_to("run_ended").await
    }
}

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

async fn look(_: Nothing) -> Result<String, ToolError> {
    Ok("sand".to_owned())
}

/// Runs a prompt into the barrier, and another one afterwards.
async fn check(at: &'static str, tools: bool) {
    let journal = Arc::new(Hangs {
        at,
        hung: AtomicBool::new(false),
    });
    let scripts = match tools {
        true => vec![
            Script::new().tool_call("c", "look", "{}"),
            Script::new().text("done"),
            Script::new().text("again"),
        ],
        false => vec![Script::new().text("done"), Script::new().text("again")],
    };
    let mut builder = Builder::new(ScriptedEngine::new(scripts)).journal(journal.clone());
    if tools {
        let registry = ToolRegistry::new().with(tool_fn("look", "Looks", look));
        builder = builder.tools(registry.unwrap());
    }
    let session = Session::new(builder);
    let started = Instant::now();
    let run = session.submit("hi").await.unwrap();
    let failed = run.wait().await.unwrap_err();
    assert!(
        journal.hung.load(Ordering::Relaxed),
        "{at}: never came there"
    );
    let error = failed.engine_error().unwrap();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{at}: {failed}");
    assert!(
        failed
            .to_string()
            .contains("the journal took longer than 30s")
    );
    assert!(started.elapsed() < JOURNAL_TIMEOUT * 2, "{at}");
    assert!(!session.is_running(), "{at}");
    session.submit("on").await.unwrap().wait().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_hangs_ends_its_run_at_every_barrier() {
    for at in [
        "run_started",
        "before_provider_call",
        "after_provider_call",
        "before_tool",
        "after_tool",
        "run_ended",
    ] {
        check(at, true).await;
        if !at.ends_with("_tool") {
            check(at, false).await;
        }
    }
}
