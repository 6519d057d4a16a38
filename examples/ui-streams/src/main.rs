//! The events of a run as the streams that `useChat` and CopilotKit read.
//!
//! ```text
//! $ cargo run -p ui-streams
//! ```
//!
//! Expected output: the block in this example's README.md, which a test compares.

use std::error::Error;

use example_run::println;
use geppetto_enginebuilder::Builder;
use geppetto_session::Session;
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_toolloop::{ToolRegistry, tool_fn};
use geppetto_ui::{agui, ai_sdk};
use schemars::JsonSchema;
use serde::Deserialize;

/// Arguments of `weather`, which the model writes.
#[derive(Deserialize, JsonSchema)]
struct Place {
    /// The city.
    city: String,
}

async fn weather(place: Place) -> String {
    format!("{}: 21 C", place.city)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    example_run::arguments!();
    // In place of a model.
    let engine = ScriptedEngine::new([
        Script::new().tool_call("call_1", "weather", r#"{"city":"Zurich"}"#),
        Script::new().text("It is ").text("21 C."),
    ]);
    let tools = ToolRegistry::new().with(tool_fn("weather", "Weather of a city", weather))?;
    let session = Session::new(Builder::new(engine).tools(tools));

    let mut events = session.subscribe();
    let run = session.submit("How is the weather in Zurich?").await?;
    run.wait().await?;
    session.stream().close();

    // One state machine per reader: it does no I/O, so that any server can send what it returns.
    let mut chat = ai_sdk::Projection::new();
    let mut copilot = agui::Projection::new("thread", "run");
    let mut message = ai_sdk::Message::assistant("");
    let mut conversation = agui::Conversation::default();
    let (mut chunks, mut types) = (0, Vec::new());
    while let Some(event) = events.next_event().await {
        for chunk in chat.apply(&event) {
            chunks += 1;
            // In a browser, `useChat` does this.
            message.apply(&chunk);
        }
        for own in copilot.apply(&event) {
            conversation.apply(&own);
            types.push(own.type_name());
        }
    }
    println!(
        "{chunks} chunks give {} parts, and the text: {}",
        message.parts.len(),
        message.text()
    );
    println!("AG-UI: {}", types.join(" "));
    println!("{} messages", conversation.messages().len());
    Ok(())
}
