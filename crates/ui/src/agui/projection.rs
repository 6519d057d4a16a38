//! [`Projection`]: events in, events of AG-UI out.

use std::collections::{BTreeMap, HashMap, HashSet};

use geppetto_events::{
    Event, EventKind,
    kind::{InputMessage, REPLACED},
};
use geppetto_turns::Turn;
use serde_json::json;

use super::{
    Conversation, Message, PROTOCOL_VERSION, RunInput, UiEvent, UserContent, activity::Activity,
    history,
};
use crate::{call_ids::CallIds, history::CLIENT_QUESTION, segment::Segment};

mod ends;
mod notices;
mod texts;
mod tools;

#[cfg(test)]
mod tests;

/// Converts the events of one run to the events of one AG-UI stream.
///
/// The stream begins with `RUN_STARTED`, and ends with exactly one of `RUN_FINISHED` and
/// `RUN_ERROR`, with nothing open. Its work is proportional to the size of the events; it keeps the
/// messages of the conversation for `MESSAGES_SNAPSHOT`, which follows when some are withdrawn.
#[derive(Debug, Clone)]
pub struct Projection {
    thread: String,
    run_id: String,
    /// Run that the stream belongs to; `None` until the first event.
    run: Option<String>,
    started: bool,
    ended: bool,
    /// `true` if the stream begins with all messages.
    snapshot: bool,
    /// Number of messages that come alone before that.
    first: Option<usize>,
    conversation: Conversation,
    ids: CallIds,
    step: Option<String>,
    steps: u64,
    texts: BTreeMap<String, Segment>,
    reasoning: BTreeMap<String, Segment>,
    /// Calls that the model writes: their ids here, and their arguments.
    writing: BTreeMap<String, Segment>,
    /// Provider's ids of the calls of the run.
    known: HashSet<String>,
    waiting: Vec<tools::Waiting>,
    client_tools: HashSet<String>,
    /// `true` for clients of the protocol before 1.0.
    is_legacy: bool,
    /// Messages with results that came from the client, by the provider's id of the call.
    sent_results: BTreeMap<String, String>,
    /// The turn before the run, and its calls that wait.
    before: Option<(String, Vec<tools::Waiting>)>,
    activities: BTreeMap<String, Activity>,
    /// `true` if reasoning was withdrawn that the client still has: it keeps its reasoning where a
    /// snapshot has none.
    stale_reasoning: bool,
    /// Message that the calls of the reply belong to.
    parent: Option<String>,
    /// Messages and tool calls of each provider call, and the provider's ids of the latter.
    of_call: HashMap<CallKey, Vec<Shown>>,
    out: Vec<UiEvent>,
}

impl Projection {
    /// Creates the projection of a run, with the ids of the client's request.
    #[must_use]
    pub fn new(thread_id: impl Into<String>, run_id: impl Into<String>) -> Self {
        Self {
            thread: thread_id.into(),
            run_id: run_id.into(),
            run: None,
            started: false,
            ended: false,
            snapshot: false,
            first: None,
            conversation: Conversation::default(),
            ids: CallIds::default(),
            step: None,
            steps: 0,
            texts: BTreeMap::new(),
            reasoning: BTreeMap::new(),
            writing: BTreeMap::new(),
            known: HashSet::new(),
            waiting: Vec::new(),
            client_tools: HashSet::new(),
            is_legacy: false,
            sent_results: BTreeMap::new(),
            before: None,
            activities: BTreeMap::new(),
            stale_reasoning: false,
            parent: None,
            of_call: HashMap::new(),
            out: Vec::new(),
        }
    }

    /// Sets the conversation at the start of the run, which snapshots include.
    #[must_use]
    pub fn after(mut self, turns: &[Turn]) -> Self {
        let (messages, ids) = history::read(turns);
        (self.conversation, self.ids) = (Conversation::new(messages), ids);
        self.before = turns.last().map(|turn| {
            let waiting = crate::history::waiting(turn).into_iter();
            let waiting = waiting.map(|own| tools::Waiting {
                id: self.ids.last(&own.call_id),
                is_client: own.question == CLIENT_QUESTION
                    || self.client_tools.contains(&own.tool_name),
                call: own.call_id,
                question: own.question,
            });
            (turn.id.clone(), waiting.collect())
        });
        self
    }

