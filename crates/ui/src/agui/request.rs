//! [`RunInput`]: what `HttpAgent` posts.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Deserialize;
use serde_json::Value;

use super::{CONFIRM, UserContent};
use crate::{RawJson, RequestError};

mod known;
#[cfg(test)]
mod tests;

/// Body of a request for a run, as `HttpAgent` of the package `@ag-ui/client` posts it:
/// `RunAgentInput`.
///
/// The client sends all messages. Only what follows the answer that the server knows counts, because
/// the server keeps the conversation.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RunInput {
    /// Id of the conversation: the session.
    #[serde(alias = "thread_id")]
    pub thread_id: String,
    /// Id of the run, which the stream repeats.
    #[serde(alias = "run_id")]
    pub run_id: String,
    #[serde(default, deserialize_with = "crate::nullable::or_default")]
    messages: Vec<Message>,
    /// Tools that the client executes.
    #[serde(default, deserialize_with = "crate::nullable::or_default")]
    pub tools: Vec<ClientTool>,
    /// What the application's interface tells the model.
    #[serde(default, deserialize_with = "crate::nullable::or_default")]
    pub context: Vec<Context>,
    /// State of the application.
    #[serde(default)]
    pub state: Value,
    /// Properties that the application forwards.
    #[serde(default, alias = "forwarded_props")]
    pub forwarded_props: Value,
    #[serde(default)]
    resume: Option<Vec<Resume>>,
    #[serde(default, alias = "protocol_version")]
    protocol_version: Option<String>,
}

/// A tool that the client executes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct ClientTool {
    /// Name.
    pub name: String,
    /// Description.
    #[serde(default, deserialize_with = "crate::nullable::or_default")]
    pub description: String,
    /// Schema of the arguments.
    #[serde(default)]
    pub parameters: Value,
}

/// A piece of context.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Context {
    /// What it is.
    pub description: String,
    /// The text.
    pub value: String,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    #[serde(default, deserialize_with = "crate::nullable::or_default")]
    id: String,
    role: String,
    #[serde(default)]
    content: Value,
    #[serde(default, alias = "tool_call_id")]
    tool_call_id: Option<String>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default, alias = "tool_calls")]
    tool_calls: Value,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resume {
    interrupt_id: String,
    status: String,
    #[serde(default)]
    payload: Value,
}

impl Resume {
    /// Returns the id of the tool call.
    fn call(&self) -> &str {
        let id = self.interrupt_id.as_str();
        id.strip_prefix(CONFIRM).unwrap_or(id)
    }
}

/// What a request asks for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Action {
    /// A new message of the user.
    Prompt {
        /// Id of the message.
        id: String,
        /// Text.
        text: String,
        /// Images and documents.
        files: Vec<File>,
    },
    /// Answers to tool calls that wait.
    Answers(Vec<Answer>),
    /// Neither: the client wants to see the conversation, and what is running.
    Connect,
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct File {
    /// `true` for an image.
    pub is_image: bool,
    /// Content.
    pub source: FileSource,
    /// Media type.
    pub media_type: Option<String>,
    /// Name.
    pub name: Option<String>,
}

/// Content of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileSource {
    /// Base64.
    Data(String),
    /// Address.
    Url(String),
    /// Id of an upload at the provider.
    Id(String),
}

/// Answer to a tool call that waits.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// A person allows the call, with other arguments if there are some.
    Allow {
        /// Id of the call.
        call: String,
        /// Arguments in place of the model's.
        arguments: Option<Value>,
    },
    /// A person does not allow the call.
    Deny {
        /// Id of the call.
        call: String,
        /// Reason, if there is one.
        reason: Option<String>,
    },
    /// The client has executed the tool.
    Output {
        /// Id of the call.
        call: String,
        /// Result.
        result: String,
    },
    /// The client could not execute the tool.
    Failed {
        /// Id of the call.
        call: String,
        /// The error.
        error: String,
    },
}

impl Answer {
    /// Returns the id of the call, as the provider has it.
    #[must_use]
    pub fn call(&self) -> &str {
        let (Self::Allow { call, .. }
        | Self::Deny { call, .. }
        | Self::Output { call, .. }
        | Self::Failed { call, .. }) = self;
        provider_id(call)
    }

