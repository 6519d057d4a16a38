//! A conversation as a file, with only the data model: build a turn, keep application state in it,
//! save and load it, and repair a history that was cut short for a provider.
//!
//! ```text
//! $ cargo run -p turns-yaml
//! ```
//!
//! Expected output: the block in this example's README.md, which a test compares.

use std::error::Error;

use example_run::{print, println};
use geppetto_turns::{Block, DataKey, Incomplete, ToolCall, Turn, repair};

/// Application state stored with each conversation. The key determines the type.
const TENANT: DataKey<String> = DataKey::new("my_app.tenant@v1");

/// A file from a newer program, with an unknown block kind and an unknown key.
const FROM_ELSEWHERE: &str = "
blocks:
  - kind: user
    payload: {text: What do you hear?}
  - kind: audio
    payload: {seconds: 12}
mood: curious
";

fn weather() -> Result<Turn, Box<dyn Error>> {
    let call = ToolCall::new("call_1", "lookup_weather", r#"{"city":"Zurich"}"#);
    let turn = Turn::builder()
        .id("turn-1")
        .system("You are terse.")
        .user("Weather in Zurich?")
        .block(Block::tool_call(call))
        .block(Block::tool_result("call_1", "21 °C"))
        .assistant("It is 21 °C.")
        .data(&TENANT, &"acme".to_owned())?
        .build();
    Ok(turn)
}

/// A cancelled run: half a sentence, and a call without a result.
fn cut_short() -> Turn {
    Turn::builder()
        .user("And in Oslo?")
        .block(Block::llm_text("Let me lo").with_incomplete(Incomplete::Cancelled))
        .block(Block::tool_call(ToolCall::new(
            "call_2",
            "lookup_weather",
            "{}",
        )))
        .build()
}

fn main() -> Result<(), Box<dyn Error>> {
    example_run::arguments!();
    println!("--- saved");
    let turn = weather()?;
    let yaml = turn.to_yaml()?;
    print!("{yaml}");

    println!("--- loaded");
    let loaded = Turn::from_yaml(&yaml)?;
    println!("equal: {}", loaded == turn);
    println!("tenant: {:?}", loaded.data.get(&TENANT)?);
    println!("answer: {:?}", loaded.assistant_text());

    println!("--- what this program does not know is kept");
    let mut foreign = Turn::from_yaml(FROM_ELSEWHERE)?;
    foreign.push(Block::llm_text("A bell."));
    print!("{}", foreign.to_yaml()?);

    println!("--- a mistake says where it is");
    let mistake = FROM_ELSEWHERE.replace("text: What do you hear?", "text: [1, 2]");
    if let Err(error) = Turn::from_yaml(&mistake) {
        println!("{error}");
    }

    println!("--- a history that was cut short, as the user sees it");
    let history = cut_short();
    print!("{history}");
    println!("--- and as a provider accepts it");
    for block in repair(&history.blocks) {
        println!("{}", block.kind().as_str());
        if let Some(answer) = block.as_tool_use() {
            println!("  {} says {:?}", block.id, answer.output());
        }
    }
    Ok(())
}
