//! The program of the front page, verbatim. A test compares the two and runs it.
#![allow(clippy::print_stdout, reason = "a program prints")]

use std::io::Write;

use geppetto::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
struct Weather {
    city: String,
}

async fn weather(args: Weather) -> String {
    format!("21 °C and clear in {}", args.city)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut engine = ChatEngine::builder("gpt-5-mini");
    if let Ok(url) = std::env::var("OPENAI_BASE_URL") {
        engine = engine.base_url(url); // any server that speaks OpenAI's API, such as Ollama
    }
    if let Ok(key) = ApiKey::from_env("OPENAI_API_KEY") {
        engine = engine.api_key(key);
    }
    let tools = ToolRegistry::new().with(tool_fn("weather", "The weather in a city", weather))?;
    let session = Session::new(Builder::new(engine.build()?).tools(tools));

    for prompt in [
        "What is the weather in Zurich?",
        "And what is the weather in Oslo?",
    ] {
        println!("> {prompt}");
        let run = session.submit(prompt).await?; // run.cancel() works at any time
        let mut events = run.events();
        while let Some(event) = events.next().await {
            if let Some(text) = event.text_delta() {
                print!("{text}");
                std::io::stdout().flush()?;
            }
        }
        let turn = run.wait().await?; // the whole conversation, tool calls included
        println!("\n[{} blocks]\n", turn.blocks.len());
    }
    Ok(())
}
