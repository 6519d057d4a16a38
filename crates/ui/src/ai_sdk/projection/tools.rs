//! Tool calls of the message.

use geppetto_events::kind::{
    ToolCallArgumentsDelta, ToolCallRequested, ToolCallResumed, ToolCallWaiting,
    ToolExecutionStarted, ToolResultReady, ToolStatus,
};

use super::Projection;
use crate::{RawJson, ai_sdk::Chunk, history::CLIENT_QUESTION, segment::Segment};

/// Error of a call that the model did not complete.
pub(in crate::ai_sdk) const INCOMPLETE: &str = "not run: the call is incomplete";
/// Error of a call without a result.
pub(in crate::ai_sdk) const NOT_RUN: &str = "not run: the run ended before";
/// Error of arguments that are not JSON.
pub(in crate::ai_sdk) const NOT_JSON: &str = "the arguments are not valid JSON";

/// A tool call, as far as the interface knows it.
#[derive(Debug, Clone, Default)]
pub(super) struct Call {
    name: String,
    /// Text of the arguments, as the model wrote them.
    arguments: String,
    written: Segment,
    state: State,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// The model writes the arguments.
    #[default]
    Streaming,
    /// The arguments are complete.
    Requested,
    /// A person, or the interface, has to answer.
    Waiting,
    /// The call has an answer.
    Answered,
}

impl Projection {
    pub(super) fn start_call(&mut self, id: &str, name: &str) {
        let call = Call {
            name: name.to_owned(),
            ..Call::default()
        };
        self.calls.insert(id.to_owned(), call);
        self.part(Chunk::ToolInputStart {
            tool_call_id: id.to_owned(),
            tool_name: name.to_owned(),
            provider_executed: None,
        });
    }

    pub(super) fn arguments(&mut self, delta: &ToolCallArgumentsDelta) {
        let id = &*delta.tool_call_id;
        let is_open = |call: &Call| call.state == State::Streaming;
        if !self.calls.get(id).is_some_and(is_open) {
            self.start_call(id, "");
        }
        let Some(call) = self.calls.get_mut(id) else {
            return;
        };
        let Some(new) = call.written.push(&delta.delta, delta.offset) else {
            return;
        };
        call.arguments.push_str(&new);
        self.part(Chunk::ToolInputDelta {
            tool_call_id: id.to_owned(),
            input_text_delta: new.into_owned(),
        });
    }

    pub(super) fn request(&mut self, call: &ToolCallRequested) {
        let (id, name) = (&call.tool_call_id, &call.tool_name);
        let own = Call {
            name: name.clone(),
            state: State::Requested,
            ..Call::default()
        };
        self.calls.insert(id.clone(), own);
        self.part(available(id, name, &call.input));
    }

    /// Asks the person, unless the interface itself executes the tool.
    pub(super) fn wait(&mut self, call: &ToolCallWaiting) {
        let id = &call.tool_call_id;
        self.known(id, &call.tool_name, &call.input);
        self.set_state(id, State::Waiting);
        let is_client =
            call.question == CLIENT_QUESTION || self.client_tools.contains(&call.tool_name);
        if !is_client {
            self.asked.insert(id.clone());
            self.part(approval(id, &call.question));
        }
    }

    pub(super) fn resume(&mut self, call: &ToolCallResumed) {
        // The interface has shown the call in an earlier stream.
        let own = Call {
            name: call.tool_name.clone(),
            state: State::Requested,
            ..Call::default()
        };
        self.calls.insert(call.tool_call_id.clone(), own);
    }

    pub(super) fn execute(&mut self, call: &ToolExecutionStarted) {
        let id = &call.tool_call_id;
        self.known(id, &call.tool_name, &call.input);
        if self.asked.remove(id) {
            self.part(Chunk::ToolApprovalResponse {
                approval_id: id.clone(),
                approved: true,
                reason: None,
            });
        }
    }