    /// Adds the user's message that the run answers to the conversation.
    #[must_use]
    pub fn with_prompt(mut self, message: Message) -> Self {
        self.conversation.push(message);
        self
    }

    /// Sets the client's own messages with results of its tools ([`RunInput::result_ids`]), by the
    /// provider's id of the call; they are not sent back.
    ///
    /// [`RunInput::result_ids`]: super::RunInput::result_ids
    #[must_use]
    pub fn results(mut self, ids: BTreeMap<String, String>) -> Self {
        self.sent_results = ids;
        self
    }

    /// Begins the stream with all messages, for a client whose messages are others.
    #[must_use]
    pub fn with_snapshot(mut self) -> Self {
        self.snapshot = true;
        self
    }

    /// Sets the messages that the client has: those of its request. If the conversation has others, the
    /// stream begins with all messages, in such a way that the client has them in order.
    ///
    /// Call it after what sets the conversation: [`after`](Self::after) and
    /// [`with_prompt`](Self::with_prompt).
    #[must_use]
    pub fn for_client(mut self, input: &RunInput) -> Self {
        let messages = self.conversation.messages();
        self.snapshot |= !input.has(messages);
        self.first = input.in_order(messages);
        self
    }

    /// Ignores the events of other runs.
    #[must_use]
    pub fn of_run(mut self, run: impl Into<String>) -> Self {
        self.run = Some(run.into());
        self
    }

    /// Sets the names of tools that the client executes.
    #[must_use]
    pub fn client_tools<I: Into<String>>(mut self, names: impl IntoIterator<Item = I>) -> Self {
        self.client_tools = names.into_iter().map(Into::into).collect();
        self
    }

    /// Leaves out what clients of the protocol before 1.0 refuse ([`RunInput::is_legacy`]): the calls
    /// that a successful run waits for, which such clients find themselves, and that a run was stopped.
    ///
    /// [`RunInput::is_legacy`]: super::RunInput::is_legacy
    #[must_use]
    pub fn legacy(mut self, is_legacy: bool) -> Self {
        self.is_legacy = is_legacy;
        self
    }

    /// Returns `true` after the last event.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// Converts an event.
    pub fn apply(&mut self, event: &Event) -> Vec<UiEvent> {
        if self.ended || self.is_foreign(event) {
            return Vec::new();
        }
        if self.run.is_none() {
            self.run.clone_from(&event.correlation.run_id);
        }
        if !self.started {
            self.begin();
            self.give_up_waiting(event);
        }
        self.convert(event);
        std::mem::take(&mut self.out)
    }

    /// Returns the stream of a session that runs nothing: its messages, and what it waits for.
    pub fn idle(&mut self) -> Vec<UiEvent> {
        self.begin();
        if !self.ended {
            self.waiting = self.before.take().unwrap_or_default().1;
            let outcome = self.waiting_outcome();
            self.finish(outcome, None, None);
        }
        std::mem::take(&mut self.out)
    }

    /// Ends a stream whose run has no terminal event that could be read, with `RUN_ERROR`. Returns
    /// nothing if it has ended.
    pub fn abandon(&mut self, error: impl Into<String>) -> Vec<UiEvent> {
        if self.ended {
            return Vec::new();
        }
        self.begin();
        self.fail(error.into(), None, None, None);
        std::mem::take(&mut self.out)
    }

    fn is_foreign(&self, event: &Event) -> bool {
        match (&self.run, &event.correlation.run_id) {
            (Some(own), Some(run)) => own != run,
            (_, None) => {
                !self.started
                    && matches!(event.kind, EventKind::QueueUpdated(_) | EventKind::Log(_))
            }
            (None, Some(_)) => false,
        }
    }

