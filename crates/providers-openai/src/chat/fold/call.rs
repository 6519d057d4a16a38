//! [`Call`]: a tool call assembled from its pieces.

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
    /// Number of the last event with a piece of this call.
    pub(super) event: u64,
    pub(super) item: Option<ItemId>,
    /// The earlier call that this one may repeat: it starts with the same name, and with the same id at another
    /// index or without an id at the same index. It does not count as long as its arguments are missing or the same.
    pub(super) repeats: Option<usize>,
    /// Additional data of the server for the call, until it is on its block.
    pub(super) extra: Option<Box<str>>,
}

impl Call {
    /// Returns `true` if only the end of the reply could change what is published next.
    pub(super) fn is_known(&self) -> bool {
        self.is_named() && !self.args.waits() && (self.repeats.is_none() || self.args.is_over())
    }

    /// Returns `true` if parts of the id and the name are known.
    pub(super) fn is_named(&self) -> bool {
        !self.id.is_empty() && !self.name.is_empty()
    }

    /// Returns `true` if a piece with this call's index nevertheless starts another call: some
    /// servers use the same index for every call.
    pub(super) fn is_followed_by(&self, piece: &CallPiece<'_>) -> bool {
        if piece.name.is_empty() {
            // A piece without a name continues the call, even with a new id: some servers create
            // one for every event.
            return false;
        }
        let is_over = self.args.is_over();
        let has_other_name = piece.name != self.name;
        let has_ids = !piece.id.is_empty() && !self.id.is_empty();
        let is_same = has_ids && piece.id == self.id;
        if self.name.is_empty() && !is_over && (is_same || !has_ids) {
            // The name may arrive after the id and the first arguments:
            // <https://github.com/anomalyco/opencode/issues/24137>.
            return false;
        }
        if has_ids && !is_same {
            return has_other_name || is_over || self.custom;
        }
        if has_other_name {
            return is_over || (!is_same && !self.args.is_blank());
        }
        !is_same && is_over && !self.args.is_empty_object()
    }

    /// Returns `true` if a piece without an index repeats this call's name and continues its
    /// arguments.
    pub(super) fn is_repeated_in(&self, piece: &CallPiece<'_>) -> bool {
        piece.name == self.name && !self.args.is_over()
    }

    pub(super) fn grow(&mut self, piece: &CallPiece<'_>, event: u64) {
        self.event = event;
        if let Some(extra) = piece.extra {
            self.extra = Some(extra.get().into());
        }
        // The first id counts, because it may be repeated in every piece.
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

    /// Names arrive complete, repeated, growing, or in pieces; they end when the arguments start.
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

    /// Publishes the new part of the arguments.
    pub(super) fn publish(&mut self, out: &mut Output<'_>) {
        self.keep_extra(out);
        if let Some(id) = self.item {
            self.args.write(id, out);
        }
    }

    /// Stores the server's additional data for the call on its block.
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

    /// Creates another call of the same tool, with these arguments.
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

    /// Completes the call, because no more pieces will arrive.
    pub(super) fn settle(&mut self) {
        self.args.settle();
    }
}
