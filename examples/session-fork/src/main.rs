//! Two continuations of one point in a conversation. A fork has its own history from then on,
//! shares the earlier blocks, and can run at the same time as the original.
//!
//! ```text
//! $ cargo run -p session-fork
//! ```
//!
//! Expected output: the block in this example's README.md, which a test compares.

use std::{error::Error, sync::Arc};

use example_run::println;
use geppetto_session::{EngineRunner, Session};
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_turns::Turn;

/// In place of a model.
fn model() -> ScriptedEngine {
    let says = |text: &str| Script::new().text(text);
    ScriptedEngine::new([
        says("A river and a mountain."),
        says("They met in spring."),
        says("The river ran dry."),
        says("The mountain moved aside."),
        says("Nobody knows."),
    ])
}

async fn say(session: &Session, prompt: &str) -> Result<(), Box<dyn Error>> {
    let turn = session.submit(prompt).await?.wait().await?;
    println!("> {prompt}\n{}", turn.assistant_text());
    Ok(())
}

/// Returns how many blocks two turns share: the same blocks, not merely equal ones.
fn shared(a: &Turn, b: &Turn) -> usize {
    let pairs = a.blocks.iter().zip(&b.blocks);
    pairs.filter(|(a, b)| Arc::ptr_eq(a, b)).count()
}

fn history(session: &Session) -> String {
    let turns = session.turns();
    let texts = turns.iter().map(Turn::assistant_text);
    texts.collect::<Vec<_>>().join(" ")
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    example_run::arguments!();
    let story = Session::new(EngineRunner::new(model()));
    println!("--- a story");
    say(&story, "Who is in the story?").await?;
    say(&story, "How does it begin?").await?;
    say(&story, "How does it end?").await?;

    println!("--- another end: a fork at turn 1, the second one");
    let other = story.fork_at(1)?;
    say(&other, "And with a happy end?").await?;

    println!("--- both, side by side");
    println!("story: {}", history(&story));
    println!("fork:  {}", history(&other));
    let (Some(old), Some(new)) = (story.latest(), other.latest()) else {
        return Err("both have turns".into());
    };
    println!(
        "blocks: {} and {}, {} of them shared",
        old.blocks.len(),
        new.blocks.len(),
        shared(&old, &new)
    );
    println!("sessions differ: {}", story.id() != other.id());

    println!("--- a fork of a turn that is not there");
    if let Err(error) = story.fork_at(7) {
        println!("{error}");
    }

    println!("--- a fork is a session like any other");
    say(&other.fork_at(0)?, "What happened then?").await?;
    Ok(())
}
