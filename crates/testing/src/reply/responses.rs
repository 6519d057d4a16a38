//! [`ResponsesBody`]: a reply of the Responses API, sent as a stream or as a single body.
//!
//! Wire format: <https://platform.openai.com/docs/api-reference/responses-streaming>, and
//! recordings of the API.

mod builder;
mod ending;
mod envelope;
mod item;
mod message;
mod reasoning;
mod stream;

use serde_json::{Map, Value};

use super::Rendered;
use crate::{server::ReceivedRequest, validate::ProviderRefusal};
use envelope::Envelope;
use stream::Stream;

/// Content of a Responses reply: see the methods of `Reply<ResponsesBody>`.
#[derive(Debug, Clone, Default)]
pub struct ResponsesBody {
    steps: Vec<Step>,
    ending: Ending,
    usage: Option<Map<String, Value>>,
    model: Option<String>,
    id: Option<String>,
    without_names: bool,
}

/// A step of the model.
#[derive(Debug, Clone)]
enum Step {
    Message,
    TextPart,
    Text(String),
    Refusal(String),
    Annotation(Value),
    Reasoning,
    SummaryPart,
    Summary(String),
    ReasoningText(String),
    Encrypted(String),
    CallBegin {
        kind: CallKind,
        call_id: String,
        name: String,
    },
    Arguments {
        call_id: String,
        fragment: String,
    },
    CallEnd {
        call_id: String,
    },
    WebSearch(String),
    Item(Map<String, Value>),
    Event(String, Map<String, Value>),
    RawEvent(String),
    Error(ProviderRefusal),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CallKind {
    Function,
    Custom,
}

#[derive(Debug, Clone, Default)]
enum Ending {
    #[default]
    Completed,
    Incomplete(String),
    Failed {
        code: String,
        message: String,
    },
    Missing,
}

impl ResponsesBody {
    pub(super) fn render(&self, request: &ReceivedRequest) -> Rendered {
        let wants = request.json();
        let envelope = Envelope::new(self, wants);
        let mut stream = Stream::new(&envelope, !self.without_names);
        let outcome = stream.play(self);
        if wants["stream"] == true {
            return Rendered::events(stream.into_bytes().into());
        }
        let (value, status) = match outcome {
            Ok(response) => (response, None),
            Err(error) => (error.to_json(), Some(500)),
        };
        Rendered {
            bytes: value.to_string().into(),
            content_type: "application/json".to_owned(),
            events: false,
            status,
        }
    }
}
