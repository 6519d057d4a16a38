//! [`Item`]: an item of the output.

use serde_json::{Value, json};

use super::part::Part;

/// Provider call and attempt.
pub(super) type CallKey = Option<(String, u32)>;

/// An item of the output.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) index: usize,
    pub(super) id: String,
    pub(super) call: CallKey,
    pub(super) status: &'static str,
    /// Not part of the final output: its reply was discarded.
    pub(super) is_dropped: bool,
    /// Broke off: it ends as incomplete when it is known whether its reply is discarded.
    pub(super) is_broken: bool,
    pub(super) content: Content,
}

/// Content of an item.
#[derive(Debug)]
pub(super) enum Content {
    Message(Part),
    Reasoning(Vec<Part>),
    /// A call of one of the client's tools.
    Function {
        call_id: String,
        name: String,
        arguments: String,
    },
    /// A call of a server tool.
    Tool {
        label: String,
        name: String,
        arguments: String,
        /// The result, or the error.
        result: Option<Result<String, String>>,
    },
    /// A question about a call of a server tool.
    Approval {
        label: String,
        name: String,
        arguments: String,
    },
    /// A search of the model's provider.
    Search {
        query: String,
    },
}

impl Content {
    pub(super) fn prefix(&self) -> &'static str {
        match self {
            Self::Message(_) => "msg",
            Self::Reasoning(_) => "rs",
            Self::Function { .. } => "fc",
            Self::Tool { .. } => "mcp",
            Self::Approval { .. } => "mcpr",
            Self::Search { .. } => "ws",
        }
    }
}

impl Item {
    pub(super) fn is_open(&self) -> bool {
        self.status == "in_progress"
    }

    /// Returns the item in its current state. An open item has no text yet.
    pub(super) fn json(&self) -> Value {
        let (id, status) = (&self.id, self.status);
        let is_open = self.is_open();
        match &self.content {
            Content::Message(part) => {
                let content = match is_open {
                    true => json!([]),
                    false => json!([part.json()]),
                };
                json!({"type": "message", "id": id, "status": status, "role": "assistant",
                    "content": content})
            }
            Content::Reasoning(parts) => self.reasoning(parts),
            Content::Function {
                call_id,
                name,
                arguments,
            } => {
                let arguments = if is_open { "" } else { arguments };
                json!({"type": "function_call", "id": id, "status": status, "call_id": call_id,
                    "name": name, "arguments": arguments})
            }
            Content::Tool {
                label,
                name,
                arguments,
                result,
            } => {
                let arguments = if is_open { "" } else { arguments };
                let output = result.as_ref().and_then(|own| own.as_ref().ok());
                let error = result.as_ref().and_then(|own| own.as_ref().err());
                json!({"type": "mcp_call", "id": id, "status": status, "server_label": label,
                    "name": name, "arguments": arguments, "output": output, "error": error,
                    "approval_request_id": null})
            }
            Content::Approval {
                label,
                name,
                arguments,
            } => json!({"type": "mcp_approval_request", "id": id, "server_label": label,
                "name": name, "arguments": arguments}),
            Content::Search { query } => {
                let action = json!({"type": "search", "query": query, "queries": [query],
                    "sources": []});
                json!({"type": "web_search_call", "id": id, "status": status, "action": action})
            }
        }
    }

    fn reasoning(&self, parts: &[Part]) -> Value {
        let is_open = self.is_open();
        let parts = parts.iter().filter(|_| !is_open);
        let (summary, text): (Vec<&Part>, Vec<&Part>) = parts.partition(|own| own.is_summary());
        let list = |parts: Vec<&Part>| parts.into_iter().map(Part::json).collect();
        let summary: Vec<Value> = list(summary);
        let mut item = json!({"type": "reasoning", "id": self.id, "summary": summary});
        if let Some(fields) = item.as_object_mut() {
            if !text.is_empty() {
                fields.insert("content".to_owned(), Value::Array(list(text)));
            }
            if self.status == "incomplete" {
                fields.insert("status".to_owned(), self.status.into());
            }
        }
        item
    }
}
