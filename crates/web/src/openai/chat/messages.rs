//! Messages of a request, as blocks.

use geppetto_turns::{Block, Content, ToolCall, ToolUse};
use geppetto_ui::openai::ApiError;
use serde_json::Value;

use crate::openai::{
    content,
    fields::{Fields, unknown_value},
};

const ROLES: [&str; 6] = [
    "system",
    "developer",
    "user",
    "assistant",
    "tool",
    "function",
];

/// Reads `messages`. Results without a call and calls without a result are left to the engine, which
/// repairs the history.
pub(super) fn read(body: &Fields<'_>) -> Result<Vec<Block>, ApiError> {
    let messages = body.list("messages")?;
    if messages.is_empty() {
        let message = "`messages` must have at least one message";
        return Err(body.refuse("messages", message).with_code("empty_array"));
    }
    let mut blocks = Vec::with_capacity(messages.len());
    for (index, message) in messages.iter().enumerate() {
        let fields = Fields::of(message, format!("messages[{index}]"))?;
        let (value, place) = (fields.get("content"), fields.place("content"));
        match fields.required("role")? {
            "system" | "developer" => blocks.push(Block::system(content::text(value, &place)?)),
            "user" => blocks.extend(content::user(value, &place)?),
            "assistant" => assistant(&fields, &mut blocks)?,
            "tool" => {
                let id = fields.required("tool_call_id")?;
                blocks.push(result(id, value, &place)?);
            }
            "function" => {
                let id = legacy_id(fields.required("name")?);
                blocks.push(result(&id, value, &place)?);
            }
            other => return Err(unknown_value(fields.place("role"), other, &ROLES)),
        }
    }
    Ok(blocks)
}

/// Reads a message of the model: reasoning, text, refusal, calls.
fn assistant(fields: &Fields<'_>, blocks: &mut Vec<Block>) -> Result<(), ApiError> {
    let reasoning = match fields.get("reasoning_content") {
        Some(Value::String(text)) => Some(text),
        _ => match fields.get("reasoning") {
            Some(Value::String(text)) => Some(text),
            _ => None,
        },
    };
    if let Some(text) = reasoning.filter(|text| !text.is_empty()) {
        blocks.push(Block::reasoning(text.as_str()));
    }
    let text = content::text(fields.get("content"), &fields.place("content"))?;
    if !text.is_empty() {
        blocks.push(Block::llm_text(text));
    }
    if let Some(text) = fields.text("refusal")?.filter(|text| !text.is_empty()) {
        blocks.push(Block::refusal(text));
    }
    for (index, call) in fields.list("tool_calls")?.iter().enumerate() {
        let call = Fields::of(call, fields.place(&format!("tool_calls[{index}]")))?;
        let id = call.required("id")?.to_owned();
        blocks.push(called(id, call.object("function")?.as_ref(), &call)?);
    }
    if let Some(function) = fields.object("function_call")? {
        let id = legacy_id(function.required("name")?);
        blocks.push(called(id, Some(&function), fields)?);
    }
    Ok(())
}

fn called(id: String, function: Option<&Fields<'_>>, call: &Fields<'_>) -> Result<Block, ApiError> {
    let Some(function) = function else {
        let message = "only calls of functions are supported";
        return Err(call
            .refuse("function", message)
            .with_code("unsupported_value"));
    };
    // Some clients send the arguments as an object.
    let arguments = match function.get("arguments") {
        Some(Value::Object(_)) => function.get("arguments").map(Value::to_string),
        _ => function.text("arguments")?.map(str::to_owned),
    };
    let name = function.required("name")?;
    let call = ToolCall::new(id, name, arguments.unwrap_or_default().as_str());
    Ok(Block::tool_call(call))
}

/// Returns the block of a tool's result.
pub(in crate::openai) fn result(
    id: &str,
    value: Option<&Value>,
    place: &str,
) -> Result<Block, ApiError> {
    let said = content::any(value, place)?;
    let mut answer = ToolUse::default();
    id.clone_into(&mut answer.id);
    answer.result = Some(Value::String(said.text));
    (answer.images, answer.files) = (said.images, said.files);
    Ok(Block::new(Content::ToolUse(answer)))
}

/// Returns the id of a call in the format that preceded tools, which has none.
fn legacy_id(name: &str) -> String {
    format!("call_{name}")
}
