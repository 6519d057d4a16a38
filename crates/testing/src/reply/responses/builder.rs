//! The methods that describe what a reply of the Responses API holds.

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
/// The order of the calls is the order of the events. An item of the output begins with the first
/// thing that belongs to it and ends where something else begins; its `output_item.added`, the
/// beginning and the end of its parts, and its `output_item.done` are sent by themselves.
impl Reply<ResponsesBody> {
    /// Begins a message, also where one is being written: the only way to have two in a row.
    pub fn message(self) -> Self {
        self.step(Step::Message)
    }

    /// Begins another part of the message that is being written.
    pub fn text_part(self) -> Self {
        self.step(Step::TextPart)
    }

    /// One delta of text.
    pub fn text(self, delta: impl Into<String>) -> Self {
        self.step(Step::Text(delta.into()))
    }

    /// Text as one delta per word, the space after a word belonging to it.
    pub fn words(self, text: &str) -> Self {
        text.split_inclusive(' ').fold(self, Self::text)
    }

    /// One delta of a refusal, in a part of its own.
    pub fn refusal(self, delta: impl Into<String>) -> Self {
        self.step(Step::Refusal(delta.into()))
    }

    /// An annotation of the text part that is being written.
    pub fn annotation(self, annotation: Value) -> Self {
        self.step(Step::Annotation(annotation))
    }

    /// An annotation that names a web page as the source of these characters of the text.
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
    /// Begins an item of reasoning. Without any further words it shows nothing, as models do whose
    /// reasoning was not asked for; it is also the only way to have two in a row.
    pub fn reasoning_item(self) -> Self {
        self.step(Step::Reasoning)
    }

    /// Begins another part of the summary.
    pub fn summary_part(self) -> Self {
        self.step(Step::SummaryPart)
    }

    /// One delta of a summary of the reasoning.
    pub fn summary(self, delta: impl Into<String>) -> Self {
        self.step(Step::Summary(delta.into()))
    }

    /// A summary as one delta per word.
    pub fn summary_words(self, text: &str) -> Self {
        text.split_inclusive(' ').fold(self, Self::summary)
    }

    /// One delta of the reasoning itself, as open models show it.
    pub fn reasoning_text(self, delta: impl Into<String>) -> Self {
        self.step(Step::ReasoningText(delta.into()))
    }

    /// What the client sends back in place of the reasoning that it may not see. The real API
    /// sends it when asked for (`include: ["reasoning.encrypted_content"]`); this one always.
    pub fn encrypted_content(self, content: impl Into<String>) -> Self {
        self.step(Step::Encrypted(content.into()))
    }
}

/// # Tools of a Responses reply
impl Reply<ResponsesBody> {
    /// A call of a function: its arguments (a JSON text) come in one event. Several calls in one
    /// reply are parallel calls.
    pub fn tool_call(
        self,
        call_id: impl Into<String>,
        name: impl Into<String>,
        arguments: impl Into<String>,
    ) -> Self {
        self.tool_call_in_fragments(call_id, name, [arguments.into()])
    }

    /// A call whose arguments come in several fragments, one event each.
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

    /// The beginning of a call. Its arguments follow with
    /// [`tool_arguments`](Self::tool_arguments), also mixed with those of other calls that have
    /// begun. It ends with [`tool_call_end`](Self::tool_call_end), or where something that is no
    /// call begins.
    pub fn tool_call_begin(self, call_id: impl Into<String>, name: impl Into<String>) -> Self {
        self.call_begin(CallKind::Function, call_id.into(), name.into())
    }

    /// One fragment of the arguments of a call that has begun. The fragment of a call that is not
    /// open is sent for an item that is not there, as a broken server would do it.
    pub fn tool_arguments(self, call_id: &str, fragment: impl Into<String>) -> Self {
        self.step(Step::Arguments {
            call_id: call_id.to_owned(),
            fragment: fragment.into(),
        })
    }

    /// The end of a call that has begun.
    pub fn tool_call_end(self, call_id: &str) -> Self {
        self.step(Step::CallEnd {
            call_id: call_id.to_owned(),
        })
    }

    /// A call of a custom tool, whose input is any text, in fragments.
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

    /// A web search of the provider, with its progress.
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

/// # Anything else in a Responses reply
impl Reply<ResponsesBody> {
    /// An item of any type, sent whole. An id is made up unless it has one.
    pub fn item(self, item: Map<String, Value>) -> Self {
        self.step(Step::Item(item))
    }

    /// An event of this type with these fields; `type` and `sequence_number` are added. Left out
    /// when the reply is sent whole.
    pub fn event(self, kind: impl Into<String>, fields: Map<String, Value>) -> Self {
        self.step(Step::Event(kind.into(), fields))
    }

    /// An event of exactly this data (each of its lines becomes a `data:` line), without a name
    /// and without a number; left out when the reply is sent whole.
    pub fn raw_event(self, data: impl Into<String>) -> Self {
        self.step(Step::RawEvent(data.into()))
    }
}
