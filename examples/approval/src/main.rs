//! Mails that are sent only after a person has agreed. The run ends while it waits, its turn is
//! stored, and another process continues with the answer: one mail is sent to somebody else, the
//! other is not sent.
//!
//! ```text
//! $ cargo run -p approval
//! ```
//!
//! Expected output: the block in this example's README.md, which a test compares.

use std::error::Error;

use async_trait::async_trait;
use example_run::println;
use geppetto_engine::{Decision, RunContext};
use geppetto_enginebuilder::Builder;
use geppetto_session::Session;
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_toolloop::{Rejection, Tool, ToolExecutor, ToolRegistry, tool_fn};
use geppetto_turns::{ToolCall, Turn};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

/// Arguments of `send_mail`, which the model writes.
#[derive(Deserialize, JsonSchema)]
struct Mail {
    /// The address.
    to: String,
}

async fn send_mail(mail: Mail) -> String {
    println!("  (a mail goes to {})", mail.to);
    format!("sent to {}", mail.to)
}

/// Asks a person before a mail is sent; everything else is allowed.
struct AskBeforeMails;

#[async_trait]
impl ToolExecutor for AskBeforeMails {
    async fn is_allowed(
        &self,
        _: &RunContext,
        call: &ToolCall,
        _: &dyn Tool,
    ) -> Result<(), Rejection> {
        match call.name.as_str() {
            "send_mail" => Err(Rejection::wait("May I send this mail?")),
            _ => Ok(()),
        }
    }
}

/// The builder that every process of the application creates.
fn builder(engine: ScriptedEngine) -> Result<Builder, Box<dyn Error>> {
    let tools = ToolRegistry::new().with(tool_fn("send_mail", "Sends a mail", send_mail))?;
    Ok(Builder::new(engine)
        .tools(tools)
        .tool_executor(AskBeforeMails))
}

/// The first process: ends with a turn in the store.
async fn ask() -> Result<String, Box<dyn Error>> {
    // In place of a model: asks to send two mails.
    let engine = ScriptedEngine::always(
        Script::new()
            .tool_call("call_1", "send_mail", r#"{"to":"ann@example.com"}"#)
            .tool_call("call_2", "send_mail", r#"{"to":"all@example.com"}"#),
    );
    let session = Session::builder(builder(engine)?).id("demo").build();
    let run = session.submit("Invite everybody").await?;
    let Err(stopped) = run.wait().await else {
        return Err("the run should wait".into());
    };
    println!("the run ended: waiting = {}", stopped.is_waiting());
    Ok(stopped.turn().to_yaml()?)
}

/// Another process, perhaps days later, after the person has answered.
async fn go_on(stored: &str) -> Result<(), Box<dyn Error>> {
    let engine = ScriptedEngine::always(Script::new().text("I have invited Anna alone."));
    let session = Session::builder(builder(engine)?)
        .id("demo")
        .history([Turn::from_yaml(stored)?])
        .build();
    for call in session.waits() {
        println!("{}: {} {}", call.call_id, call.question, call.input);
    }
    let decisions = [
        (
            "call_1",
            Decision::allow_with(json!({"to": "anna@example.com"})),
        ),
        ("call_2", Decision::reject("not to the whole list")),
    ];
    let turn = session.answer(decisions).submit().await?.wait().await?;
    for call in ["call_1", "call_2"] {
        let answer = turn.tool_answer(call).ok_or("every call has an answer")?;
        println!("{call}: {}", answer.output());
    }
    println!("{}", turn.assistant_text());
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    example_run::arguments!();
    let stored = ask().await?;
    go_on(&stored).await
}
