//! [`RunInput`]: what `HttpAgent` posts.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::UserContent;
use crate::{RawJson, RequestError};
pub use answers::Answer;
use answers::{Resume, provider_id};

mod answers;
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
