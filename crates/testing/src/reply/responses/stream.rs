//! A Responses reply under construction: the events, and the resulting response.

use serde_json::{Map, Value, json};

use super::{
    CallKind, Ending, Envelope, ResponsesBody, Step,
    envelope::{IN_PROGRESS, State},
    item::{Content, Item},
    message::Said,
    reasoning::Thought,
};
use crate::{json::at, validate::ProviderRefusal};

/// A reply under construction.
pub(super) struct Stream<'a> {
    envelope: &'a Envelope,
    events: Events,
    items: Vec<Item>,
}

impl<'a> Stream<'a> {
    /// `names` is `true` if `event:` lines repeat the type.
    pub(super) fn new(envelope: &'a Envelope, names: bool) -> Self {
        Self {
            envelope,
            events: Events {
                bytes: Vec::new(),
                sequence: 0,
                names,
            },
            items: Vec::new(),
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.events.bytes
    }

    /// Writes the entire reply; returns the final response, or the error that ended it.
    pub(super) fn play(&mut self, body: &ResponsesBody) -> Result<Value, ProviderRefusal> {
        for kind in ["response.created", "response.in_progress"] {
            let response = self.envelope.response(State::of(IN_PROGRESS));
            self.events.send(kind, [("response", response)]);
        }
        for step in &body.steps {
            self.step(step)?;
        }
        Ok(self.end(body))
    }

    fn step(&mut self, step: &Step) -> Result<(), ProviderRefusal> {
        match step {
            Step::Message
            | Step::TextPart
            | Step::Text(_)
            | Step::Refusal(_)
            | Step::Annotation(_) => self.write(step),
            Step::Reasoning
            | Step::SummaryPart
            | Step::Summary(_)
            | Step::ReasoningText(_)
            | Step::Encrypted(_) => self.think(step),
            Step::CallBegin {
                kind,
                call_id,
                name,
            } => self.begin_call(*kind, call_id, name),
            Step::Arguments { call_id, fragment } => self.argue(call_id, fragment),
            Step::CallEnd { call_id } => self.end_call(call_id),
            Step::WebSearch(query) => self.web_search(query),
            Step::Item(fields) => self.whole_item(fields),
            Step::Event(kind, fields) => self.events.send(kind, fields.clone()),
            Step::RawEvent(data) => self.events.raw(data),
            Step::Error(error) => {
                self.events.error(error);
                return Err(error.clone());
            }
        }
        Ok(())
    }

    fn write(&mut self, step: &Step) {
        let is_message = |item: &Item| matches!(item.content, Content::Message(_));
        if matches!(step, Step::Message) || !self.is_writing(is_message) {
            self.begin("msg", Content::message());
        }
        let said = match step {
            Step::TextPart => Said::Part,
            Step::Text(text) => Said::Text(text),
            Step::Refusal(text) => Said::Refusal(text),
            Step::Annotation(annotation) => Said::Annotation(annotation),
            _ => return,
        };
        if let Some(item) = self.items.last_mut() {
            item.say(said, &mut self.events);
        }
    }

    fn think(&mut self, step: &Step) {
        let is_reasoning = |item: &Item| matches!(item.content, Content::Reasoning(_));
        if matches!(step, Step::Reasoning) || !self.is_writing(is_reasoning) {
            self.begin("rs", Content::reasoning());
        }
        let thought = match step {
            Step::SummaryPart => Thought::SummaryPart,
            Step::Summary(text) => Thought::Summary(text),
            Step::ReasoningText(text) => Thought::Text(text),
            Step::Encrypted(content) => Thought::Encrypted(content),
            _ => return,
        };
        if let Some(item) = self.items.last_mut() {
            item.think(thought, &mut self.events);
        }
    }

    /// Returns `true` if the last item is open and of this kind.
    fn is_writing(&self, is_it: impl Fn(&Item) -> bool) -> bool {
        self.items
            .last()
            .is_some_and(|item| item.open && is_it(item))
    }

    /// Starts an item, after closing the open ones; calls stay open next to other calls.
    fn begin(&mut self, prefix: &str, content: Content) {
        let beside = matches!(content, Content::Call(_));
        for item in &mut self.items {
            if !(beside && matches!(item.content, Content::Call(_))) {
                item.close("completed", &mut self.events);
            }
        }
        let index = self.items.len();
        let id = self.envelope.item_id(prefix, index);
        let item = Item::new(index, id, content);
        item.added(&mut self.events);
        self.items.push(item);
    }

    fn begin_call(&mut self, kind: CallKind, call_id: &str, name: &str) {
        let prefix = match kind {
            CallKind::Function => "fc",
            CallKind::Custom => "ctc",
        };
        self.begin(prefix, Content::call(kind, call_id, name));
    }

    fn argue(&mut self, call_id: &str, fragment: &str) {
        let (unknown, index) = (self.envelope.item_id("fc", 0), self.items.len());
        let is_it = |item: &&mut Item| item.open && item.is_call(call_id);
        match self.items.iter_mut().find(is_it) {
            Some(item) => item.argue(fragment, &mut self.events),
            None => self.events.send(
                "response.function_call_arguments.delta",
                [
                    ("item_id", json!(format!("{unknown}_unknown"))),
                    ("output_index", json!(index)),
                    ("delta", json!(fragment)),
                ],
            ),
        }
    }

    fn end_call(&mut self, call_id: &str) {
        let is_it = |item: &&mut Item| item.open && item.is_call(call_id);
        if let Some(item) = self.items.iter_mut().find(is_it) {
            item.close("completed", &mut self.events);
        }
    }

    fn web_search(&mut self, query: &str) {
        self.begin(
            "ws",
            Content::whole("web_search_call", json!({"action": {"type": "search"}})),
        );
        let Some(item) = self.items.last_mut() else {
            return;
        };
        for progress in ["in_progress", "searching", "completed"] {
            let kind = format!("response.web_search_call.{progress}");
            self.events.send(&kind, item.place());
        }
        let action = json!({"type": "search", "query": query, "queries": [query]});
        item.set("action", &action);
        item.close("completed", &mut self.events);
    }

    fn whole_item(&mut self, fields: &Map<String, Value>) {
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let kind = text("type").unwrap_or("unknown").to_owned();
        let own_id = text("id").map(str::to_owned);
        self.begin("item", Content::whole(&kind, Value::Object(fields.clone())));
        if let Some(item) = self.items.last_mut() {
            item.id = own_id.unwrap_or_else(|| item.id.clone());
            item.close("completed", &mut self.events);
        }
    }
}

/// End of the reply.
impl Stream<'_> {
    fn end(&mut self, body: &ResponsesBody) -> Value {
        let (kind, state) = match &body.ending {
            Ending::Completed => ("response.completed", State::of("completed")),
            Ending::Incomplete(reason) => {
                let mut state = State::of("incomplete");
                state.incomplete = json!({"reason": reason});
                ("response.incomplete", state)
            }
            Ending::Failed { code, message } => {
                let mut state = State::of("failed");
                state.error = json!({"code": code, "message": message});
                ("response.failed", state)
            }
            Ending::Missing => ("", State::of(IN_PROGRESS)),
        };
        if !matches!(body.ending, Ending::Failed { .. }) {
            self.close_all(state.status);
        }
        let response = self.envelope.response(State {
            usage: body.usage.as_ref(),
            output: self.items.iter().map(Item::json).collect(),
            ..state
        });
        if !kind.is_empty() {
            self.events.send(kind, [("response", response.clone())]);
        }
        response
    }

