//! A chat that continues after it was killed. The program starts itself as a second process, which
//! holds the session, and kills that process: first in the middle of an answer, then while a tool
//! runs. The next process continues where the last one was.
//!
//! ```text
//! $ cargo run -p durable-chat
//! ```
//!
//! Expected output: the block in this example's README.md, which a test compares.

mod chat;

use std::{env, error::Error, path::Path, process::Stdio};

use example_run::println;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

/// Set for the process that holds the session: the file of the store, and the prompt.
const CHAT: &str = "DURABLE_CHAT_FILE";
const PROMPT: &str = "DURABLE_CHAT_PROMPT";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    example_run::arguments!();
    if let Some(file) = env::var_os(CHAT) {
        return chat::run(Path::new(&file), env::var(PROMPT).ok()).await;
    }
    let folder = env::temp_dir().join(format!("durable-chat-{}", std::process::id()));
    let file = folder.join("sessions.db");
    let shown = show(&file).await;
    std::fs::remove_dir_all(&folder)?;
    shown
}

async fn show(file: &Path) -> Result<(), Box<dyn Error>> {
    println!("--- a process is killed in the middle of an answer");
    process(file, Some("Tell me a story"), "text: upon").await?;
    println!("--- the next one continues");
    process(file, None, "").await?;
    println!("--- a process is killed while a tool runs");
    process(file, Some("Book it"), "tool: booking").await?;
    println!("--- the next one does not book again, and the model is told");
    process(file, None, "").await
}

/// Runs a process until it prints a line, and kills it then.
async fn process(file: &Path, prompt: Option<&str>, until: &str) -> Result<(), Box<dyn Error>> {
    let mut command = Command::new(env::current_exe()?);
    command
        .env(CHAT, file)
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    if let Some(prompt) = prompt {
        command.env(PROMPT, prompt);
    }
    let mut child = command.spawn()?;
    let output = child.stdout.take().ok_or("the process has an output")?;
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await? {
        println!("{line}");
        if line == until {
            child.kill().await?; // as `kill -9`
            println!("(killed)");
            return Ok(());
        }
    }
    child.wait().await?;
    Ok(())
}
