//! [`Request`]: what `DefaultChatTransport` posts.

use serde::Deserialize;
use serde_json::Value;

use crate::RequestError;

#[cfg(test)]
mod tests;

/// Body of a request for a run, as `DefaultChatTransport` of the package `ai` posts it.
///
/// Interfaces send all messages. Only the last one counts, because the server keeps the conversation;
/// fields that an application adds are ignored.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Request {
    /// Id of the chat: the session.
    pub id: String,
    /// `submit-message` or `regenerate-message`.
    #[serde(default)]
    pub trigger: Option<String>,
    /// Message that is replaced, continued or generated again.
    #[serde(default)]
    pub message_id: Option<String>,
    /// Profile of the server to run with, which an application sets in the transport's `body`.
    #[serde(default)]
    pub profile: Option<String>,
    /// The messages.
    #[serde(default, deserialize_with = "crate::nullable::or_default")]
    messages: Vec<Message>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Message {
    #[serde(default, deserialize_with = "crate::nullable::or_default")]
    id: String,
    role: String,
    #[serde(default, deserialize_with = "crate::nullable::or_default")]
    parts: Vec<Value>,
    /// Text of a message without parts, as pages of version 4 send it.
    #[serde(default)]
    content: Value,
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
        /// Files and images.
        files: Vec<File>,
        /// `true` if the message replaces an earlier one with the same id, and what follows it.
        replaces: bool,
    },
    /// Another answer to the last message of the user.
    Regenerate {
        /// Message that is generated again, or the message of the user before it; the last one if
        /// it is not named.
        id: Option<String>,
        /// The last message of the user that stays.
        after: Option<String>,
    },
    /// Answers to tool calls that wait.
    Answers(Vec<Answer>),
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct File {
    /// Address, or a data URL with the content.
    pub url: String,
    /// Media type, or the first half of one.
    pub media_type: String,
    /// Name.
    pub name: Option<String>,
}

/// Answer to a tool call that waits.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// The person allows the call.
    Allow {
        /// Id of the call.
        call: String,
    },
    /// The person does not allow the call.
    Deny {
        /// Id of the call.
        call: String,
        /// Reason, if there is one.
        reason: Option<String>,
    },
    /// The interface has executed the tool.
    Output {
        /// Id of the call.
        call: String,
        /// Result: a text as it is, anything else as JSON.
        result: String,
    },
    /// The interface could not execute the tool.
    Failed {
        /// Id of the call.
        call: String,
        /// The error.
        error: String,
    },
}

impl Answer {
    /// Returns the id of the call.
    #[must_use]
    pub fn call(&self) -> &str {
        match self {
            Self::Allow { call }
            | Self::Deny { call, .. }
            | Self::Output { call, .. }
            | Self::Failed { call, .. } => call,
        }
    }
}

impl Request {
    /// Returns what the request asks for.
    ///
    /// # Errors
    ///
    /// If there is no message, its role is not one that can be sent, it is empty, or a part is not
    /// understood.
    pub fn action(&self) -> Result<Action, RequestError> {
        match self.trigger.as_deref() {
            Some("regenerate-message") => {
                return Ok(Action::Regenerate {
                    id: self.message_id.clone(),
                    after: self.last_of("user").map(|own| own.id.clone()),
                });
            }
            None | Some("submit-message") => {}
            Some(other) => {
                return Err(RequestError(format!(
                    "the trigger `{}` is not known; known are `submit-message` and \
                     `regenerate-message`",
                    short(other)
                )));
            }
        }
        let last = self.messages.last();
        let Some(last) = last else {
            return Err(RequestError("the request has no messages".to_owned()));
        };
        match last.role.as_str() {
            "user" => self.prompt(last),
            "assistant" => self.answers(),
            other => Err(RequestError(format!(
                "the last message has the role `{}`; only messages of the user can be sent",
                short(other)
            ))),
        }
    }

    fn last_of(&self, role: &str) -> Option<&Message> {
        self.messages.iter().rev().find(|own| own.role == role)
    }

    fn prompt(&self, message: &Message) -> Result<Action, RequestError> {
        let (mut texts, mut files) = (Vec::new(), Vec::new());
        for part in &message.parts {
            let field = |name: &str| part.get(name).and_then(Value::as_str);
            match field("type").unwrap_or_default() {
                "text" => texts.push(field("text").unwrap_or_default()),
                "file" => {
                    let Some(url) = field("url").filter(|url| !url.is_empty()) else {
                        return Err(RequestError("a file of the message has no url".to_owned()));
                    };
                    files.push(File {
                        url: url.to_owned(),
                        media_type: field("mediaType").unwrap_or_default().to_owned(),
                        name: field("filename").map(str::to_owned),
                    });
                }
                // Data of the application are for the application.
                other if other.starts_with("data-") => {}
                other => {
                    return Err(RequestError(format!(
                        "a part of the message has the type `{}`; messages of the user have `text` \
                         and `file`",
                        short(other)
                    )));
                }
            }
        }
        if message.parts.is_empty() {
            texts.extend(message.content.as_str());
        }
        let text = texts.join("\n");
        if text.trim().is_empty() && files.is_empty() {
            return Err(RequestError("the message is empty".to_owned()));
        }
        Ok(Action::Prompt {
            id: message.id.clone(),
            text,
            files,
            replaces: self.message_id.as_ref() == Some(&message.id) && !message.id.is_empty(),
        })
    }

    /// Reads the answers in the parts of the message that is continued.
    fn answers(&self) -> Result<Action, RequestError> {
        let of_id = |own: &&Message| Some(&own.id) == self.message_id.as_ref();
        let named = self.messages.iter().rev().find(of_id);
        let message = named.filter(|own| own.role == "assistant");
        let message = message.or_else(|| self.last_of("assistant"));
        let parts = message.into_iter().flat_map(|own| &own.parts);
        let answers: Vec<Answer> = parts.filter_map(answer).collect();
        if answers.is_empty() {
            return Err(RequestError(
                "the last message is one of the assistant, and has neither decisions about tool \
                 calls nor results"
                    .to_owned(),
            ));
        }
        Ok(Action::Answers(answers))
    }
}

fn answer(part: &Value) -> Option<Answer> {
    let field = |name: &str| part.get(name).and_then(Value::as_str);
    let call = field("toolCallId")?.to_owned();
    if part.get("providerExecuted").and_then(Value::as_bool) == Some(true) {
        return None;
    }
    match field("state")? {
        "approval-responded" => {
            let approval = part.get("approval")?;
            let reason = approval.get("reason").and_then(Value::as_str);
            match approval.get("approved").and_then(Value::as_bool)? {
                true => Some(Answer::Allow { call }),
                false => Some(Answer::Deny {
                    call,
                    reason: reason.map(str::to_owned),
                }),
            }
        }
        "output-available" => Some(Answer::Output {
            call,
            result: match part.get("output") {
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
                None => String::new(),
            },
        }),
        "output-error" => Some(Answer::Failed {
            call,
            error: field("errorText").unwrap_or("the tool failed").to_owned(),
        }),
        _ => None,
    }
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}
