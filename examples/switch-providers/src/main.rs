//! One conversation with three providers: OpenAI, then Claude, then Gemini. Each continues the history
//! that the previous one has left, with its thinking and its tool calls, and calls the same tool.
//!
//! ```text
//! $ cargo run -p switch-providers
//! ```
//!
//! Expected output: the block in this example's README.md, which a test compares.

use std::{error::Error, sync::Arc, time::Duration};

use example_run::println;
use geppetto_engine::Engine;
use geppetto_enginebuilder::Builder;
use geppetto_providers_anthropic::MessagesEngine;
use geppetto_providers_gemini::GeminiEngine;
use geppetto_providers_openai::ResponsesEngine;
use geppetto_session::Session;
use geppetto_testing::demo;
use geppetto_toolloop::{ToolError, ToolRegistry, tool_fn};
use geppetto_turns::{BlockKind, Turn};
use schemars::JsonSchema;
use serde::Deserialize;

/// Arguments of `find_train`.
#[derive(Debug, Deserialize, JsonSchema)]
struct FindTrain {
    /// Where the train goes, such as Bern.
    destination: String,
}

async fn find_train(args: FindTrain) -> Result<&'static str, ToolError> {
    match args.destination.to_lowercase().as_str() {
        "bern" => Ok("10:02"),
        "geneva" => Ok("10:32"),
        "lugano" => Ok("11:05"),
        _ => Err(ToolError::new("no train goes there")),
    }
}

/// Asks one model, which continues the history, and returns the grown history.
async fn ask(
    engine: Arc<dyn Engine>,
    history: Vec<Turn>,
    prompt: &str,
) -> Result<Vec<Turn>, Box<dyn Error>> {
    let train = tool_fn(
        "find_train",
        "The next train from Zurich to a city",
        find_train,
    );
    let builder = Builder::new(engine).tools(ToolRegistry::new().with(train)?);
    let session = Session::builder(builder).history(history).build();
    let turn = session.submit(prompt).await?.wait().await?;
    println!("> {prompt}");
    let new = turn
        .blocks
        .iter()
        .rev()
        .take_while(|block| block.kind() != BlockKind::User);
    let kinds: Vec<_> = new.map(|block| block.kind().as_str().to_owned()).collect();
    println!("{}", kinds.into_iter().rev().collect::<Vec<_>>().join(", "));
    Ok(session.turns())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    example_run::arguments!();
    // It speaks all three APIs, and refuses requests that the providers would refuse.
    let server = demo::provider_with_pace(Duration::ZERO).await?;
    let url = server.base_url();

    println!("--- OpenAI");
    let engine = ResponsesEngine::builder(demo::MODEL)
        .base_url(&url)
        .build()?;
    let history = ask(
        Arc::new(engine),
        Vec::new(),
        "When does the next train to Bern leave?",
    )
    .await?;

    println!("--- Claude");
    let engine = MessagesEngine::builder(demo::MODEL)
        .base_url(&url)
        .build()?;
    let history = ask(
        Arc::new(engine),
        history,
        "When does the next train to Geneva leave?",
    )
    .await?;

    println!("--- Gemini");
    let engine = GeminiEngine::builder(demo::MODEL).base_url(&url).build()?;
    let history = ask(
        Arc::new(engine),
        history,
        "When does the next train to Lugano leave?",
    )
    .await?;

    let blocks = history.last().map_or(0, |turn| turn.blocks.len());
    println!(
        "--- {} turns, {blocks} blocks, {} requests",
        history.len(),
        server.request_count()
    );
    for request in server.requests() {
        println!(
            "{} with {} messages",
            request.path(),
            request.messages().len()
        );
    }
    Ok(())
}
