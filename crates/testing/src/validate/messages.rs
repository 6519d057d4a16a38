//! Messages: roles and their order.

use serde_json::Value;

use super::{ProviderRefusal, calls, content, typed};

const ROLES: [&str; 6] = [
    "system",
    "assistant",
    "user",
    "function",
    "tool",
    "developer",
];

pub(super) fn check(messages: &Value) -> Result<(), ProviderRefusal> {
    let messages = typed::filled_array(messages, "messages")?;
    let mut open = OpenCalls::default();
    for (index, message) in messages.iter().enumerate() {
        let param = format!("messages[{index}]");
        if !message.is_object() {
            return Err(typed::wrong_type(&param, "an object", message));
        }
        let role = typed::string(&message["role"], &format!("{param}.role"))?;
        if role == "tool" {
            content::tool(message, &param)?;
            open.answer(message, index)?;
            continue;
        }
        open.all_answered(index)?;
        match role {
            "assistant" => open = OpenCalls::of(calls::assistant(message, &param)?),
            "user" => content::user(message, &param)?,
            "system" | "developer" => content::text_only(message, &param)?,
            "function" => {
                typed::string(&message["name"], &format!("{param}.name"))?;
            }
            other => {
                let param = format!("{param}.role");
                return Err(typed::unsupported_value(&param, other, &ROLES));
            }
        }
        if role != "assistant" {
            open = OpenCalls::default();
        }
    }
    open.all_answered(messages.len())
}

/// Calls of the last assistant message, and whether each has its result.
#[derive(Default)]
struct OpenCalls<'a> {
    calls: Vec<(&'a str, bool)>,
}

impl<'a> OpenCalls<'a> {
    fn of(ids: Vec<&'a str>) -> Self {
        let calls = ids.into_iter().map(|id| (id, false)).collect();
        Self { calls }
    }

    fn answer(&mut self, message: &Value, index: usize) -> Result<(), ProviderRefusal> {
        let param = format!("messages[{index}].tool_call_id");
        let id = typed::string(&message["tool_call_id"], &param)?;
        let answers_nothing = self.calls.is_empty();
        match self.calls.iter_mut().find(|(call, _)| *call == id) {
            Some((_, answered @ false)) => {
                *answered = true;
                Ok(())
            }
            Some(_) => Err(ProviderRefusal::invalid_request(format!(
                "Duplicate value for 'tool_call_id' of '{id}' in message[{index}]."
            ))
            .param(format!("messages.[{index}].tool_call_id"))),
            None if answers_nothing => Err(ProviderRefusal::invalid_request(
                "Invalid parameter: messages with role 'tool' must be a response to a preceeding \
                 message with 'tool_calls'.",
            )
            .param(format!("messages.[{index}].role"))),
            None => Err(ProviderRefusal::invalid_request(format!(
                "Invalid parameter: 'tool_call_id' of '{id}' not found in 'tool_calls' of previous \
                 message."
            ))
            .param(format!("messages.[{index}].tool_call_id"))),
        }
    }

    /// Refuses another message, or the end, before all results.
    fn all_answered(&self, index: usize) -> Result<(), ProviderRefusal> {
        let missing: Vec<&str> = self
            .calls
            .iter()
            .filter(|(_, answered)| !answered)
            .map(|(id, _)| *id)
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(ProviderRefusal::invalid_request(format!(
            "An assistant message with 'tool_calls' must be followed by tool messages responding \
             to each 'tool_call_id'. The following tool_call_ids did not have response messages: {}",
            missing.join(", ")
        ))
        .param(format!("messages.[{index}].role")))
    }
}
