//! What a person sees of a session with a tool: each change of the timeline as it happens, and the
//! timeline after a restart.
//!
//! ```text
//! $ cargo run -p timeline
//! ```
//!
//! Expected output: the block in this example's README.md, which a test compares.

use std::error::Error;

use example_run::println;
use geppetto_enginebuilder::Builder;
use geppetto_session::Session;
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_timeline::{Content, Entity, Patch, Timeline, View};
use geppetto_toolloop::{ToolRegistry, tool_fn};
use geppetto_turns::printable_line;
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

/// Returns an entity on one line. Text of models and tools may contain control characters.
fn line(entity: &Entity) -> String {
    let text = match &entity.content {
        Content::ToolCall(call) if call.result.is_empty() => {
            format!("{} {}", call.name, call.arguments)
        }
        Content::ToolCall(call) => format!("{} -> {}", call.name, call.result),
        _ => entity.text().unwrap_or_default().to_owned(),
    };
    let state = entity.state().map_or("", |state| state.as_str());
    let text = printable_line(text.trim_end());
    format!("{:<9} {state:<9} {text}", entity.kind())
}

/// Shows a change, as a terminal or a web page would.
fn show(view: &View, patch: &Patch) {
    let id = patch.id().unwrap_or_default();
    match (patch, view.entity(id)) {
        (Patch::Remove { .. }, _) => println!("removed {id}"),
        (Patch::Insert { .. }, Some(entity)) => println!("+ {}", line(entity)),
        (_, Some(entity)) => println!("  {}", line(entity)),
        (_, None) => {}
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    example_run::arguments!();
    // In place of a model.
    let engine = ScriptedEngine::new([
        Script::new().reasoning("I need the weather.").tool_call(
            "call_1",
            "weather",
            r#"{"city":"Zurich"}"#,
        ),
        Script::new().text("In Zurich ").text("it is 21 C."),
    ]);
    let tools = ToolRegistry::new().with(tool_fn("weather", "Weather of a city", weather))?;
    let session = Session::new(Builder::new(engine).tools(tools));

    let mut timeline = Timeline::new();
    let mut events = session.subscribe();
    let run = session.submit("How is the weather in Zurich?").await?;
    run.wait().await?;
    session.stream().close();
    while let Some(event) = events.next_event().await {
        for patch in timeline.apply(&event) {
            show(timeline.view(), &patch);
        }
    }

    // After a restart, the turns show the same.
    let turns = session.latest();
    let again = Timeline::from_turns(&turns);
    println!("after a restart:");
    for entity in again.view().entities() {
        println!("= {}", line(entity));
    }
    Ok(())
}
