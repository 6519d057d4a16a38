//! [`Call`]: one tool call, put together from its pieces.

use geppetto_engine::ItemId;
use geppetto_provider::{
    Output,
    read::{StreamedArgs, raw_value},
};
use geppetto_turns::Content;

use super::piece::CallPiece;
use crate::chat::extra::EXTRA_CONTENT;

/// One tool call.
#[derive(Debug, Default)]
pub(super) struct Call {
    pub(super) choice: u64,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) args: StreamedArgs,
    pub(super) custom: bool,
    /// The last event with a piece of this call.
    pub(super) event: u64,
    pub(super) item: Option<ItemId>,
    /// Whether the call begins with the name of its predecessor and no id: it is none as long as
    /// its arguments are missing or the same.
    pub(super) doubtful: bool,
    /// What the server keeps beside the call, until it is on its block.
    pub(super) extra: Option<Box<str>>,
}

impl Call {
    /// Returns `true` if nothing but the end of the reply could change what is published next.
    pub(super) fn is_known(&self) -> bool {
        self.is_named() && !self.args.waits() && (!self.doubtful || self.args.is_over())
    }

    /// Returns `true` if id and name are known, as far as they have come.
    pub(super) fn is_named(&self) -> bool {
        !self.id.is_empty() && !self.name.is_empty()
    }

    /// Returns `true` if a piece with this call's index begins another call nevertheless: some
    /// servers give every call the same index.
    pub(super) fn is_followed_by(&self, piece: &CallPiece<'_>) -> bool {
        if piece.name.is_empty() {
            // What names no tool goes on, also under a new id: some servers make one up for every
            // event.
            return false;
        }
        let is_over = self.args.is_over();
        let has_other_name = piece.name != self.name;
        let has_ids = !piece.id.is_empty() && !self.id.is_empty();
        let is_same = has_ids && piece.id == self.id;
        if has_ids && !is_same {
            return has_other_name || is_over || self.custom;
        }
        if has_other_name {
            return is_over || (!is_same && !self.args.is_blank());
        }
        !is_same && is_over && !self.args.is_empty_object()
    }

    /// Whether a piece without index repeats this call's name and goes on with its arguments.
    pub(super) fn is_repeated_in(&self, piece: &CallPiece<'_>) -> bool {
        piece.name == self.name && !self.args.is_over()
    }

    pub(super) fn grow(&mut self, piece: &CallPiece<'_>, event: u64) {
        self.event = event;
        if let Some(extra) = piece.extra {
            self.extra = Some(extra.get().into());
        }
        // The first id counts: it may be repeated in every piece.
        if self.id.is_empty() {
            (*piece.id).clone_into(&mut self.id);
        }
        self.take_name(piece.name);
        if piece.object {
            self.args.push_object(&piece.args);
        } else {
            self.args.push(&piece.args);
        }
    }

    /// Names come whole, repeated, growing, or in pieces; they are over when arguments begin.
    fn take_name(&mut self, name: &str) {
        let is_fixed = self.item.is_some() || !self.args.is_blank();
        if name.is_empty() || name == self.name || (is_fixed && !self.name.is_empty()) {
            return;
        }
        if name.starts_with(&self.name) {
            self.name.clear();
        }
        self.name.push_str(name);
    }

    /// Publishes what the arguments have grown by.
    pub(super) fn publish(&mut self, out: &mut Output<'_>) {
        self.keep_extra(out);
        if let Some(id) = self.item {
            self.args.write(id, out);
        }
    }

    /// Puts what the server keeps beside the call on its block.
    pub(super) fn keep_extra(&mut self, out: &mut Output<'_>) {
        if let Some(id) = self.item
            && let Some(raw) = self.extra.take()
            && let Some(extra) = raw_value(&raw)
            && let Some(block) = out.block_mut(id)
            && let Content::ToolCall(content) = &mut block.content
        {
            content.extra.set(EXTRA_CONTENT, extra);
        }
    }

    pub(super) fn publish_rest(&mut self, out: &mut Output<'_>) {
        if let Some(id) = self.item {
            self.args.write_all(id, out);
        }
    }

    /// Another call of the same tool, with these arguments.
    pub(super) fn again_with(&self, args: &str) -> Self {
        let mut call = Self {
            choice: self.choice,
            name: self.name.clone(),
            event: self.event,
            ..Self::default()
        };
        call.args.push(args);
        call
    }

    /// Nothing more comes.
    pub(super) fn settle(&mut self) {
        self.args.settle();
    }
}
