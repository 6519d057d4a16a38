//! The order of messages, and of calls and results in them.

use std::collections::HashSet;

use serde_json::Value;

use super::{content, fields::refuse};
use crate::validate::ProviderRefusal;

/// A message: adjacent messages of one author count as one.
struct Message<'a> {
    role: &'a str,
    blocks: Vec<&'a Value>,
}

pub(super) fn check(request: &Value) -> Result<(), ProviderRefusal> {
    let Some(messages) = request["messages"].as_array() else {
        return refuse("messages: Input should be a valid list");
    };
    if messages.is_empty() {
        return refuse("messages: at least one message is required");
    }
    for (at, message) in messages.iter().enumerate() {
        each(message, at, at + 1 == messages.len())?;
    }
    if messages
        .first()
        .is_some_and(|first| first["role"] != "user")
    {
        return refuse("messages: first message must use the \"user\" role");
    }
    let messages = joined(messages);
    let has_tools = request["tools"]
        .as_array()
        .is_some_and(|tools| !tools.is_empty());
    let of_tools =
        |block: &&Value| matches!(block["type"].as_str(), Some("tool_use" | "tool_result"));
    let mut blocks = messages.iter().flat_map(|message| &message.blocks).copied();
    if !has_tools && blocks.any(|block| of_tools(&block)) {
        return refuse(
            "Requests which include `tool_use` or `tool_result` blocks must define tools",
        );
    }
    calls(&messages)?;
    server_tools(&messages)?;
    thoughts(&messages)
}

fn each(message: &Value, at: usize, is_last: bool) -> Result<(), ProviderRefusal> {
    let place = format!("messages.{at}");
    let role = match message["role"].as_str() {
        Some(role @ ("user" | "assistant")) => role,
        Some("system") => {
            return refuse(
                "messages: Unexpected role \"system\". The Messages API accepts a top-level `system` \
                 parameter, not \"system\" as an input message role.",
            );
        }
        _ => {
            return refuse(format!(
                "{place}.role: Input should be 'user' or 'assistant'"
            ));
        }
    };
    let content = &message["content"];
    let is_empty = content == "" || content.as_array().is_some_and(Vec::is_empty);
    if is_empty && !(is_last && role == "assistant") {
        return refuse(format!(
            "{place}: all messages must have non-empty content except for the optional final assistant \
             message"
        ));
    }
    if is_empty {
        return Ok(());
    }
    content::message(content, &place, role)?;
    let last = match content {
        Value::String(text) => Some(text.as_str()),
        Value::Array(blocks) => blocks.last().and_then(|block| block["text"].as_str()),
        _ => None,
    };
    if is_last
        && role == "assistant"
        && last.is_some_and(|text| text.ends_with(char::is_whitespace))
    {
        return refuse("messages: final assistant content cannot end with trailing whitespace");
    }
    Ok(())
}

fn joined(messages: &[Value]) -> Vec<Message<'_>> {
    let mut joined: Vec<Message<'_>> = Vec::new();
    for message in messages {
        let role = message["role"].as_str().unwrap_or_default();
        let blocks = match &message["content"] {
            Value::Array(blocks) => blocks.iter().collect(),
            text => vec![text],
        };
        match joined.last_mut() {
            Some(last) if last.role == role => last.blocks.extend(blocks),
            _ => joined.push(Message { role, blocks }),
        }
    }
    joined
}

fn ids<'a>(message: Option<&Message<'a>>, kind: &str, name: &str) -> Vec<&'a str> {
    let blocks = message
        .map(|message| message.blocks.as_slice())
        .unwrap_or_default();
    let of_kind = blocks.iter().filter(|block| block["type"] == kind);
    of_kind.filter_map(|block| block[name].as_str()).collect()
}

