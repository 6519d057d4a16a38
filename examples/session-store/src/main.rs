//! Sessions in one file: what a list of conversations, a "branch from here" and a backup need.
//!
//! ```text
//! $ cargo run -p session-store
//! ```
//!
//! Expected output: the block in this example's README.md, which a test compares.

use std::{error::Error, path::Path, time::Duration};

use example_run::println;
use geppetto_enginebuilder::Builder;
use geppetto_host::{Host, HostedSession, NewSession};
use geppetto_store::{Export, Import, MemoryStore, Page, SessionStore, export_yaml};
use geppetto_store_sqlite::SqliteStore;
use geppetto_testing::{Script, ScriptedEngine};

/// In place of a model.
fn model() -> ScriptedEngine {
    let says = |text: &str| Script::new().text(text);
    ScriptedEngine::new([
        says("A river and a mountain."),
        says("They met in spring."),
        says("Flour, water, salt."),
        says("The mountain moved aside."),
    ])
}

async fn say(session: &HostedSession, prompt: &str) -> Result<(), Box<dyn Error>> {
    session.submit(prompt).await?.wait().await?;
    // Listings are in the order of time.
    tokio::time::sleep(Duration::from_millis(5)).await;
    Ok(())
}

/// Lists Ann's sessions, newest first, two at a time.
async fn list(host: &Host) -> Result<(), Box<dyn Error>> {
    let mut page = Page::newest(2).of_group("ann");
    loop {
        let sessions = host.list(&page).await?;
        let Some((last, _)) = sessions.last() else {
            return Ok(());
        };
        page = page.after(last);
        for (info, state) in sessions {
            let title = info.title.as_deref().unwrap_or("(untitled)");
            println!("{}: {title}, {} turns, {state:?}", info.id, info.turns);
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    example_run::arguments!();
    let folder = std::env::temp_dir().join(format!("session-store-{}", std::process::id()));
    let shown = show(&folder.join("sessions.db")).await;
    std::fs::remove_dir_all(&folder)?;
    shown
}

async fn show(file: &Path) -> Result<(), Box<dyn Error>> {
    let store = SqliteStore::open(file).await?;
    let host = Host::new(store.clone(), Builder::new(model()));

    println!("--- two conversations of Ann");
    let ann = |id: &str| NewSession::new().id(id).group("ann");
    let story = host.create(ann("story")).await?;
    say(&story, "Who is in the story?").await?;
    say(&story, "How does it begin?").await?;
    let bread = host.create(ann("bread").title("Bread")).await?;
    say(&bread, "What do I need?").await?;
    list(&host).await?;

    println!("--- a fork at the first turn, which shares what came before");
    let other = story.fork_at(0, Some("other".to_owned())).await?;
    other.rename("Another story").await?;
    say(&other, "And a happy end?").await?;
    list(&host).await?;

    println!("--- an undo, and a deletion");
    story.undo().await?;
    bread.delete().await?;
    list(&host).await?;

    println!("--- exported, and imported into another store");
    let mut export = Export::new(&store, "other").await?;
    let mut import = Import::new();
    while let Some(lines) = export.next().await? {
        for line in lines.lines() {
            import.line(line)?;
        }
    }
    let memory = MemoryStore::new();
    let copy = import.write(&memory, "copy").await?;
    let same = memory.turn("copy", 1).await? == store.turn("other", 1).await?;
    println!("turns: {}, the same: {same}", copy.turns);
    let yaml = export_yaml(&store, "other", None).await?;
    let text = yaml.lines().filter(|line| line.contains("text: "));
    for line in text {
        println!("{}", line.trim());
    }
    host.shutdown(Duration::from_secs(1)).await;
    store.close().await;
    Ok(())
}
