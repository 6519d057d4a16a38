//! A run can offer tools that the program that requested it executes itself.

use async_trait::async_trait;
use geppetto_engine::{
    ClientTools, Decision, ErrorKind, RunContext, RunStatus, ToolChoice, ToolConfig,
    ToolDefinition, keys,
};
use geppetto_enginebuilder::Builder;
use geppetto_session::{Prompt, Session, SessionError};
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_toolloop::{Rejection, ToolExecutor, ToolRegistry, raw_tool_fn};
use geppetto_turns::{Args, ToolCall, Turn};
use serde_json::json;

fn client(names: &[&str]) -> ClientTools {
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}},
        "required": ["n"]});
    ClientTools::new(
        names
            .iter()
            .map(|name| ToolDefinition::new(*name, "", schema.clone())),
    )
}

fn server() -> ToolRegistry {
    let schema = json!({"type": "object"});
    ToolRegistry::new()
        .with(raw_tool_fn("now", "", schema, || async { "noon" }))
        .unwrap()
}

/// Refuses every call.
struct Closed;

#[async_trait]
impl ToolExecutor for Closed {
    async fn pre_execute(&self, _: &RunContext, _: &ToolCall) -> Result<Args, Rejection> {
        Err(Rejection::new("closed"))
    }
}

async fn waits(prompt: Prompt) -> Turn {
    let outcome = prompt.submit().await.unwrap().outcome().await;
    assert!(
        matches!(outcome.status, RunStatus::Waiting(_)),
        "{:?}",
        outcome.status
    );
    outcome.turn.clone()
}

#[tokio::test]
async fn the_run_ends_at_their_call_and_continues_with_the_result() {
    let engine = ScriptedEngine::new([
        Script::new()
            .tool_call("c1", "now", "{}")
            .tool_call("c2", "pick", r#"{"n": 1}"#),
        Script::new().text("Done."),
    ]);
    let session = Session::new(Builder::new(engine.clone()).tools(server()));

    let turn = waits(session.prompt("Go").extension(client(&["pick"]))).await;
    assert_eq!(turn.tool_answer("c1").unwrap().output(), "noon");
    let waits = session.waits();
    assert_eq!(
        (waits[0].call_id.as_str(), waits[0].input.as_str()),
        ("c2", r#"{"n": 1}"#)
    );
    assert_eq!(waits.len(), 1);

    let answer = session.answer([("c2", Decision::answer("seven"))]);
    let run = answer.extension(client(&["pick"])).submit().await.unwrap();
    let turn = run.wait().await.unwrap();
    assert_eq!(turn.assistant_text(), "Done.");
    assert_eq!(turn.tool_answer("c2").unwrap().output(), "seven");
    let offered = engine.turns()[1].data.get(&keys::TOOL_DEFINITIONS).unwrap();
    let offered: Vec<String> = offered.unwrap().into_iter().map(|own| own.name).collect();
    assert_eq!(offered, ["now", "pick"]);
}

#[tokio::test]
async fn neither_hooks_nor_the_schema_keep_a_call_from_the_client() {
    let engine = ScriptedEngine::new([Script::new().tool_call("c1", "pick", "{\"n\": \"x\"")]);
    let builder = Builder::new(engine).tools(server()).tool_executor(Closed);
    waits(
        Session::new(builder)
            .prompt("Go")
            .extension(client(&["pick"])),
    )
    .await;
}

#[tokio::test]
async fn a_builder_without_tools_offers_them_too() {
    let engine = ScriptedEngine::always(Script::new().tool_call("c1", "pick", r#"{"n": 1}"#));
    let session = Session::new(Builder::new(engine.clone()));
    let tools = client(&["pick"]).with_choice(ToolChoice::Required);
    waits(session.prompt("Go").extension(tools)).await;
    let config: ToolConfig = engine.turns()[0]
        .data
        .get(&keys::TOOL_CONFIG)
        .unwrap()
        .unwrap();
    assert_eq!(config.tool_choice, ToolChoice::Required);
}

#[tokio::test]
async fn the_results_may_come_one_by_one() {
    let engine = ScriptedEngine::new([
        Script::new()
            .tool_call("c1", "pick", r#"{"n": 1}"#)
            .tool_call("c2", "pick", r#"{"n": 2}"#),
        Script::new().text("Done."),
    ]);
    let session = Session::new(Builder::new(engine.clone()));
    let tools = client(&["pick"]);
    waits(session.prompt("Go").extension(tools.clone())).await;
    let first = session.answer([("c2", Decision::answer("b"))]);
    waits(first.extension(tools.clone())).await;
    assert_eq!(engine.inferences(), 1);
    let second = session.answer([("c1", Decision::reject("no"))]);
    let run = second.extension(tools).submit().await.unwrap();
    assert_eq!(run.wait().await.unwrap().assistant_text(), "Done.");
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused() {
    let engine = ScriptedEngine::always(Script::new().text("ok"));
    let session = Session::new(Builder::new(engine).tools(server()));
    let refused = session.prompt("Go").extension(client(&["now"])).submit();
    let Err(SessionError::Build(error)) = refused.await else {
        panic!("it started");
    };
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("`now`"), "{error}");
}

#[tokio::test]
async fn a_choice_of_a_tool_that_does_not_exist_is_refused() {
    let engine = ScriptedEngine::always(Script::new().text("ok"));
    for tools in [client(&["pick"]), client(&[])] {
        let session = Session::new(Builder::new(engine.clone()));
        let tools = tools.with_choice(ToolChoice::Tool("gone".to_owned()));
        let refused = session.prompt("Go").extension(tools).submit().await;
        assert!(matches!(refused, Err(SessionError::Build(_))));
    }
}
