//! Tools, their choice and their limits come from the running program, not from a turn stored by
//! another one.

use geppetto_engine::{RunStatus, ToolChoice, ToolConfig, keys};
use geppetto_enginebuilder::Builder;
use geppetto_session::Session;
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_toolloop::{ToolError, ToolRegistry, raw_tool_fn};
use geppetto_turns::{FinishClass, Turn};
use serde_json::json;

fn tools() -> ToolRegistry {
    let send = || async { Ok::<_, ToolError>("sent") };
    let tool = raw_tool_fn("send", "Sends", json!({"type": "object"}), send);
    ToolRegistry::new().with(tool).unwrap()
}

/// A turn of a program with a forced tool, as stored in a file.
async fn stored() -> Turn {
    let engine = ScriptedEngine::new([
        Script::new().tool_call("c1", "send", "{}"),
        Script::new().text("done"),
    ]);
    let config = ToolConfig::default()
        .with_tool_choice(ToolChoice::Required)
        .with_max_iterations(7);
    let session = Session::new(Builder::new(engine).tools(tools()).tool_config(config));
    let turn = session.submit("go").await.unwrap().wait().await.unwrap();
    assert!(turn.data.contains(&keys::TOOL_DEFINITIONS));
    Turn::from_yaml(&turn.to_yaml().unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_builder_without_tools_offers_none_and_forces_none() {
    let engine = ScriptedEngine::always(Script::new().text("ok"));
    let builder = Builder::new(engine.clone());
    let session = Session::builder(builder).history([stored().await]).build();
    let run = session.submit("and now?").await.unwrap();
    run.wait().await.unwrap();
    let asked = &engine.turns()[0].data;
    assert!(!asked.contains(&keys::TOOL_DEFINITIONS));
    assert!(!asked.contains(&keys::TOOL_CONFIG));
}

#[tokio::test(start_paused = true)]
async fn a_builder_with_tools_runs_by_its_own_configuration() {
    let engine = ScriptedEngine::always(Script::new().text("ok"));
    let builder = Builder::new(engine.clone()).tools(tools());
    let session = Session::builder(builder).history([stored().await]).build();
    session
        .submit("and now?")
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    let asked = engine.turns()[0].data.get(&keys::TOOL_CONFIG).unwrap();
    assert_eq!(asked, Some(ToolConfig::default()));
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_was_refused_is_not_a_run_that_finished() {
    for with_tools in [false, true] {
        let refused = Script::new().text("no").finish(FinishClass::Refused);
        let mut builder = Builder::new(ScriptedEngine::always(refused));
        if with_tools {
            builder = builder.tools(tools());
        }
        let run = Session::new(builder).submit("go").await.unwrap();
        let outcome = run.outcome().await;
        assert_eq!(outcome.status, RunStatus::Refused);
        let result = outcome.result.as_ref().unwrap();
        assert_eq!(result.finish_class, FinishClass::Refused);
        assert_eq!(outcome.turn.assistant_text(), "no");
        let error = run.wait().await.unwrap_err();
        assert!(error.to_string().contains("refused"), "{error}");
    }
}
