//! The parts of a run, composed by one builder: an engine, middleware around each of its calls,
//! tools, event sinks, and storage for the turn. Then the program "restarts": a second session
//! continues from the stored turn.
//!
//! ```text
//! $ cargo run -p builder-middleware
//! ```
//!
//! Expected output: the block in this example's README.md, which a test compares.

mod store;

use std::{error::Error, io, sync::Arc};

use example_run::{print, println};
use geppetto_engine::{
    ToolConfig,
    middleware::{ReorderToolResults, SystemPrompt, TraceInference},
};
use geppetto_enginebuilder::Builder;
use geppetto_events::{printer::HumanPrinter, sink_fn};
use geppetto_session::Session;
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_toolloop::{ToolError, ToolRegistry, tool_fn};
use schemars::JsonSchema;
use serde::Deserialize;
use store::YamlStore;

/// Arguments of `add`.
#[derive(Debug, Deserialize, JsonSchema)]
struct Add {
    /// The numbers to add.
    numbers: Vec<i64>,
}

async fn add(args: Add) -> Result<i64, ToolError> {
    let sum = args
        .numbers
        .iter()
        .try_fold(0_i64, |sum, n| sum.checked_add(*n));
    sum.ok_or_else(|| ToolError::new("the sum is too large; add fewer or smaller numbers"))
}

/// In place of a model.
fn model() -> ScriptedEngine {
    ScriptedEngine::new([
        Script::new()
            .tool_call("call_1", "add", r#"{"numbers":[20,22]}"#)
            .usage(30, 12),
        Script::new().text("It is 42.").usage(50, 4),
        Script::new().text("You asked for a sum.").usage(60, 6),
    ])
}

/// Composes all parts in one place. A builder is cheap to clone and can serve many sessions.
fn builder(store: &Arc<YamlStore>) -> Result<Builder, Box<dyn Error>> {
    let tools = ToolRegistry::new().with(tool_fn("add", "Adds numbers", add))?;
    let mut config = ToolConfig::default();
    config.max_iterations = 5;
    Ok(Builder::new(model())
        // Around each call of the model, the first one outermost.
        .middleware(TraceInference) // a span for each call, for any tracing subscriber
        .middleware(SystemPrompt::new("You are terse."))
        .middleware(ReorderToolResults)
        // Between the calls: with tools, a run is a loop.
        .tools(tools)
        .tool_config(config)
        // During the run: each sink receives every event, in this order.
        .event_sink(HumanPrinter::new(io::stdout()))
        .event_sink(sink_fn(|event| {
            if event.is_terminal() {
                println!("sink: {} is event {}", event.type_name(), event.seq);
            }
        }))
        // After the run, on every outcome, before the run counts as over.
        .persister(Arc::clone(store)))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    example_run::arguments!();
    let store = Arc::new(YamlStore::default());
    let builder = builder(&store)?;

    println!("--- a run");
    let session = Session::builder(builder.clone()).id("sums").build();
    session.submit("What is 20 + 22?").await?.wait().await?;

    println!("--- another program goes on from what was stored");
    let turn = store.load("sums")?.ok_or("nothing was stored")?;
    let session = Session::builder(builder).id("sums").history([turn]).build();
    let turn = session.submit("What did I ask?").await?.wait().await?;

    println!("--- the conversation");
    print!("{turn}");
    Ok(())
}
