//! Tool calls.

use geppetto_events::{
    Event,
    kind::{
        ServerTool, ToolCallArgumentsDelta, ToolCallRequested, ToolCallWaiting, ToolResultReady,
        ToolStatus,
    },
};
use serde_json::json;

use super::{Projection, UiEvent, history::activity_id};
use crate::{RawJson, agui::message::result_id, history::CLIENT_QUESTION, segment::Segment};

/// Answer to a call whose question the user did not answer, as the engine writes it
/// (`geppetto_engine::NOT_DECIDED`).
const NOT_DECIDED: &str = "Error: not run: the user went on without deciding";

/// A call that waits.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    /// Provider's id.
    pub(super) call: String,
    pub(super) id: String,
    pub(super) question: String,
    /// `true` if the client executes the tool.
    pub(super) is_client: bool,
}

impl Projection {
    pub(super) fn start_call(&mut self, event: &Event, call: &str, name: &str) {
        let id = self.ids.next(call);
        self.known.insert(call.to_owned());
        self.note(event, &id, Some(call));
        let parent = self.parent.get_or_insert_with(|| id.clone()).clone();
        self.writing.insert(call.to_owned(), Segment::default());
        self.send(UiEvent::ToolCallStart {
            tool_call_id: id,
            tool_call_name: name.to_owned(),
            parent_message_id: parent,
        });
    }

    pub(super) fn arguments(&mut self, event: &Event, delta: &ToolCallArgumentsDelta) {
        let call = &*delta.tool_call_id;
        if !self.writing.contains_key(call) {
            self.start_call(event, call, "");
        }
        self.write(call, |own| {
            let new = own.push(&delta.delta, delta.offset);
            new.map(std::borrow::Cow::into_owned)
        });
    }

    fn write(&mut self, call: &str, more: impl FnOnce(&mut Segment) -> Option<String>) {
        let id = self.ids.last(call);
        if let Some(delta) = self.writing.get_mut(call).and_then(more) {
            self.send(UiEvent::ToolCallArgs {
                tool_call_id: id,
                delta,
            });
        }
    }

    pub(super) fn request(&mut self, event: &Event, call: &ToolCallRequested) {
        let id = &*call.tool_call_id;
        if !self.writing.contains_key(id) {
            self.start_call(event, id, &call.tool_name);
        }
        self.write(id, |own| {
            own.finish(&call.input).map(std::borrow::Cow::into_owned)
        });
        self.end_call(id);
    }

    fn end_call(&mut self, call: &str) {
        if self.writing.remove(call).is_some() {
            let tool_call_id = self.ids.last(call);
            self.send(UiEvent::ToolCallEnd { tool_call_id });
        }
    }

    /// Announces a call whose request was missed.
    pub(super) fn ensure_call(&mut self, event: &Event, call: &str, name: &str, input: &str) {
        if !self.known.contains(call) {
            self.request(event, &ToolCallRequested::new(call, name, input));
        }
    }

    pub(super) fn wait(&mut self, event: &Event, call: &ToolCallWaiting) {
        let (id, name) = (&*call.tool_call_id, &*call.tool_name);
        self.ensure_call(event, id, name, &call.input);
        self.waiting.push(Waiting {
            call: id.to_owned(),
            id: self.ids.last(id),
            question: call.question.clone(),
            is_client: call.question == CLIENT_QUESTION || self.client_tools.contains(name),
        });
    }

    pub(super) fn result(&mut self, event: &Event, result: &ToolResultReady) {
        let call = &*result.tool_call_id;
        self.ensure_call(event, call, &result.tool_name, "{}");
        self.waiting.retain(|own| own.call != call);
        self.parent = None;
        let id = self.ids.last(call);
        let sent = self.sent_results.remove(call);
        let is_error = result.status != ToolStatus::Success;
        let metadata = is_error.then(|| RawJson::of(&json!({"geppetto": {"error": true}})));
        let own = UiEvent::ToolCallResult {
            message_id: sent.clone().unwrap_or_else(|| result_id(&id)),
            tool_call_id: id,
            content: result.result.clone(),
            role: "tool",
            metadata,
        };
        match sent {
            Some(_) => self.conversation.apply(&own),
            None => self.send(own),
        }
    }

    /// Answers the calls that waited, if the run is another turn's: the session does so too.
    pub(super) fn give_up_waiting(&mut self, event: &Event) {
        let Some((turn, waiting)) = self.before.take() else {
            return;
        };
        if event.correlation.turn_id.as_ref() == Some(&turn) {
            return;
        }
        for Waiting { call, .. } in waiting {
            let result = ToolResultReady::new(call, "", NOT_DECIDED, ToolStatus::Error);
            self.known.insert(result.tool_call_id.clone());
            self.result(event, &result);
        }
    }

    /// Ends the calls that the model has not completed, and takes them back: nobody answers them.
    pub(super) fn end_incomplete_calls(&mut self) {
        let open: Vec<String> = self.writing.keys().cloned().collect();
        let ids: Vec<String> = open.iter().map(|call| self.ids.last(call)).collect();
        for call in &open {
            self.end_call(call);
            self.known.remove(call);
        }
        if !open.is_empty() {
            self.withdraw(&ids);
            for call in &open {
                self.ids.forget(call);
            }
        }
    }

    pub(super) fn server_tool(&mut self, event: &Event, progress: &ServerTool) {
        let (call, attempt) = event.correlation.call().unwrap_or_default();
        let id = activity_id(&format!("{call}:{attempt}"), progress);
        let is_new = !self.activities.contains_key(&id);
        let own = self.activities.entry(id.clone()).or_default();
        own.add(progress);
        let sent = UiEvent::ActivitySnapshot {
            message_id: id.clone(),
            activity_type: own.kind().to_owned(),
            content: own.content(),
            replace: true,
        };
        if is_new {
            self.note(event, &id, None);
        }
        self.send(sent);
    }

    /// Ends calls of the provider's tools without an end.
    pub(super) fn end_activities(&mut self, failed: bool) {
        for (id, mut own) in std::mem::take(&mut self.activities) {
            if own.end(failed) {
                self.send(UiEvent::ActivitySnapshot {
                    message_id: id,
                    activity_type: own.kind().to_owned(),
                    content: own.content(),
                    replace: true,
                });
            }
        }
    }
}
