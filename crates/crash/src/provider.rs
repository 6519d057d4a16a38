//! The provider, which runs in the parent and refuses what the real one refuses.

use std::{
    collections::HashSet,
    io,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use geppetto_testing::{
    ProviderServer, ReceivedRequest, Reply,
    reply::{At, ChatBody},
};
use serde_json::Value;

use crate::prompt::{Kind, Prompt};

/// Time between two events of a reply. Long enough that children are killed in the middle of it.
const PACE: Duration = Duration::from_micros(300);

/// Starts the provider.
pub(crate) async fn start() -> io::Result<ProviderServer> {
    let server = ProviderServer::start().await?;
    let broken: Mutex<HashSet<u64>> = Mutex::default();
    server.respond_with(move |request| reply(request, &broken));
    server.forget_requests();
    Ok(server)
}

fn reply(request: &ReceivedRequest, broken: &Mutex<HashSet<u64>>) -> Reply<ChatBody> {
    // The last prompt, and what came after it.
    let mut answered = 0;
    let mut prompt = None;
    for message in request.messages().iter().rev() {
        let role = message.get("role").and_then(Value::as_str);
        match role {
            Some("tool") => answered += 1,
            Some("user") => {
                prompt = last_text(message).and_then(Prompt::parse);
                break;
            }
            _ => {}
        }
    }
    let Some(prompt) = prompt else {
        return Reply::chat().text("this is no prompt").finish("stop");
    };
    let op = prompt.op;
    match (prompt.kind, answered) {
        (Kind::Tools, 0) => Reply::chat()
            .text("Let me ")
            .text("see.")
            .tool_call("call_0", "pay", arguments(op, 0))
            .tool_call("call_1", "keep", arguments(op, 1))
            .tool_call("call_2", "look", arguments(op, 2))
            .usage(10, 5)
            .finish("tool_calls")
            .pace(PACE),
        (Kind::Tools, 3) => Reply::chat()
            .tool_call("call_3", "pay", arguments(op, 3))
            .usage(10, 5)
            .finish("tool_calls")
            .pace(PACE),
        (Kind::Flaky, _) if breaks(broken, op) => answer(prompt).reset_at(At::Event(6)),
        _ => answer(prompt),
    }
}

/// Returns the last line of a message. Prompts that have no answer are sent as one message.
fn last_text(message: &Value) -> Option<&str> {
    let content = message.get("content")?;
    let text = match content.as_array() {
        Some(parts) => parts.last()?.get("text")?,
        None => content,
    };
    text.as_str()?.lines().next_back()
}

/// Returns `true` for the first request of a prompt.
fn breaks(broken: &Mutex<HashSet<u64>>, op: u64) -> bool {
    broken
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(op)
}

fn answer(prompt: Prompt) -> Reply<ChatBody> {
    Reply::chat()
        .words(&prompt.answer())
        .usage(20, 7)
        .finish("stop")
        .pace(PACE)
}

fn arguments(op: u64, call: u64) -> String {
    format!(r#"{{"op":{op},"call":{call}}}"#)
}
