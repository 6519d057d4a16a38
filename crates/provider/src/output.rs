//! [`Output`]: the destination of a fold's reply.

use std::{
    borrow::Cow,
    fmt,
    ops::{Deref, DerefMut},
};

use geppetto_engine::{Completed, EngineError, Finish, ItemId, ResponseWriter};
use geppetto_events::{EventKind, kind::Info};
use geppetto_transport::Redactor;
use geppetto_turns::{Incomplete, InferenceResult};
use serde_json::{Value, json};

use crate::{read::halves, rules::ToolNames};
use halved::Halved;
use notes::Notes;
use repeated::Repeated;

mod halved;
mod notes;
mod repeated;
#[cfg(test)]
mod tests;

/// Maximum length of an id that is kept unchanged, in bytes. Some gateways encode state in ids of
/// calls and items, which must be sent back unchanged.
const LONGEST_ID: usize = 64 * 1024;

/// Name of a tool call that has none.
const UNNAMED: &str = "unnamed_tool";

/// Output of a fold: a [`ResponseWriter`] that the fold cannot end, with helpers for all wires.
///
/// The methods of the writer are available through [`Deref`]. Methods that extend or end a text are
/// replaced by methods that also join the halves of a character that a server split between two
/// frames ([`Fold::growing_fields`](crate::Fold::growing_fields)).
///
/// Text of the model is written unchanged. Every other string of the server (ids, models, reasons,
/// names of tiers) may echo the request, including its key: pass it through [`word`](Self::word) or
/// [`id`](Self::id).
pub struct Output<'a> {
    writer: ResponseWriter<'a>,
    redactor: Redactor,
    halved: Halved,
    notes: Notes,
    repeated: Repeated,
    /// The model most recently named by the server.
    model: String,
    /// Translation of tool names in the reply.
    names: ToolNames,
}

impl<'a> Output<'a> {
    pub(crate) fn new(writer: ResponseWriter<'a>) -> Self {
        Self {
            writer,
            redactor: Redactor::new(),
            halved: Halved::default(),
            notes: Notes::default(),
            repeated: Repeated::default(),
            model: String::new(),
            names: ToolNames::default(),
        }
    }

    /// Sets the translation of tool names in the reply.
    pub(crate) fn with_names(mut self, names: ToolNames) -> Self {
        self.names = names;
        self
    }

    /// Prepares for the reply to another attempt.
    pub(crate) fn begin(&mut self, redactor: Redactor) {
        self.redactor = redactor;
        self.halved = Halved::default();
        self.notes = Notes::default();
        self.model.clear();
    }

    pub(crate) fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Opens a tool call ([`ResponseWriter::open_tool_call`]). The id is sanitized with
    /// [`id`](Self::id), and the name translated back to the tool's own
    /// ([`Settings::names`](crate::Settings::names)). A call without a name has that of no tool, so that it is answered
    /// with the names of the tools, and the reply is not the end of the run
    /// (<https://github.com/tailcallhq/forgecode/issues/1141>).
    ///
    /// A call that repeats the id, the name and the arguments of an earlier one is revoked at the end of the reply.
    pub fn open_tool_call(&mut self, id: &str, name: &str) -> ItemId {
        let sent = self.id(id).into_owned();
        let name = match name {
            "" => UNNAMED,
            name => self.names.own(name),
        };
        let item = self.writer.open_tool_call(sent, name);
        self.repeated.note(id, item);
        item
    }

    /// Appends a delta to an open item.
    pub fn push(&mut self, id: ItemId, delta: &str) {
        if self.halved.is_empty() && !halves::is_marked(delta) {
            self.writer.push(id, delta);
        } else {
            let text = self.halved.join(id, delta);
            self.writer.push(id, &text);
        }
    }

    /// Completes an open item with its full text ([`ResponseWriter::complete`]).
    pub fn complete(&mut self, id: ItemId, full: &str) -> Completed {
        if !full.is_empty() {
            self.halved.forget(id);
        }
        self.writer.complete(id, full)
    }