/// Checks that each call has one result, at the start of the next message.
fn calls(messages: &[Message<'_>]) -> Result<(), ProviderRefusal> {
    let mut known = HashSet::new();
    for (at, message) in messages.iter().enumerate() {
        let made = ids(Some(message), "tool_use", "id");
        for id in &made {
            if !known.insert(*id) {
                return refuse("messages: `tool_use` ids must be unique");
            }
        }
        let next = messages.get(at + 1);
        let answered: Vec<&str> = next
            .map(|next| next.blocks.as_slice())
            .unwrap_or_default()
            .iter()
            .take_while(|block| block["type"] == "tool_result")
            .filter_map(|block| block["tool_use_id"].as_str())
            .collect();
        let missing: Vec<&str> = made
            .iter()
            .filter(|id| !answered.contains(id))
            .copied()
            .collect();
        if !missing.is_empty() {
            return refuse(format!(
                "messages.{at}: `tool_use` ids were found without `tool_result` blocks immediately \
                 after: {}. Each `tool_use` block must have a corresponding `tool_result` block in the \
                 next message.",
                missing.join(", ")
            ));
        }
        let before = at.checked_sub(1).and_then(|at| messages.get(at));
        let asked = ids(before, "tool_use", "id");
        let mut results = HashSet::new();
        for id in ids(Some(message), "tool_result", "tool_use_id") {
            if !asked.contains(&id) {
                return refuse(format!(
                    "messages.{at}.content.0: unexpected `tool_use_id` found in `tool_result` blocks: \
                     {id}. Each `tool_result` block must have a corresponding `tool_use` block in the \
                     previous message."
                ));
            }
            if !results.insert(id) {
                return refuse(format!(
                    "messages.{at}.content.1: each tool_use must have a single result. Found multiple \
                     `tool_result` blocks with id: {id}"
                ));
            }
        }
    }
    Ok(())
}

/// Checks that each call of a tool of the provider has a result, unless it may still be running, and each
/// result a call.
fn server_tools(messages: &[Message<'_>]) -> Result<(), ProviderRefusal> {
    let is_server = |kind: &str| matches!(kind, "server_tool_use" | "mcp_tool_use");
    let is_only_results = |message: &Message<'_>| {
        message
            .blocks
            .iter()
            .all(|block| block["type"] == "tool_result")
    };
    let last = messages
        .iter()
        .rposition(|message| message.role == "assistant");
    let after = last.and_then(|last| messages.get(last + 1));
    let running = last.filter(|_| after.is_none_or(is_only_results));
    let blocks = || messages.iter().flat_map(|message| &message.blocks);
    let results: HashSet<&str> = blocks().filter_map(|block| result_of(block)).collect();
    let mut called = HashSet::new();
    for (at, message) in messages.iter().enumerate() {
        for block in &message.blocks {
            let kind = block["type"].as_str().unwrap_or_default();
            let id = block["id"].as_str().unwrap_or_default();
            let name = block["name"].as_str().unwrap_or_default();
            if is_server(kind) {
                called.insert(id);
                if Some(at) != running && !results.contains(id) {
                    return refuse(format!(
                        "messages.{at}: `{name}` tool use with id `{id}` was found without a \
                         corresponding `{name}_tool_result` block"
                    ));
                }
            }
            if let Some(id) = result_of(block).filter(|id| !called.contains(id)) {
                return refuse(format!(
                    "messages.{at}.content.0: unexpected `tool_use_id` found in `{kind}` blocks: {id}. \
                     Each `{kind}` block must have a corresponding `server_tool_use` block before it."
                ));
            }
        }
    }
    Ok(())
}

/// Returns the id of the call of a provider's tool, if a block is its result.
fn result_of(block: &Value) -> Option<&str> {
    let kind = block["type"].as_str()?;
    let is_result = kind.ends_with("_tool_result") && kind != "tool_result";
    block["tool_use_id"].as_str().filter(|_| is_result)
}

/// Refuses thinking at the end of a message.
fn thoughts(messages: &[Message<'_>]) -> Result<(), ProviderRefusal> {
    let is_thinking = |block: &&Value| {
        matches!(
            block["type"].as_str(),
            Some("thinking" | "redacted_thinking")
        )
    };
    for (at, message) in messages.iter().enumerate() {
        if message.blocks.last().is_some_and(&is_thinking) {
            return refuse(format!(
                "messages.{at}: The final block in an assistant message cannot be `thinking`."
            ));
        }
    }
    Ok(())
}
