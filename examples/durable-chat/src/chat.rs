//! The process that holds the session.

use std::{error::Error, path::Path, time::Duration};

use async_trait::async_trait;
use example_run::println;
use geppetto_engine::{Engine, EngineError, Finish, ResponseWriter, RunContext};
use geppetto_enginebuilder::Builder;
use geppetto_events::{Event, EventKind};
use geppetto_host::{Host, State};
use geppetto_store_sqlite::SqliteStore;
use geppetto_toolloop::{ToolRegistry, raw_tool_fn};
use geppetto_turns::{BlockKind, FinishClass, InferenceResult, ToolUse, Turn};
use serde_json::{Value, json};
use tokio::time::sleep;

/// Opens the chat, and shows what happens until it is idle.
pub(crate) async fn run(file: &Path, prompt: Option<String>) -> Result<(), Box<dyn Error>> {
    // What makes the chat durable: a store, a host, and a name by which the next process is known as
    // the successor of this one.
    let store = SqliteStore::open(file).await?;
    let host = Host::builder(store.clone(), Builder::new(Model).tools(tools()?))
        .owner("durable-chat")
        .build();
    host.recover().await?;

    let session = host.session("chat");
    let run = match prompt {
        Some(prompt) => Some(session.submit(prompt).await?),
        None => session.running(),
    };
    if let Some(run) = run {
        let mut events = session.events(0);
        while let Some(event) = events.next().await? {
            let of_run = event.correlation.run_id.as_deref() == Some(run.id());
            if of_run {
                show(&event);
            }
            if of_run && event.is_terminal() {
                break;
            }
        }
        println!("answer: {}", run.wait().await?.assistant_text());
    }
    let snapshot = session.snapshot().await?;
    println!(
        "turns: {}, idle: {}",
        snapshot.turn_count,
        snapshot.state == State::Idle
    );
    host.shutdown(Duration::from_secs(2)).await;
    store.close().await;
    Ok(())
}

fn show(event: &Event) {
    match &event.kind {
        EventKind::RunStarted(own) if own.continues.is_some() => println!("(continues)"),
        EventKind::TextDelta(delta) => {
            for word in delta.delta.split_whitespace() {
                println!("text: {word}");
            }
        }
        _ => {}
    }
}

/// A tool that takes some time, and must not run twice.
fn tools() -> Result<ToolRegistry, Box<dyn Error>> {
    let schema = json!({"type": "object"});
    let book = raw_tool_fn("book", "Books a table", schema, |_: Value| async {
        println!("tool: booking");
        sleep(Duration::from_secs(60)).await;
        "booked"
    });
    Ok(ToolRegistry::new().with(book)?)
}

/// In place of a provider: tells a story, word by word, or calls the tool.
struct Model;

#[async_trait]
impl Engine for Model {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let last = turn.blocks.last().map(|block| block.kind());
        let prompt = turn.last_of(BlockKind::User).and_then(|block| block.text());
        let books = prompt == Some("Book it");
        let told = turn.blocks.last().and_then(|block| block.as_tool_use());
        let told = told.map(ToolUse::output).unwrap_or_default();
        let mut reply = ResponseWriter::start(ctx, turn, "example", "example");
        if books && last == Some(BlockKind::User) {
            let call = reply.open_tool_call("call-1", "book");
            reply.push(call, "{}");
            reply.close(call, None);
            return Ok(reply.finish(Finish::new(FinishClass::ToolCallsPending)));
        }
        let story = match books {
            true if told.contains("outcome unknown") => "I will check whether it was booked.",
            true => "It is booked.",
            false => "Once upon a time, a process was killed.",
        };
        let text = reply.open_text();
        for word in story.split_inclusive(' ') {
            reply.push(text, word);
            sleep(Duration::from_millis(60)).await;
        }
        reply.close(text, None);
        Ok(reply.finish(Finish::completed()))
    }
}
