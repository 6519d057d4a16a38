//! A chat that needs no key and no network, with a small substitute for a model.
//!
//! ```text
//! $ cargo run -p geppetto-tui --example chat
//! $ cargo run -p geppetto-tui --example chat -- sessions.db
//! ```
//!
//! With a file, sessions are stored in it: `kill -9` the program in the middle of an answer, start it
//! again, and the answer continues. Some prompts show what a chat has to bear; `/tools` and
//! [`model`] name them.

mod model;

use std::{env, error::Error, time::Duration};

use async_trait::async_trait;
use geppetto_engine::RunContext;
use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_providers_openai::ChatEngine;
use geppetto_session::Session;
use geppetto_store_sqlite::SqliteStore;
use geppetto_toolloop::{Rejection, Tool, ToolExecutor, ToolRegistry, raw_tool_fn};
use geppetto_tui::Chat;
use geppetto_turns::ToolCall;
use serde_json::{Value, json};

/// Name under which the program owns its sessions, so that its next start takes them over at once.
const OWNER: &str = "chat";

/// Asks the person before a mail is sent.
struct AskBeforeMails;

#[async_trait]
impl ToolExecutor for AskBeforeMails {
    async fn is_allowed(
        &self,
        _: &RunContext,
        call: &ToolCall,
        _: &dyn Tool,
    ) -> Result<(), Rejection> {
        match call.name.as_str() {
            "send_mail" => Err(Rejection::wait("May I send this mail?")),
            _ => Ok(()),
        }
    }
}

fn tools() -> Result<ToolRegistry, Box<dyn Error>> {
    let mail = json!({"type": "object", "properties": {"to": {"type": "string"}}});
    let mail = raw_tool_fn("send_mail", "Sends a mail", mail, |_: Value| async {
        "sent"
    });
    let nothing = json!({"type": "object"});
    let sleep = raw_tool_fn("sleep", "Takes a minute", nothing, |_: Value| async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        "a minute is over"
    });
    Ok(ToolRegistry::new().with(mail)?.with(sleep)?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = model::start().await?;
    let engine = ChatEngine::builder(model::NAME).base_url(server.base_url());
    let builder = Builder::new(engine.build()?)
        .tools(tools()?)
        .tool_executor(AskBeforeMails);
    let described = [
        (
            "send_mail",
            "sends a mail, after it has asked; prompt: mail",
        ),
        ("sleep", "takes a minute; prompt: sleep"),
    ];
    let title = "A chat without a model; /help shows keys and commands";
    match env::args().nth(1) {
        None => {
            let chat = Chat::new(Session::new(builder));
            let chat = chat.title(title).tools(described).run();
            tokio::select! {
                ended = chat => drop(ended?),
                () = panic_if_told_to() => {}
            }
        }
        Some(file) => {
            let store = SqliteStore::open(file).await?;
            let host = Host::builder(store.clone(), builder).owner(OWNER).build();
            let chat = Chat::hosted(host.session("chat"));
            chat.title(title).tools(described).run().await?;
            host.shutdown(Duration::from_secs(2)).await;
            store.close().await;
        }
    }
    Ok(())
}

/// Panics after the milliseconds in `PANIC_AFTER_MS`: the terminal is restored even then.
#[allow(clippy::panic, reason = "that is what it is for")]
async fn panic_if_told_to() {
    let after = env::var("PANIC_AFTER_MS")
        .ok()
        .and_then(|text| text.parse().ok());
    match after {
        Some(after) => {
            tokio::time::sleep(Duration::from_millis(after)).await;
            panic!("the application panics, as it was told to");
        }
        None => std::future::pending().await,
    }
}
