//! A tool can end its run. The end counts as well if another call of the same reply waits for a person first, in
//! whichever process the run goes on.
//!
//! Report: <https://github.com/agentscope-ai/agentscope-java/pull/2891>.

use async_trait::async_trait;
use geppetto_engine::{Decision, RunContext};
use geppetto_enginebuilder::Builder;
use geppetto_session::Session;
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_toolloop::{Rejection, Tool, ToolExecutor, ToolOutput, ToolRegistry, raw_tool_fn};
use geppetto_turns::{ToolCall, Turn};
use serde_json::{Value, json};

/// Asks a person before `send`.
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
            "send" => Err(Rejection::wait("May I send it?")),
            _ => Ok(()),
        }
    }
}

fn builder(engine: &ScriptedEngine) -> Builder {
    let any = || json!({"type": "object"});
    let submit = raw_tool_fn("submit", "Submits the report", any(), |_: Value| async {
        ToolOutput::text("filed").ending_run()
    });
    let send = raw_tool_fn("send", "Sends a mail", any(), |_: Value| async { "sent" });
    let tools = ToolRegistry::new()
        .with(submit)
        .unwrap()
        .with(send)
        .unwrap();
    Builder::new(engine.clone()).tools(tools).tool_executor(Ask)
}

fn reports_and_writes() -> ScriptedEngine {
    ScriptedEngine::new([
        Script::new()
            .tool_call("call_1", "submit", "{}")
            .tool_call("call_2", "send", r#"{"to": "ann"}"#)
            .tool_call("call_3", "send", r#"{"to": "bob"}"#),
        Script::new().text("You are welcome."),
    ])
}

#[tokio::test]
async fn the_model_is_not_called_again_after_the_answer() {
    let engine = reports_and_writes();
    let session = Session::builder(builder(&engine)).id("reports").build();
    let run = session.submit("Report, and tell both").await.unwrap();
    let stopped = run.wait().await.unwrap_err();
    assert_eq!(stopped.waits().len(), 2);

    let history = [Turn::from_yaml(&stopped.turn().to_yaml().unwrap()).unwrap()];
    let session = Session::builder(builder(&engine))
        .id("reports")
        .history(history)
        .build();
    let first = session.answer([("call_2", Decision::Allow)]);
    let stopped = first.submit().await.unwrap().wait().await.unwrap_err();
    assert_eq!(stopped.waits().len(), 1);
    let second = session.answer([("call_3", Decision::reject("not him"))]);
    let turn = second.submit().await.unwrap().wait().await.unwrap();
    assert_eq!(turn.tool_answer("call_2").unwrap().output(), "sent");
    assert_eq!(engine.inferences(), 1);

    // The next prompt continues as usual.
    let run = session.submit("Thanks").await.unwrap();
    let turn = run.wait().await.unwrap();
    assert_eq!(turn.assistant_text(), "You are welcome.");
}

#[tokio::test]
async fn an_inference_that_is_asked_for_calls_the_model() {
    let engine = ScriptedEngine::new([
        Script::new().tool_call("call_1", "submit", "{}"),
        Script::new().text("It is filed."),
    ]);
    let session = Session::new(builder(&engine));
    let run = session.submit("Report").await.unwrap();
    run.wait().await.unwrap();
    let run = session.start_inference().await.unwrap();
    let turn = run.wait().await.unwrap();
    assert_eq!(turn.assistant_text(), "It is filed.");
}
