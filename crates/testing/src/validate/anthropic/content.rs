//! Content blocks.

use serde_json::Value;

use super::fields::{extra, plain, refuse, text};
use crate::validate::ProviderRefusal;

/// Types of content blocks with their fields, besides `type`, and whether the model or the user writes
/// them.
const BLOCKS: &[(&str, &[&str], Author)] = &[
    (
        "text",
        &["text", "citations", "cache_control"],
        Author::Both,
    ),
    ("image", &["source", "cache_control"], Author::User),
    (
        "document",
        &["source", "title", "context", "citations", "cache_control"],
        Author::User,
    ),
    (
        "tool_use",
        &["id", "name", "input", "caller", "cache_control"],
        Author::Model,
    ),
    (
        "tool_result",
        &["tool_use_id", "content", "is_error", "cache_control"],
        Author::User,
    ),
    ("thinking", &["thinking", "signature"], Author::Model),
    ("redacted_thinking", &["data"], Author::Model),
];

/// Types whose fields are not checked: tools of the provider, and others.
const UNCHECKED: [(&str, Author); 8] = [
    ("server_tool_use", Author::Model),
    ("mcp_tool_use", Author::Model),
    ("container_upload", Author::User),
    ("search_result", Author::User),
    ("tool_reference", Author::User),
    ("compaction", Author::Both),
    ("fallback", Author::Model),
    ("tool_addition", Author::User),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Author {
    User,
    Model,
    Both,
}

/// Checks the instructions.
pub(super) fn system(system: &Value) -> Result<(), ProviderRefusal> {
    let blocks = match system {
        Value::Null => return Ok(()),
        Value::String(_) => return Ok(()),
        Value::Array(blocks) => blocks,
        _ => return refuse("system: Input should be a valid list"),
    };
    for (at, block) in blocks.iter().enumerate() {
        let place = format!("system.{at}");
        if block["type"] != "text" {
            return refuse(format!("{place}.type: Input should be 'text'"));
        }
        extra(
            block,
            &place,
            &["type", "text", "cache_control", "citations"],
        )?;
        written(text(block, &place, "text")?, "system")?;
    }
    Ok(())
}

/// Checks the content of a message.
pub(super) fn message(content: &Value, place: &str, role: &str) -> Result<(), ProviderRefusal> {
    let blocks = match content {
        Value::String(text) => return written(text, "messages"),
        Value::Array(blocks) => blocks,
        Value::Null => return refuse(format!("{place}.content: Field required")),
        _ => return refuse(format!("{place}.content: Input should be a valid list")),
    };
    for (at, own) in blocks.iter().enumerate() {
        block(own, &format!("{place}.content.{at}"), role)?;
    }
    Ok(())
}

fn written(text: &str, list: &str) -> Result<(), ProviderRefusal> {
    if text.is_empty() {
        return refuse(format!("{list}: text content blocks must be non-empty"));
    }
    if text.trim().is_empty() {
        return refuse(format!(
            "{list}: text content blocks must contain non-whitespace text"
        ));
    }
    Ok(())
}

fn block(block: &Value, place: &str, role: &str) -> Result<(), ProviderRefusal> {
    let kind = block["type"].as_str().unwrap_or_default();
    let known = BLOCKS.iter().find(|(name, ..)| *name == kind);
    let unchecked = UNCHECKED.iter().find(|(name, _)| *name == kind);
    let author = match (known, unchecked) {
        (Some((_, fields, author)), _) => {
            let fields: Vec<&str> = fields.iter().copied().chain(["type"]).collect();
            extra(block, &format!("{place}.{kind}"), &fields)?;
            *author
        }
        (None, Some((_, author))) => *author,
        (None, None) if kind.ends_with("_tool_result") => Author::Model,
        (None, None) => {
            return refuse(format!(
                "{place}: Input tag '{kind}' found using 'type' does not match any of the expected tags"
            ));
        }
    };
    let is_model = role == "assistant";
    if (is_model && author == Author::User) || (!is_model && author == Author::Model) {
        return refuse(format!(
            "{place}: `{kind}` blocks are not permitted in a `{role}` message"
        ));
    }
    let place = format!("{place}.{kind}");
    match kind {
        "text" => written(text(block, &place, "text")?, "messages"),
        "image" | "document" => source(&block["source"], &format!("{place}.source")),
        "tool_use" => call(block, &place),
        "tool_result" => result(block, &place),
        "thinking" => {
            text(block, &place, "thinking")?;
            match text(block, &place, "signature")? {
                "" => refuse(format!("{place}: Invalid `signature` in `thinking` block")),
                _ => Ok(()),
            }
        }
        "redacted_thinking" => text(block, &place, "data").map(drop),
        _ => Ok(()),
    }
}

fn call(block: &Value, place: &str) -> Result<(), ProviderRefusal> {
    plain(
        text(block, place, "id")?,
        &format!("{place}.id"),
        usize::MAX,
    )?;
    plain(text(block, place, "name")?, &format!("{place}.name"), 200)?;
    match &block["input"] {
        Value::Object(_) => Ok(()),
        _ => refuse(format!("{place}.input: Input should be a valid dictionary")),
    }
}

fn result(block: &Value, place: &str) -> Result<(), ProviderRefusal> {
    let id = text(block, place, "tool_use_id")?;
    plain(id, &format!("{place}.tool_use_id"), usize::MAX)?;
    let is_error = block["is_error"] == true;
    let parts = match &block["content"] {
        Value::Null => &[][..],
        Value::String(text) if text.is_empty() => &[],
        Value::String(_) => return Ok(()),
        Value::Array(parts) => parts,
        _ => return refuse(format!("{place}.content: Input should be a valid list")),
    };
    if is_error && parts.is_empty() {
        return refuse(format!(
            "{place}: content cannot be empty if `is_error` is true"
        ));
    }
    for (at, part) in parts.iter().enumerate() {
        if is_error && part["type"] != "text" {
            return refuse(format!(
                "{place}: all content must be type \"text\" if \"is_error\" is true"
            ));
        }
        if part["type"] == "tool_result" {
            return refuse(format!(
                "{place}.content.{at}: Input tag 'tool_result' is not expected"
            ));
        }
        self::block(part, &format!("{place}.content.{at}"), "user")?;
    }
    Ok(())
}

/// Media types of images.
const IMAGES: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "image/webp"];

fn source(source: &Value, place: &str) -> Result<(), ProviderRefusal> {
    match source["type"].as_str() {
        Some("base64") => {
            let media_type = text(source, place, "media_type")?;
            text(source, place, "data")?;
            let is_known = IMAGES.contains(&media_type) || media_type == "application/pdf";
            if is_known {
                return Ok(());
            }
            refuse(format!(
                "{place}.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or \
                 'image/webp'"
            ))
        }
        Some("text") => match text(source, place, "media_type")? {
            "text/plain" => text(source, place, "data").map(drop),
            _ => refuse(format!(
                "{place}.text.media_type: Input should be 'text/plain'"
            )),
        },
        Some("url") => text(source, place, "url").map(drop),
        Some("file") => text(source, place, "file_id").map(drop),
        Some("content") => Ok(()),
        _ => refuse(format!("{place}.type: Field required")),
    }
}