    /// Closes an open item ([`ResponseWriter::close`]).
    pub fn close(&mut self, id: ItemId, reason: Option<&str>) {
        self.flush(id);
        self.writer.close(id, reason);
    }

    /// Ends an open item that stays incomplete ([`ResponseWriter::cut`]).
    pub fn cut(&mut self, id: ItemId, why: Incomplete) {
        self.flush(id);
        self.writer.cut(id, why);
    }

    /// Starts an item over ([`ResponseWriter::supersede`]).
    pub fn supersede(&mut self, id: ItemId) -> ItemId {
        self.halved.forget(id);
        self.writer.supersede(id)
    }

    /// Removes an item that the server withdraws ([`ResponseWriter::withdraw`]).
    pub fn withdraw(&mut self, id: ItemId) {
        self.halved.forget(id);
        self.writer.withdraw(id);
    }

    /// Writes the pending half of a character of an item.
    fn flush(&mut self, id: ItemId) {
        if self.halved.has(id) {
            self.writer.push(id, halves::UNREADABLE);
            self.halved.lose(id);
        }
    }

    /// Sets the model as named by the server, sanitized with [`word`](Self::word). A repetition
    /// costs one comparison.
    pub fn set_model(&mut self, model: &str) {
        if !model.is_empty() && self.model != model {
            model.clone_into(&mut self.model);
            self.writer.set_model(&self.redactor.label(model));
        }
    }

    /// Sanitizes a string of the server for results and events: secrets masked, without control
    /// characters, at most 200 bytes.
    #[must_use]
    pub fn word(&self, text: &str) -> String {
        self.redactor.label(text)
    }

    /// Sanitizes an id of the server that may have to be sent back: secrets masked, truncated to 64
    /// KiB.
    #[must_use]
    pub fn id<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.redactor.redact(bound(text, LONGEST_ID))
    }

    /// Publishes an `info` event.
    pub fn inform(&self, message: &str, data: Value) {
        inform(&self.writer, message, data);
    }

    /// Counts unreadable characters or numbers that were replaced. The sum is in the details of the
    /// result under `replaced_characters`, and in one `info` event.
    pub fn count_replaced(&mut self, count: u64) {
        self.notes.replaced(count);
    }

    /// Records that a number of the usage could not be read. It is in the details of the result
    /// under `unreadable_usage`, and in the same event.
    pub fn note_odd_usage(&mut self) {
        self.notes.odd_usage();
    }

    /// Ends the reply.
    pub(crate) fn end(
        mut self,
        mut finish: Finish,
        broken: Option<EngineError>,
    ) -> Result<InferenceResult, EngineError> {
        for id in self.halved.waiting() {
            self.flush(id);
        }
        self.notes.replaced(self.halved.lost());
        self.notes.settle(&mut finish, &self.writer);
        let repeated = std::mem::take(&mut self.repeated).revoke(&mut self.writer);
        if repeated > 0 {
            let message = "left out tool calls that the server repeated";
            self.inform(message, json!({"calls": repeated}));
        }
        if finish.stop_reason.is_some() || finish.usage.is_some() {
            let reason = finish.stop_reason.as_deref();
            self.writer.metadata(reason, finish.usage.as_ref());
        }
        match broken {
            Some(error) => Err(self.writer.fail(error, finish)),
            None => Ok(self.writer.finish(finish)),
        }
    }
}

impl<'a> Deref for Output<'a> {
    type Target = ResponseWriter<'a>;

    fn deref(&self) -> &Self::Target {
        &self.writer
    }
}

impl DerefMut for Output<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.writer
    }
}

impl fmt::Debug for Output<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output")
            .field("writer", &self.writer)
            .finish_non_exhaustive()
    }
}

/// Publishes an `info` event.
pub(crate) fn inform(writer: &ResponseWriter<'_>, message: &str, data: Value) {
    writer.publish(EventKind::Info(Info::new(message, Some(data))));
}

/// Returns the beginning of a text, at most `longest` bytes.
fn bound(text: &str, longest: usize) -> &str {
    let mut end = longest.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
