//! The provider, whose replies depend on nothing but the request.

use std::time::Duration;

use anyhow::Result;
use geppetto_testing::{ProviderServer, ReceivedRequest, Reply, reply::ChatBody};
use serde_json::Value;

/// Time between two events of a reply.
const PACE: Duration = Duration::from_millis(8);

/// Number of words of an answer.
const WORDS: usize = 40;

pub(crate) async fn start() -> Result<ProviderServer> {
    let server = ProviderServer::start().await?;
    server.respond_with(reply);
    server.forget_requests();
    Ok(server)
}

/// Returns the answer to a prompt.
fn answer(op: u64) -> String {
    let mut text = format!("answer {op}");
    for word in 0..WORDS {
        text.push_str(&format!(" w{word}"));
    }
    text
}

/// Returns all that the model says to a prompt.
pub(crate) fn whole_text(op: u64) -> String {
    let first = if op.is_multiple_of(2) {
        "Let me see."
    } else {
        ""
    };
    format!("{first}{}", answer(op))
}

fn reply(request: &ReceivedRequest) -> Reply<ChatBody> {
    let mut answered = 0;
    let mut op = 0;
    for message in request.messages().iter().rev() {
        match message.get("role").and_then(Value::as_str) {
            Some("tool") => answered += 1,
            Some("user") => {
                op = number(message);
                break;
            }
            _ => {}
        }
    }
    let arguments = |call: u64| format!(r#"{{"op":{op},"call":{call}}}"#);
    if answered == 0 && op.is_multiple_of(2) {
        return Reply::chat()
            .text("Let me ")
            .text("see.")
            .tool_call("call_0", "pay", arguments(0))
            .tool_call("call_1", "keep", arguments(1))
            .usage(10, 5)
            .finish("tool_calls")
            .pace(PACE);
    }
    Reply::chat()
        .words(&answer(op))
        .usage(20, 7)
        .finish("stop")
        .pace(PACE)
}

/// Returns the number of a prompt, which is its last word.
fn number(message: &Value) -> u64 {
    let text = message
        .get("content")
        .map(ToString::to_string)
        .unwrap_or_default();
    let digits = text.rsplit("op ").next().unwrap_or_default();
    let end = digits
        .find(|char: char| !char.is_ascii_digit())
        .unwrap_or(digits.len());
    digits
        .get(..end)
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
}
