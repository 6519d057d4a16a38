//! Input items, as blocks and decisions.

use geppetto_engine::Decision;
use geppetto_turns::{Block, ToolCall};
use geppetto_ui::openai::ApiError;
use serde_json::{Value, json};

use crate::openai::{
    chat::result,
    content,
    fields::{Fields, unknown_value, wrong_type},
};

const KNOWN: [&str; 6] = [
    "message",
    "function_call",
    "function_call_output",
    "reasoning",
    "mcp_call",
    "item_reference",
];

/// Items of tools of OpenAI, and others that mean nothing to another model.
/// Agents send them back with the conversation
/// (<https://github.com/CommandCodeAI/command-code/issues/893>,
/// <https://github.com/mxyhi/token_proxy/issues/307>).
const IGNORED: [&str; 18] = [
    "web_search_call",
    "file_search_call",
    "code_interpreter_call",
    "image_generation_call",
    "computer_call",
    "computer_call_output",
    "mcp_list_tools",
    "mcp_approval_request",
    "local_shell_call",
    "local_shell_call_output",
    "compaction",
    "tool_search_call",
    "tool_search_output",
    "additional_tools",
    "shell_call",
    "shell_call_output",
    "apply_patch_call",
    "apply_patch_call_output",
];

/// The input of a request.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) blocks: Vec<Block>,
    /// Decisions about questions, by the id of the item that asked.
    pub(super) decisions: Vec<(String, Decision)>,
}

impl Given {
    pub(super) fn is_empty(&self) -> bool {
        self.blocks.is_empty() && self.decisions.is_empty()
    }

    /// Reads an item.
    pub(super) fn add(&mut self, item: &Value, place: &str) -> Result<(), ApiError> {
        let fields = Fields::of(item, place)?;
        match fields.text("type")?.unwrap_or("message") {
            "message" => self.message(&fields)?,
            "function_call" => {
                let id = fields.required("call_id")?;
                let arguments = fields.text("arguments")?.unwrap_or_default();
                self.call(id, fields.required("name")?, arguments);
            }
            // Its input is a text, which is no JSON.
            "custom_tool_call" => {
                let id = fields.required("call_id")?;
                let input = fields.text("input")?.unwrap_or_default();
                let arguments = json!({"input": input}).to_string();
                self.call(id, fields.required("name")?, &arguments);
            }
            "function_call_output" | "custom_tool_call_output" => {
                let (id, output) = (fields.required("call_id")?, fields.get("output"));
                self.blocks
                    .push(result(id, output, &fields.place("output"))?);
            }
            "reasoning" => self.reasoning(&fields)?,
            "mcp_call" => self.tool(&fields)?,
            "mcp_approval_response" => {
                let id = fields.required("approval_request_id")?.to_owned();
                let decision = match fields.flag("approve")? {
                    Some(true) => Decision::Allow,
                    _ => {
                        let reason = fields.text("reason")?;
                        Decision::reject(reason.unwrap_or("the user refused"))
                    }
                };
                self.decisions.push((id, decision));
            }
            kind if IGNORED.contains(&kind) => {}
            other => return Err(unknown_value(fields.place("type"), other, &KNOWN)),
        }
        Ok(())
    }

    fn message(&mut self, fields: &Fields<'_>) -> Result<(), ApiError> {
        let (value, place) = (fields.get("content"), fields.place("content"));
        match fields.required("role")? {
            "user" => self.blocks.extend(content::user(value, &place)?),
            "system" | "developer" => {
                self.blocks
                    .push(Block::system(content::text(value, &place)?));
            }
            "assistant" => self.said(value, &place)?,
            other => {
                let known = ["user", "assistant", "system", "developer"];
                return Err(unknown_value(fields.place("role"), other, &known));
            }
        }
        Ok(())
    }

    /// Reads what the model said: each part is a text or a refusal.
    fn said(&mut self, value: Option<&Value>, place: &str) -> Result<(), ApiError> {
        let parts = match value {
            Some(Value::Array(parts)) => parts.as_slice(),
            _ => {
                let text = content::text(value, place)?;
                if !text.is_empty() {
                    self.blocks.push(Block::llm_text(text));
                }
                return Ok(());
            }
        };
        for (index, part) in parts.iter().enumerate() {
            let fields = Fields::of(part, format!("{place}[{index}]"))?;
            let block = match fields.text("refusal")? {
                Some(refusal) => Block::refusal(refusal),
                None => Block::llm_text(fields.required("text")?),
            };
            self.blocks.push(block);
        }
        Ok(())
    }

    fn reasoning(&mut self, fields: &Fields<'_>) -> Result<(), ApiError> {
        let parts = fields
            .list("content")?
            .iter()
            .chain(fields.list("summary")?);
        let texts = parts.filter_map(|part| part.get("text")?.as_str());
        let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
        if !texts.is_empty() {
            self.blocks.push(Block::reasoning(texts.join("\n\n")));
        }
        Ok(())
    }

    fn call(&mut self, id: &str, name: &str, arguments: &str) {
        let call = ToolCall::new(id, name, arguments);
        self.blocks.push(Block::tool_call(call));
    }

    /// Reads a call of a server tool with its result.
    fn tool(&mut self, fields: &Fields<'_>) -> Result<(), ApiError> {
        let id = fields.required("id")?;
        let arguments = fields.text("arguments")?.unwrap_or_default();
        self.call(id, fields.required("name")?, arguments);
        let answer = match fields.get("error") {
            Some(Value::String(error)) => Block::tool_error(id, error.as_str()),
            Some(error) => Block::tool_error(id, error.to_string()),
            None => Block::tool_result(id, fields.text("output")?.unwrap_or_default()),
        };
        self.blocks.push(answer);
        Ok(())
    }
}

/// Returns the items of an input: a text is a message of the user.
pub(super) fn items(input: &Value) -> Result<Vec<Value>, ApiError> {
    match input {
        Value::Null => Ok(Vec::new()),
        Value::String(_) => Ok(vec![serde_json::json!({"role": "user", "content": input})]),
        Value::Array(items) => Ok(items.clone()),
        other => Err(wrong_type("input", "a string or an array of items", other)),
    }
}