    /// Returns the id of the call, as the stream had it.
    #[must_use]
    pub fn shown_call(&self) -> &str {
        let (Self::Allow { call, .. }
        | Self::Deny { call, .. }
        | Self::Output { call, .. }
        | Self::Failed { call, .. }) = self;
        call
    }
}

/// Returns the id of a call without the number that makes it unique.
fn provider_id(call: &str) -> &str {
    match call.rsplit_once('#') {
        Some((id, number)) if number.parse::<usize>().is_ok() => id,
        _ => call,
    }
}

impl RunInput {
    /// Returns the texts of the client's messages with the roles `system` and `developer`, which are not
    /// part of the conversation.
    #[must_use]
    pub fn instructions(&self) -> Vec<String> {
        let own = self.messages.iter();
        let own = own.filter(|own| matches!(&*own.role, "system" | "developer"));
        let texts = own.map(|own| text_of(&own.content));
        texts.filter(|text| !text.trim().is_empty()).collect()
    }

    /// Returns `true` if the client speaks the protocol before 1.0, as that of CopilotKit does
    /// (`@ag-ui/client` 0.0.59): it refuses fields and outcomes that it does not know.
    #[must_use]
    pub fn is_legacy(&self) -> bool {
        self.protocol_version.is_none()
    }

    /// Returns what the request asks for.
    ///
    /// # Errors
    ///
    /// If the last message is empty or is not understood, or a decision is not one.
    pub fn action(&self) -> Result<Action, RequestError> {
        let mut answers = self.resumed()?;
        answers.extend(self.results());
        let last = self.messages.iter().rev();
        let mut last = last.filter(|own| !matches!(&*own.role, "activity" | "reasoning"));
        let last = last.next();
        match last {
            _ if !answers.is_empty() => Ok(Action::Answers(answers)),
            Some(last) if last.role == "user" => prompt(last),
            _ => Ok(Action::Connect),
        }
    }

    /// Returns the last message, if it is the user's, as the client has it.
    #[must_use]
    pub fn prompt_message(&self) -> Option<super::Message> {
        let last = self.messages.last().filter(|own| own.role == "user")?;
        let content = match &last.content {
            Value::Array(parts) => UserContent::Parts(parts.iter().map(RawJson::of).collect()),
            Value::String(text) => UserContent::Text(text.clone()),
            _ => return None,
        };
        let id = last.id.clone();
        Some(super::Message::User { id, content })
    }

    /// Returns the ids of the messages at the end that have results of tools, by the provider's id of
    /// the call.
    #[must_use]
    pub fn result_ids(&self) -> BTreeMap<String, String> {
        let messages = self.messages.iter().rev();
        let messages = messages.skip_while(|own| matches!(&*own.role, "activity" | "reasoning"));
        let results = messages.map_while(|own| {
            let call = own.tool_call_id.as_deref().filter(|_| own.role == "tool")?;
            Some((provider_id(call).to_owned(), own.id.clone()))
        });
        results.collect()
    }

    fn resumed(&self) -> Result<Vec<Answer>, RequestError> {
        let resume = self.resume.iter().flatten();
        resume.map(decision).collect()
    }

    /// Returns the results of tools at the end of the messages.
    fn results(&self) -> Vec<Answer> {
        let messages = self.messages.iter().rev();
        let messages = messages.skip_while(|own| matches!(&*own.role, "activity" | "reasoning"));
        let results = messages.map_while(|own| {
            let call = own.tool_call_id.clone().filter(|_| own.role == "tool")?;
            Some(match own.error.clone().filter(|error| !error.is_empty()) {
                Some(error) => Answer::Failed { call, error },
                None => Answer::Output {
                    call,
                    result: text_of(&own.content),
                },
            })
        });
        let mut results: Vec<Answer> = results.collect();
        results.reverse();
        let decided: HashMap<&str, ()> = self
            .resume
            .iter()
            .flatten()
            .map(|own| (own.call(), ()))
            .collect();
        results.retain(|own| !decided.contains_key(own.shown_call()));
        // Some clients send a result twice; the first counts
        // (<https://github.com/agno-agi/agno/pull/5191>).
        let mut seen = HashSet::new();
        results.retain(|own| seen.insert(own.shown_call().to_owned()));
        results
    }
}

