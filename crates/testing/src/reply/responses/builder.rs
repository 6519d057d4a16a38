//! Methods that describe the contents of a Responses reply.

use serde_json::{Map, Value, json};

use super::{CallKind, ResponsesBody, Step};
use crate::reply::Reply;

impl Reply<ResponsesBody> {
    fn step(mut self, step: Step) -> Self {
        self.body.steps.push(step);
        self
    }
}

/// # Messages of a Responses reply
///
/// The order of the calls is the order of the events. An item of the output starts with its first
/// content and ends when another item starts; its `output_item.added`, the start and the end of its
/// parts, and its `output_item.done` are sent automatically.
impl Reply<ResponsesBody> {
    /// Starts a message, even if one is open: the only way to have two consecutive messages.
    pub fn message(self) -> Self {
        self.step(Step::Message)
    }

    /// Starts another part of the open message.
    pub fn text_part(self) -> Self {
        self.step(Step::TextPart)
    }

    /// Adds one text delta.
    pub fn text(self, delta: impl Into<String>) -> Self {
        self.step(Step::Text(delta.into()))
    }

    /// Adds text as one delta per word, each with its trailing space.
    pub fn words(self, text: &str) -> Self {
        text.split_inclusive(' ').fold(self, Self::text)
    }

    /// Adds one refusal delta, in a separate part.
    pub fn refusal(self, delta: impl Into<String>) -> Self {
        self.step(Step::Refusal(delta.into()))
    }

    /// Adds an annotation to the open text part.
    pub fn annotation(self, annotation: Value) -> Self {
        self.step(Step::Annotation(annotation))
    }

    /// Adds an annotation that cites a web page as the source of these characters of the text.
    pub fn url_citation(self, url: &str, title: &str, characters: std::ops::Range<usize>) -> Self {
        self.annotation(json!({
            "type": "url_citation",
            "url": url,
            "title": title,
            "start_index": characters.start,
            "end_index": characters.end,
        }))
    }
}

/// # Reasoning of a Responses reply
impl Reply<ResponsesBody> {
    /// Starts a reasoning item. Without further content it shows nothing, like models whose
    /// reasoning was not requested; it is also the only way to have two consecutive ones.
    pub fn reasoning_item(self) -> Self {
        self.step(Step::Reasoning)
    }

    /// Starts another part of the summary.
    pub fn summary_part(self) -> Self {
        self.step(Step::SummaryPart)
    }

    /// Adds one delta of a reasoning summary.
    pub fn summary(self, delta: impl Into<String>) -> Self {
        self.step(Step::Summary(delta.into()))
    }

    /// Adds a summary as one delta per word.
    pub fn summary_words(self, text: &str) -> Self {
        text.split_inclusive(' ').fold(self, Self::summary)
    }

    /// Adds one delta of the reasoning itself, as shown by open models.
    pub fn reasoning_text(self, delta: impl Into<String>) -> Self {
        self.step(Step::ReasoningText(delta.into()))
    }

    /// Sets the encrypted reasoning, which the client sends back in place of the hidden reasoning.
    /// The real API sends it on request (`include: ["reasoning.encrypted_content"]`); this one
    /// always.
    pub fn encrypted_content(self, content: impl Into<String>) -> Self {
        self.step(Step::Encrypted(content.into()))
    }
}

/// # Tools of a Responses reply
impl Reply<ResponsesBody> {
    /// Adds a function call: its arguments (a JSON text) arrive in one event. Several calls in one
    /// reply are parallel calls.
    pub fn tool_call(
        self,
        call_id: impl Into<String>,
        name: impl Into<String>,
        arguments: impl Into<String>,
    ) -> Self {
        self.tool_call_in_fragments(call_id, name, [arguments.into()])
    }

    /// Adds a call whose arguments arrive in several fragments, one event each.
    pub fn tool_call_in_fragments<F: Into<String>>(
        self,
        call_id: impl Into<String>,
        name: impl Into<String>,
        fragments: impl IntoIterator<Item = F>,
    ) -> Self {
        let call_id = call_id.into();
        let reply = self.tool_call_begin(call_id.clone(), name);
        reply.fragments(&call_id, fragments).tool_call_end(&call_id)
    }

    /// Adds the start of a call. Its arguments follow with
    /// [`tool_arguments`](Self::tool_arguments), possibly interleaved with those of other started
    /// calls. It ends with [`tool_call_end`](Self::tool_call_end), or when an item other than a
    /// call starts.
    pub fn tool_call_begin(self, call_id: impl Into<String>, name: impl Into<String>) -> Self {
        self.call_begin(CallKind::Function, call_id.into(), name.into())
    }

    /// Adds one fragment of the arguments of a started call. A fragment for a call that is not open
    /// is sent for a nonexistent item, like a broken server would do.
    pub fn tool_arguments(self, call_id: &str, fragment: impl Into<String>) -> Self {
        self.step(Step::Arguments {
            call_id: call_id.to_owned(),
            fragment: fragment.into(),
        })
    }

    /// Ends a started call.
    pub fn tool_call_end(self, call_id: &str) -> Self {
        self.step(Step::CallEnd {
            call_id: call_id.to_owned(),
        })
    }

    /// Adds a call of a custom tool, whose input is any text, in fragments.
    pub fn custom_tool_call<F: Into<String>>(
        self,
        call_id: impl Into<String>,
        name: impl Into<String>,
        fragments: impl IntoIterator<Item = F>,
    ) -> Self {
        let call_id = call_id.into();
        let reply = self.call_begin(CallKind::Custom, call_id.clone(), name.into());
        reply.fragments(&call_id, fragments).tool_call_end(&call_id)
    }

    /// Adds a web search of the provider, with its progress.
    pub fn web_search(self, query: impl Into<String>) -> Self {
        self.step(Step::WebSearch(query.into()))
    }

    fn call_begin(self, kind: CallKind, call_id: String, name: String) -> Self {
        self.step(Step::CallBegin {
            kind,
            call_id,
            name,
        })
    }

    fn fragments<F: Into<String>>(
        self,
        call_id: &str,
        fragments: impl IntoIterator<Item = F>,
    ) -> Self {
        fragments.into_iter().fold(self, |reply, fragment| {
            reply.tool_arguments(call_id, fragment)
        })
    }
}

/// # Other contents of a Responses reply
impl Reply<ResponsesBody> {
    /// Adds a complete item of any type. An id is generated unless it has one.
    pub fn item(self, item: Map<String, Value>) -> Self {
        self.step(Step::Item(item))
    }

    /// Adds an event of this type with these fields; `type` and `sequence_number` are added.
    /// Omitted if the reply is unstreamed.
    pub fn event(self, kind: impl Into<String>, fields: Map<String, Value>) -> Self {
        self.step(Step::Event(kind.into(), fields))
    }

    /// Adds an event of exactly this data (each of its lines becomes a `data:` line), without a
    /// name and without a number; omitted if the reply is unstreamed.
    pub fn raw_event(self, data: impl Into<String>) -> Self {
        self.step(Step::RawEvent(data.into()))
    }
}
