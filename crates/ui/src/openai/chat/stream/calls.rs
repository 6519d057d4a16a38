//! Calls of the client's tools, and cited sources.

use geppetto_events::kind::Citation;

use super::{
    super::{
        ChatFrame,
        chunk::{CallDelta, Delta, FunctionDelta},
    },
    Call, ChatStream, annotation,
};

impl ChatStream {
    pub(super) fn begin_tool_call(&mut self, id: &str, name: &str, frames: &mut Vec<ChatFrame>) {
        let is_client = self.options.client_tools.contains(name);
        let is_known = self.indices.contains_key(id);
        let is_hidden = self.options.one_call && !self.calls.is_empty();
        if !is_client || is_known || is_hidden {
            return;
        }
        let delta = CallDelta {
            index: self.calls.len(),
            id: Some(id.to_owned()),
            kind: Some("function"),
            function: FunctionDelta {
                name: Some(name.to_owned()),
                arguments: String::new(),
            },
        };
        self.indices.insert(id.to_owned(), self.calls.len());
        self.calls.push(Call { sent: 0 });
        self.send_call(delta, frames);
    }

    pub(super) fn argue(&mut self, id: &str, text: &str, frames: &mut Vec<ChatFrame>) {
        let Some(index) = self.indices.get(id).copied() else {
            return;
        };
        let Some(call) = self.calls.get_mut(index) else {
            return;
        };
        call.sent += text.len();
        let function = FunctionDelta {
            name: None,
            arguments: text.to_owned(),
        };
        let delta = CallDelta {
            index,
            id: None,
            kind: None,
            function,
        };
        self.send_call(delta, frames);
    }

    /// Sends the rest of the arguments.
    pub(super) fn complete(&mut self, id: &str, input: &str, frames: &mut Vec<ChatFrame>) {
        let index = self.indices.get(id).copied();
        let sent = index.and_then(|index| self.calls.get(index));
        let rest = sent.and_then(|own| input.get(own.sent..));
        if let Some(rest) = rest.filter(|rest| !rest.is_empty()) {
            let rest = rest.to_owned();
            self.argue(id, &rest, frames);
        }
    }

    pub(super) fn cite(&mut self, citation: &Citation, frames: &mut Vec<ChatFrame>) {
        let delta = Delta {
            annotations: vec![annotation(citation)],
            ..Delta::default()
        };
        self.send(delta, frames);
    }
}
