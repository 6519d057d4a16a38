//! [`Other`]: a content block that is kept as the API sent it, such as a call or a result of a tool of
//! the provider; and the progress of these tools.

use geppetto_engine::{ItemId, Slot};
use geppetto_events::{
    EventKind,
    kind::{ServerTool, ServerToolPhase},
};
use geppetto_provider::{Output, read::raw_value};
use geppetto_turns::{Block, Content, OtherContent};
use serde_json::{Map, Value, value::RawValue};

use super::wire::{self, Delta};
use crate::keys;

/// A content block that is kept as it was sent.
#[derive(Debug)]
pub(super) struct Other {
    block: ItemId,
    /// The call, if this is one.
    call: Option<ServerTool>,
    /// Input of the call, in pieces.
    input: String,
}

impl Other {
    pub(super) fn open(
        block: &wire::Block<'_>,
        raw: &RawValue,
        slot: Slot,
        out: &mut Output<'_>,
    ) -> Self {
        let payload = match raw_value(raw.get()) {
            Some(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        let call = call(block, &payload, out);
        if let Some(call) = &call {
            out.publish(EventKind::ServerTool(Box::new(call.clone())));
        }
        publish_result(&payload, out);
        let content = OtherContent::new(keys::BLOCK_KIND, payload);
        let item = out.open_block(Block::new(Content::Other(content)));
        out.place(item, slot);
        Self {
            block: item,
            call,
            input: String::new(),
        }
    }

    /// Adds a change: the input of a call, or the fields of a block of any other type.
    pub(super) fn grow(&mut self, delta: &Delta<'_>, data: &str, out: &mut Output<'_>) {
        if &*delta.kind == "input_json_delta" || !delta.partial_json.is_empty() {
            self.input.push_str(&delta.partial_json);
            if let Some(call) = self
                .call
                .as_ref()
                .filter(|_| !delta.partial_json.is_empty())
            {
                progress(
                    call,
                    ServerToolPhase::InputDelta,
                    "delta",
                    (&*delta.partial_json).into(),
                    out,
                );
            }
            return;
        }
        let delta = raw_value(data).and_then(|mut event| event.get_mut("delta").map(Value::take));
        let (Some(Value::Object(fields)), Some(payload)) = (delta, payload(self.block, out)) else {
            return;
        };
        for (name, value) in fields {
            match (payload.get_mut(&name), value) {
                _ if name == "type" => {}
                (Some(Value::String(text)), Value::String(more)) => text.push_str(&more),
                (Some(_), Value::Null) => {}
                (_, value) => {
                    payload.insert(name, value);
                }
            }
        }
    }

    /// Ends the block.
    pub(super) fn close(self, out: &mut Output<'_>) {
        let input = match raw_value(&self.input) {
            Some(input @ Value::Object(_)) => Some(input),
            _ => None,
        };
        if let (Some(input), Some(payload)) = (input, payload(self.block, out)) {
            payload.insert("input".to_owned(), input);
        }
        if let Some(call) = &self.call {
            let input = payload(self.block, out).and_then(|own| own.get("input").cloned());
            let input = input.unwrap_or_default();
            let mut done = call.clone();
            for name in ["query", "url", "code"] {
                if let Some(value) = input.get(name) {
                    done.data.insert(name.to_owned(), value.clone());
                }
            }
            progress(
                &done,
                ServerToolPhase::InputDone,
                "arguments",
                input.to_string().into(),
                out,
            );
        }
        out.close(self.block, None);
    }
}

fn payload<'o>(block: ItemId, out: &'o mut Output<'_>) -> Option<&'o mut Map<String, Value>> {
    match out.block_mut(block).map(|block| &mut block.content) {
        Some(Content::Other(other)) => Some(&mut other.payload),
        _ => None,
    }
}

/// Returns the start of a call of a provider's tool; `None` if the block is not a call.
fn call(
    block: &wire::Block<'_>,
    payload: &Map<String, Value>,
    out: &Output<'_>,
) -> Option<ServerTool> {
    if block.id.is_empty() || !block.kind.ends_with("tool_use") {
        return None;
    }
    let phase = ServerToolPhase::Started;
    let id = out.id(&block.id).into_owned();
    let mut call = match &*block.kind {
        "mcp_tool_use" => ServerTool::new(ServerTool::MCP, phase, id),
        _ => named(out.word(&block.name), phase, id),
    };
    call.data
        .insert("name".to_owned(), out.word(&block.name).into());
    if let Some(server) = payload.get("server_name").and_then(Value::as_str) {
        call.data
            .insert("server_name".to_owned(), out.word(server).into());
    }
    Some(call)
}

/// Returns an event of the tool with this name.
fn named(name: String, phase: ServerToolPhase, id: String) -> ServerTool {
    match name.as_str() {
        "web_search" => ServerTool::new(ServerTool::WEB_SEARCH, phase, id),
        "code_execution" | "bash_code_execution" | "text_editor_code_execution" => {
            ServerTool::new(ServerTool::CODE_INTERPRETER, phase, id)
        }
        _ => ServerTool::new(name, phase, id),
    }
}

fn progress(call: &ServerTool, phase: ServerToolPhase, name: &str, value: Value, out: &Output<'_>) {
    let mut event = call.clone();
    event.phase = phase;
    event.data.insert(name.to_owned(), value);
    out.publish(EventKind::ServerTool(Box::new(event)));
}

/// Publishes the end of a call, if the block is its result.
fn publish_result(payload: &Map<String, Value>, out: &Output<'_>) {
    let text = |name: &str| payload.get(name).and_then(Value::as_str);
    let (Some(kind), Some(id)) = (text("type"), text("tool_use_id")) else {
        return;
    };
    let Some(name) = kind.strip_suffix("_tool_result") else {
        return;
    };
    let content = payload.get("content").unwrap_or(&Value::Null);
    let of_content = content
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let failed =
        of_content.ends_with("_error") || payload.get("is_error") == Some(&Value::Bool(true));
    let phase = match failed {
        true => ServerToolPhase::Failed,
        false => ServerToolPhase::Completed,
    };
    let id = out.id(id).into_owned();
    let mut event = match name {
        "mcp" => ServerTool::new(ServerTool::MCP, phase, id),
        _ => named(out.word(name), phase, id),
    };
    if let Some(code) = content.get("error_code").and_then(Value::as_str) {
        event.data.insert("error".to_owned(), out.word(code).into());
    }
    if name == "web_search" && !failed {
        event.data.insert("results".to_owned(), results(content));
    }
    out.publish(EventKind::ServerTool(Box::new(event)));
}

/// Returns the addresses and titles of search results.
fn results(content: &Value) -> Value {
    let list = content.as_array().into_iter().flatten();
    let of = |result: &Value| {
        let field = |name: &str| result.get(name).cloned().unwrap_or_default();
        serde_json::json!({"url": field("url"), "title": field("title")})
    };
    list.map(of).collect()
}
