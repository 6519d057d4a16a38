//! Parts that the server made: built-in tools, generated media, unknown ones.

use std::borrow::Cow;

use geppetto_events::{
    EventKind,
    kind::{ServerTool, ServerToolPhase},
};
use geppetto_provider::{Output, read::raw_value};
use geppetto_turns::{Block, Content, OtherContent};
use serde_json::{Map, Value};

use super::beside::Beside;
use crate::{keys::PART_KIND, wire::Part};

/// Names of built-in tools in `toolType`, and in events.
const TOOLS: [(&str, &str); 4] = [
    ("GOOGLE_SEARCH_WEB", ServerTool::WEB_SEARCH),
    ("GOOGLE_SEARCH", ServerTool::WEB_SEARCH),
    ("FILE_SEARCH", ServerTool::FILE_SEARCH),
    ("CODE_EXECUTION", ServerTool::CODE_INTERPRETER),
];

/// Keeps a part as a block, and publishes the progress of its tool.
pub(super) fn add(part: &Part<'_>, beside: &mut Beside, out: &mut Output<'_>) {
    let mut payload: Map<String, Value> = part
        .others
        .iter()
        .filter_map(|(name, raw)| Some((name.clone(), raw_value(raw.get())?)))
        .collect();
    if !part.signature.is_empty() {
        payload.insert("thoughtSignature".to_owned(), (*part.signature).into());
    }
    if part.is_thought() {
        payload.insert("thought".to_owned(), true.into());
    }
    for (name, value) in &payload {
        if let Some(progress) = progress(name, value, out) {
            beside.searched(&progress.tool);
            out.publish(EventKind::ServerTool(Box::new(progress)));
        }
    }
    let content = Content::Other(OtherContent::new(PART_KIND, payload));
    out.add_block(Block::new(content));
}

fn progress(name: &str, value: &Value, out: &Output<'_>) -> Option<ServerTool> {
    let field = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
    let id = out.id(field("id"));
    let (tool, phase): (Cow<'static, str>, _) = match name {
        "executableCode" => (
            ServerTool::CODE_INTERPRETER.into(),
            ServerToolPhase::InputDone,
        ),
        "codeExecutionResult" => {
            let ok = field("outcome") == "OUTCOME_OK";
            let phase = if ok {
                ServerToolPhase::Completed
            } else {
                ServerToolPhase::Failed
            };
            (ServerTool::CODE_INTERPRETER.into(), phase)
        }
        "toolCall" => (tool_of(field("toolType"), out), ServerToolPhase::Started),
        "toolResponse" => (tool_of(field("toolType"), out), ServerToolPhase::Completed),
        _ => return None,
    };
    let mut progress = ServerTool::new(tool, phase, id);
    for name in ["code", "output"] {
        if let Some(text) = value.get(name) {
            progress.data.insert(name.to_owned(), text.clone());
        }
    }
    if let Some(args) = value.get("args") {
        let queries = args.get("queries").and_then(Value::as_array);
        let query = queries.and_then(|queries| queries.first()).unwrap_or(args);
        progress.data.insert("query".to_owned(), query.clone());
    }
    Some(progress)
}

fn tool_of(kind: &str, out: &Output<'_>) -> Cow<'static, str> {
    let known = TOOLS.iter().find(|(name, _)| *name == kind);
    match known {
        Some((_, tool)) => (*tool).into(),
        None if kind.is_empty() => "server_tool".into(),
        None => out.word(&kind.to_ascii_lowercase()).into(),
    }
}