    fn begin(&mut self) {
        if std::mem::replace(&mut self.started, true) {
            return;
        }
        self.out.push(UiEvent::RunStarted {
            thread_id: self.thread.clone(),
            run_id: self.run_id.clone(),
            protocol_version: PROTOCOL_VERSION,
        });
        if !self.snapshot {
            return;
        }
        if let Some(first) = self.first {
            let messages = self.conversation.messages().iter().take(first);
            let messages = messages.cloned().collect();
            self.out.push(UiEvent::MessagesSnapshot { messages });
        }
        self.send_messages();
    }

    fn convert(&mut self, event: &Event) {
        match &event.kind {
            EventKind::RunFinished(_) | EventKind::RunStopped(_) | EventKind::RunFailed(_) => {
                self.end(event);
            }
            EventKind::InputJoined(e) => self.join_input(&e.messages),
            EventKind::ProviderCallStarted(_) => self.start_step(),
            EventKind::ProviderCallFinished(e) => self.end_reply(e.incomplete.is_some()),
            EventKind::ProviderCallDiscarded(e) => {
                let value = json!({"reason": e.reason});
                self.out.push(UiEvent::custom("geppetto.discarded", &value));
                self.discard(&call_key(event));
            }
            EventKind::TextDelta(e) => self.text(event, &e.delta, e.offset),
            EventKind::TextSegmentFinished(e) => {
                let replaced = e.finish_reason.as_deref() == Some(REPLACED);
                self.end_text(event, &e.text, replaced);
            }
            EventKind::ReasoningDelta(e) => self.reason(event, &e.delta, e.offset),
            EventKind::ReasoningSegmentFinished(e) => {
                let replaced = e.finish_reason.as_deref() == Some(REPLACED);
                self.end_reasoning(event, &e.text, replaced);
            }
            EventKind::ToolCallStarted(e) => {
                self.start_call(event, &e.tool_call_id, &e.tool_name);
            }
            EventKind::ToolCallArgumentsDelta(e) => self.arguments(event, e),
            EventKind::ToolCallRequested(e) => self.request(event, e),
            EventKind::ToolCallWaiting(e) => self.wait(event, e),
            EventKind::ToolCallResumed(e) => {
                self.known.insert(e.tool_call_id.clone());
            }
            EventKind::ToolExecutionStarted(e) => {
                self.ensure_call(event, &e.tool_call_id, &e.tool_name, &e.input);
            }
            EventKind::ToolResultReady(e) => self.result(event, e),
            EventKind::ServerTool(e) => self.server_tool(event, e),
            _ => self.notice(event),
        }
    }

    /// Sends an event that changes the conversation.
    fn send(&mut self, event: UiEvent) {
        self.conversation.apply(&event);
        self.out.push(event);
    }

    /// Notes what a discarded provider call has to take back.
    fn note(&mut self, event: &Event, id: &str, provider_id: Option<&str>) {
        let own = self.of_call.entry(call_key(event)).or_default();
        own.push((id.to_owned(), provider_id.map(str::to_owned)));
    }

    /// Sends messages of the user that joined the run: only a snapshot has them.
    fn join_input(&mut self, messages: &[InputMessage]) {
        for own in messages {
            self.conversation.push(Message::User {
                id: own.id.clone(),
                content: UserContent::Text(own.text.clone()),
            });
        }
        self.send_messages();
    }

    fn send_messages(&mut self) {
        let messages = self.conversation.messages().to_vec();
        self.stale_reasoning &= !messages.iter().any(Message::is_reasoning);
        self.out.push(UiEvent::MessagesSnapshot { messages });
    }
}

/// Id and attempt of a provider call.
type CallKey = (String, u32);

/// Id of a message or a tool call, and the provider's id of the latter.
type Shown = (String, Option<String>);

fn call_key(event: &Event) -> CallKey {
    let (id, attempt) = event.correlation.call().unwrap_or(("", 1));
    (id.to_owned(), attempt)
}

/// Returns the id of the segment.
fn segment(event: &Event) -> &str {
    event.correlation.segment_id.as_deref().unwrap_or_default()
}