/// Reads a decision: a boolean, or an object with `approved`. Nothing else allows a call.
fn decision(resume: &Resume) -> Result<Answer, RequestError> {
    let call = resume.call().to_owned();
    let payload = &resume.payload;
    let reason = ["reason", "message", "feedback"];
    let reason = reason.iter().find_map(|name| payload.get(name)?.as_str());
    let reason = reason.map(str::to_owned);
    if resume.status == "cancelled" {
        return Ok(Answer::Deny { call, reason });
    }
    if resume.status != "resolved" {
        let status: String = resume.status.chars().take(80).collect();
        return Err(RequestError(format!(
            "the status `{status}` of a resume entry is not known; known are `resolved` and \
             `cancelled`"
        )));
    }
    let names = ["approved", "accepted", "approve", "accept"];
    let named = names.iter().find_map(|name| payload.get(name)?.as_bool());
    match payload.as_bool().or(named) {
        Some(true) => {
            let names = ["editedArgs", "edited_args", "arguments", "args"];
            let own = names.iter().find_map(|name| payload.get(name));
            let arguments = own.filter(|own| own.is_object()).cloned();
            Ok(Answer::Allow { call, arguments })
        }
        Some(false) => Ok(Answer::Deny { call, reason }),
        None => Err(RequestError(
            "the payload of a resume entry decides nothing; send `{\"approved\": true}` or \
             `{\"approved\": false}`"
                .to_owned(),
        )),
    }
}

fn prompt(message: &Message) -> Result<Action, RequestError> {
    let (mut texts, mut files) = (Vec::new(), Vec::new());
    match &message.content {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(parts) => {
            for part in parts {
                let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
                match kind {
                    "text" => {
                        let text = part.get("text").and_then(Value::as_str);
                        texts.push(text.unwrap_or_default().to_owned());
                    }
                    _ => files.push(file(kind, part)?),
                }
            }
        }
        _ => {}
    }
    let text = texts.join("\n");
    if text.trim().is_empty() && files.is_empty() {
        return Err(RequestError("the message is empty".to_owned()));
    }
    let id = message.id.clone();
    Ok(Action::Prompt { id, text, files })
}

fn file(kind: &str, part: &Value) -> Result<File, RequestError> {
    let source = part.get("source").unwrap_or(part);
    let field = |name: &str| source.get(name).and_then(Value::as_str).map(str::to_owned);
    let media_type = field("mimeType");
    let value = field("value")
        .or_else(|| field("data"))
        .or_else(|| field("url"));
    let is_known = matches!(kind, "image" | "document" | "binary");
    let Some(value) = value.filter(|value| is_known && !value.is_empty()) else {
        let kind: String = kind.chars().take(80).collect();
        return Err(RequestError(format!(
            "a part of the message has the type `{kind}`, or no source; messages of the user have \
             `text`, `image` and `document`"
        )));
    };
    let is_image = kind == "image"
        || (kind == "binary"
            && media_type
                .as_deref()
                .is_some_and(|own| own.starts_with("image/")));
    let source = match field("type").as_deref() {
        Some("url") => FileSource::Url(value),
        Some("file") => FileSource::Id(value),
        Some("data") => FileSource::Data(value),
        _ if field("url").is_some() => FileSource::Url(value),
        _ => FileSource::Data(value),
    };
    let name = part.get("filename").and_then(Value::as_str);
    Ok(File {
        is_image,
        source,
        media_type,
        name: name.map(str::to_owned),
    })
}

/// Returns the text of a tool message.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts = parts.iter().filter_map(|part| part.get("text")?.as_str());
            let texts: Vec<&str> = texts.collect();
            match texts.is_empty() && !parts.is_empty() {
                true => content.to_string(),
                false => texts.join("\n"),
            }
        }
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