    pub(super) fn result(&mut self, result: &ToolResultReady) {
        let id = &result.tool_call_id;
        self.known(id, &result.tool_name, "");
        self.set_state(id, State::Answered);
        self.asked.remove(id);
        if self.denied.remove(id) && result.status != ToolStatus::Success {
            let tool_call_id = id.clone();
            return self.part(Chunk::ToolOutputDenied { tool_call_id });
        }
        let is_error = result.status != ToolStatus::Success;
        self.part(answer(id, &result.result, is_error));
        for own in &result.attachments {
            if let Some(url) = &own.url {
                self.part(Chunk::File {
                    url: url.clone(),
                    media_type: own.media_type.clone().unwrap_or_else(|| own.kind.clone()),
                });
            }
        }
    }

    /// Announces a call whose request was missed.
    fn known(&mut self, id: &str, name: &str, input: &str) {
        if !self.calls.contains_key(id) {
            self.request(&ToolCallRequested::new(id, name, input));
        }
    }

    fn set_state(&mut self, id: &str, state: State) {
        if let Some(call) = self.calls.get_mut(id) {
            call.state = state;
        }
    }

    /// Ends the calls that the model has not completed.
    pub(super) fn end_incomplete_calls(&mut self) {
        let open = self.calls.iter_mut();
        let open = open.filter(|(_, call)| call.state == State::Streaming);
        let ended: Vec<Chunk> = open
            .map(|(id, call)| {
                call.state = State::Answered;
                incomplete(id, &call.name, &call.arguments)
            })
            .collect();
        for chunk in ended {
            self.part(chunk);
        }
    }

    /// Ends the calls without an answer, so that no interface shows them as running for ever. Those
    /// that wait keep waiting, also after a run that failed.
    pub(super) fn end_calls(&mut self) {
        self.end_incomplete_calls();
        let open = self.calls.iter_mut();
        let open = open.filter(|(_, call)| call.state == State::Requested);
        let ended: Vec<Chunk> = open
            .map(|(id, call)| {
                call.state = State::Answered;
                answer(id, NOT_RUN, true)
            })
            .collect();
        for chunk in ended {
            self.part(chunk);
        }
    }

    /// Forgets the calls of a discarded reply.
    pub(super) fn discard_calls(&mut self) {
        self.calls
            .retain(|_, call| matches!(call.state, State::Answered | State::Waiting));
    }
}

/// Returns the chunk of a complete call.
pub(in crate::ai_sdk) fn available(id: &str, name: &str, input: &str) -> Chunk {
    let (tool_call_id, tool_name) = (id.to_owned(), name.to_owned());
    match RawJson::arguments(input) {
        Some(input) => Chunk::ToolInputAvailable {
            tool_call_id,
            tool_name,
            input,
            provider_executed: None,
        },
        None => Chunk::ToolInputError {
            tool_call_id,
            tool_name,
            input: RawJson::of(input),
            provider_executed: None,
            error_text: NOT_JSON.to_owned(),
        },
    }
}

/// Returns the chunk of a call that the model did not complete.
pub(in crate::ai_sdk) fn incomplete(id: &str, name: &str, arguments: &str) -> Chunk {
    Chunk::ToolInputError {
        tool_call_id: id.to_owned(),
        tool_name: name.to_owned(),
        input: RawJson::of(arguments),
        provider_executed: None,
        error_text: INCOMPLETE.to_owned(),
    }
}

/// Returns the chunk of an answer.
pub(in crate::ai_sdk) fn answer(id: &str, text: &str, is_error: bool) -> Chunk {
    let tool_call_id = id.to_owned();
    if is_error {
        return Chunk::ToolOutputError {
            tool_call_id,
            error_text: text.to_owned(),
            provider_executed: None,
        };
    }
    Chunk::ToolOutputAvailable {
        tool_call_id,
        output: RawJson::structure_or_text(text),
        provider_executed: None,
        preliminary: None,
    }
}

/// Returns the chunk of a question. The id of the approval is that of the call.
pub(in crate::ai_sdk) fn approval(id: &str, question: &str) -> Chunk {
    Chunk::ToolApprovalRequest {
        approval_id: id.to_owned(),
        tool_call_id: id.to_owned(),
        reason: (!question.is_empty()).then(|| question.to_owned()),
    }
}
