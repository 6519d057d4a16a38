//! [`MessagesBody`]: a reply of Anthropic's Messages API, sent as a stream or as a single body.
//!
//! Wire format: <https://platform.claude.com/docs/en/build-with-claude/streaming>, and recordings of the
//! API.

mod builder;
mod stream;

use serde_json::{Map, Value, json};

use super::Rendered;
use crate::{api::anthropic, server::ReceivedRequest, validate::ProviderRefusal};
use stream::Stream;

/// Content of a Messages reply: see the methods of `Reply<MessagesBody>`.
#[derive(Debug, Clone, Default)]
pub struct MessagesBody {
    steps: Vec<Step>,
    ending: Ending,
    usage: Map<String, Value>,
    fields: Map<String, Value>,
}

/// A step of the model.
#[derive(Debug, Clone)]
enum Step {
    Text(String),
    Citation(Value),
    Thinking(String),
    Signature(String),
    Begin(Map<String, Value>),
    Arguments { id: String, fragment: String },
    End(String),
    Whole(Map<String, Value>),
    Event(String, Map<String, Value>),
    RawEvent(String),
    Error(ProviderRefusal),
}

#[derive(Debug, Clone, Default)]
enum Ending {
    /// `tool_use` if tools are called, `end_turn` otherwise.
    #[default]
    Fitting,
    Reason(String, Map<String, Value>),
    Missing,
}

impl MessagesBody {
    pub(super) fn render(&self, request: &ReceivedRequest) -> Rendered {
        let mut message = Map::new();
        message.insert("id".to_owned(), "msg_scripted".into());
        message.insert("type".to_owned(), "message".into());
        message.insert("role".to_owned(), "assistant".into());
        message.insert(
            "model".to_owned(),
            request.model().unwrap_or("scripted").into(),
        );
        message.extend(self.fields.clone());
        let mut stream = Stream::new(message, &self.usage);
        let outcome = stream.play(self);
        if request.wants_stream() {
            return Rendered::events(stream.into_bytes().into());
        }
        match outcome {
            Ok(message) => Rendered::json(&message),
            Err(error) => Rendered {
                status: Some(error.status),
                ..Rendered::json(&anthropic::error(&error))
            },
        }
    }

    /// Returns the fields of the message that only its end has.
    fn end(&self, has_calls: bool) -> Map<String, Value> {
        let mut end = Map::new();
        end.insert("stop_reason".to_owned(), Value::Null);
        end.insert("stop_sequence".to_owned(), Value::Null);
        match &self.ending {
            Ending::Fitting if has_calls => end.insert("stop_reason".to_owned(), json!("tool_use")),
            Ending::Fitting => end.insert("stop_reason".to_owned(), json!("end_turn")),
            Ending::Reason(reason, fields) => {
                end.extend(fields.clone());
                end.insert("stop_reason".to_owned(), json!(reason))
            }
            Ending::Missing => None,
        };
        end
    }
}
