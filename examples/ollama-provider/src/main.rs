//! A provider that the workspace does not have, built with the provider kit: the chat API of
//! Ollama, whose replies are lines of JSON and whose errors have a body of their own. `src/wire.rs`
//! implements the format. The kit handles attempts, time limits, cancellation, truncation, errors
//! and the end of the reply.
//!
//! ```text
//! $ cargo run -p ollama-provider
//! ```
//!
//! Expected output: the block in this example's README.md, which a test compares.

mod server;
mod wire;

use std::{error::Error, sync::Arc};

use example_run::{print, println};
use geppetto_engine::{Engine, RunContext, SeededIds, ToolDefinition, keys};
use geppetto_events::EventStream;
use geppetto_turns::Turn;
use serde_json::json;
use wire::OllamaEngine;

/// Asks once and prints the reply.
async fn ask(engine: &OllamaEngine, prompt: &str) -> Result<(), Box<dyn Error>> {
    let city = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    let tools = vec![ToolDefinition::new(
        "weather",
        "The weather in a city.",
        city,
    )];
    let turn = Turn::builder().system("Be terse.").user(prompt);
    let mut turn = turn.data(&keys::TOOL_DEFINITIONS, &tools)?.build();
    // The same ids in every run, as the README shows them.
    let ctx = RunContext::for_stream(EventStream::fragment(), Arc::new(SeededIds::new(7)));
    match engine.run_inference(&ctx, &mut turn).await {
        Ok(result) => {
            let usage = result.usage.unwrap_or_default();
            println!(
                "=> {}, {} tokens in, {} out",
                result.finish_class, usage.input_tokens, usage.output_tokens
            );
        }
        Err(error) => println!("=> {} error: {error}", error.kind()),
    }
    print!("{turn}");
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    example_run::arguments!();
    let url = server::start().await?;
    let engine = OllamaEngine::builder("qwen3").base_url(url).build()?;

    println!("--- a whole reply");
    ask(&engine, "Weather in Zurich?").await?;
    println!("--- a server that reports an error");
    ask(&engine, "And in Oslo?").await?;
    println!("--- a connection that is cut");
    ask(&engine, "And in Rome?").await
}
