//! A conversation with a tool. The crate `geppetto` is the only dependency on the workspace, and
//! its prelude has the names that most programs need.
//!
//! ```text
//! $ cargo run -p one-dependency
//! ```
//!
//! Expected output: the block in this example's README.md, which a test compares.

use example_run::{print, println};
use geppetto::{prelude::*, testing::demo};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    example_run::arguments!();
    // In place of a provider; your program sets a key, and a base URL if the provider is not
    // OpenAI.
    let provider = demo::provider().await?;
    let engine = ChatEngine::builder(demo::MODEL)
        .base_url(provider.base_url())
        .build()?;
    let moon = tool_fn("moon_phase", "The phase of the moon", || async { "waxing" });
    let tools = ToolRegistry::new().with(moon)?;
    let session = Session::new(Builder::new(engine).tools(tools));

    for prompt in [
        "What is the phase of the moon?",
        "How many questions have I asked?",
    ] {
        println!("> {prompt}");
        let run = session.submit(prompt).await?;
        let mut events = run.events();
        while let Some(event) = events.next().await {
            if let Some(text) = event.text_delta() {
                print!("{text}");
            }
        }
        let turn = run.wait().await?;
        println!("\n[{} blocks]", turn.blocks.len());
    }
    Ok(())
}