    /// Closes open items. In an incomplete response the last item is incomplete, if it is open.
    fn close_all(&mut self, status: &str) {
        let last = self.items.len().saturating_sub(1);
        for (index, item) in self.items.iter_mut().enumerate() {
            let cut = index == last && status == "incomplete";
            let status = if cut { "incomplete" } else { "completed" };
            item.close(status, &mut self.events);
        }
    }
}

/// Events, which are numbered as they are written.
pub(super) struct Events {
    bytes: Vec<u8>,
    sequence: u64,
    names: bool,
}

impl Events {
    /// Sends an event of this type with these fields.
    pub(super) fn send<N: Into<String>>(
        &mut self,
        kind: &str,
        fields: impl IntoIterator<Item = (N, Value)>,
    ) {
        let fields = fields.into_iter().map(|(name, value)| (name.into(), value));
        let mut event: Map<String, Value> = fields.collect();
        event.insert("type".to_owned(), kind.into());
        event.insert("sequence_number".to_owned(), self.sequence.into());
        self.sequence += 1;
        if self.names {
            self.bytes
                .extend_from_slice(format!("event: {kind}\n").as_bytes());
        }
        self.raw(&Value::Object(event).to_string());
    }

    fn error(&mut self, error: &ProviderRefusal) {
        let whole = error.to_json();
        let error = at(&whole, &["error"]);
        self.send("error", [("error", error.clone())]);
    }

    fn raw(&mut self, data: &str) {
        for line in data.split('\n') {
            self.bytes.extend_from_slice(b"data: ");
            self.bytes.extend_from_slice(line.as_bytes());
            self.bytes.push(b'\n');
        }
        self.bytes.push(b'\n');
    }
}
