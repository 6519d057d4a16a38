//! [`Calls`]: tool calls assembled from their pieces.
//!
//! A piece identifies its call by index, by id, by name, or only by its position. A call is
//! announced once its id and its name are known, and after all calls that started before it, so
//! that the calls are in the order in which the model started them.
//!
//! The cost per piece is constant, regardless of the number of calls.

use std::collections::HashMap;

use geppetto_engine::ItemId;
use geppetto_provider::{
    Output,
    read::{MAX_ENTRIES, StreamedArgs},
};
use geppetto_turns::Content;
use serde_json::json;

use super::{call::Call, piece::CallPiece};
use crate::chat::{
    CUSTOM_TOOL,
    wire::{CallDelta, FunctionDelta},
};

#[cfg(test)]
mod tests;

/// Tool calls of one reply, in the order in which they started.
#[derive(Debug, Default)]
pub(super) struct Calls {
    calls: Vec<Call>,
    /// Last call at an index of a choice.
    by_index: HashMap<(u64, u64), usize>,
    /// Last call with an id.
    by_id: HashMap<String, usize>,
    /// Number of announced calls, which are the first ones.
    announced: usize,
    /// Calls that have grown since the last [`Calls::publish`].
    grown: Vec<usize>,
    /// Number of the current event, so that two pieces of one event without an index are two calls.
    event: u64,
}

impl Calls {
    /// Returns `true` if there are unpublished additions.
    pub(super) fn has_news(&self) -> bool {
        !self.grown.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.calls.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Call> {
        (self.calls.iter().enumerate())
            .filter(|(at, _)| !self.is_none(*at))
            .map(|(_, call)| call)
    }

    /// Processes the pieces of one event. In a single body, each is a call.
    pub(super) fn take(
        &mut self,
        pieces: &[CallDelta<'_>],
        choice: u64,
        whole: bool,
        out: &Output<'_>,
    ) {
        self.event += 1;
        for (position, piece) in pieces.iter().enumerate() {
            let piece = CallPiece::new(piece, choice, out);
            if piece.is_silent() {
                continue;
            }
            let known = if whole {
                self.in_other_choice(&piece)
            } else if pieces.len() > 1 && piece.is_bare() {
                self.by_place(pieces.len() - position)
            } else {
                self.find(&piece)
            };
            self.add(known, &piece);
        }
    }

    /// Processes a piece of the only call, in the format that preceded tools. Snowflake sends an
    /// empty one with every message.
    pub(super) fn take_legacy(&mut self, piece: &FunctionDelta<'_>, choice: u64) {
        let piece = CallPiece::legacy(piece, choice);
        if piece.is_silent() {
            return;
        }
        self.event += 1;
        let known = (!self.calls.is_empty()).then(|| self.calls.len() - 1);
        self.add(known, &piece);
    }

    /// Returns the call that a piece continues; `None` if it starts a new one.
    fn find(&self, piece: &CallPiece<'_>) -> Option<usize> {
        if let Some(index) = piece.index {
            let at = self.by_index.get(&(piece.choice, index));
            let Some(at) = at.copied() else {
                if piece.id.is_empty() && piece.name.is_empty() {
                    return self.headed();
                }
                return self
                    .by_id(piece)
                    .filter(|at| self.goes_on_elsewhere(*at, piece));
            };
            let call = self.calls.get(at)?;
            return (!call.is_followed_by(piece)).then_some(at);
        }
        if let Some(at) = self.by_id(piece) {
            return Some(at);
        }
        let last = self.calls.last()?;
        let goes_on = last.event != self.event
            && (piece.id.is_empty() || last.id.is_empty())
            && (piece.name.is_empty() || last.name.is_empty() || last.is_repeated_in(piece));
        goes_on.then(|| self.calls.len() - 1)
    }

    /// Returns the last call if its arguments are not complete: its head had the index of the call
    /// before it (<https://github.com/agno-agi/agno/pull/8880>), or the index grows with every piece
    /// (<https://github.com/dirac-run/dirac/pull/215>).
    fn headed(&self) -> Option<usize> {
        let last = self.calls.last()?;
        let is_open = !last.name.is_empty() && !last.custom && !last.args.is_over();
        is_open.then(|| self.calls.len() - 1)
    }

    /// Returns `true` if a piece at another index continues a call with its id: some gateways increment the
    /// index with every piece, and some send the head of a call twice.
    fn goes_on_elsewhere(&self, at: usize, piece: &CallPiece<'_>) -> bool {
        let is_head = |call: &Call| call.name == piece.name && call.args.is_blank();
        piece.name.is_empty() || self.calls.get(at).is_some_and(is_head)
    }

    fn by_id(&self, piece: &CallPiece<'_>) -> Option<usize> {
        let id = Some(&*piece.id).filter(|id| !id.is_empty())?;
        self.by_id.get(id).copied()
    }

    /// Returns the call of another choice that an entry of a single body repeats.
    fn in_other_choice(&self, piece: &CallPiece<'_>) -> Option<usize> {
        let at = self.by_id(piece)?;
        let call = self.calls.get(at)?;
        (call.choice != piece.choice).then_some(at)
    }

    /// Returns the call continued by a piece that identifies none, in an event with several: the
    /// last pieces of an event continue the last calls. `rest` counts the pieces from this one on.
    fn by_place(&self, rest: usize) -> Option<usize> {
        (!self.calls.is_empty()).then(|| self.calls.len().saturating_sub(rest))
    }

    fn add(&mut self, known: Option<usize>, piece: &CallPiece<'_>) {
        let at = known.unwrap_or_else(|| self.begin(piece));
        let Some(call) = self.calls.get_mut(at) else {
            return;
        };
        call.grow(piece, self.event);
        if let Some(index) = piece.index {
            self.by_index.entry((piece.choice, index)).or_insert(at);
        }
        if !piece.id.is_empty() && call.id == piece.id {
            self.by_id.insert(piece.id.to_string(), at);
        }
        if self.grown.last() != Some(&at) {
            self.grown.push(at);
        }
    }

    fn begin(&mut self, piece: &CallPiece<'_>) -> usize {
        let at = self.calls.len();
        let before = piece
            .index
            .and_then(|index| self.by_index.insert((piece.choice, index), at));
        let is_elsewhere = piece.index.is_some() && before.is_none();
        let before = match piece.id.is_empty() {
            true => before,
            false => self.by_id(piece).filter(|_| is_elsewhere),
        };
        let is_same = |call: &Call| !piece.name.is_empty() && call.name == piece.name;
        let repeats = before.filter(|at| self.calls.get(*at).is_some_and(is_same));
        self.calls.push(Call {
            choice: piece.choice,
            custom: piece.custom,
            args: if piece.custom {
                StreamedArgs::free_text()
            } else {
                StreamedArgs::new()
            },
            repeats,
            ..Call::default()
        });
        at
    }

    /// Returns `true` if a call does not count, because it repeats an earlier one.
    fn is_none(&self, at: usize) -> bool {
        let call = self.calls.get(at);
        let Some((call, before)) = call.and_then(|call| Some((call, call.repeats?))) else {
            return false;
        };
        let is_same = |before: &Call| before.args.as_str() == call.args.as_str();
        call.args.is_blank() || self.calls.get(before).is_some_and(is_same)
    }

    /// Announces the calls that are known, and publishes their additions.
    pub(super) fn publish(&mut self, out: &mut Output<'_>) {
        while self.calls.get(self.announced).is_some_and(Call::is_known) {
            self.announce_next(out);
        }
        for at in std::mem::take(&mut self.grown) {
            if at < self.announced
                && let Some(call) = self.calls.get_mut(at)
            {
                call.publish(out);
            }
        }
    }

    /// Announces the calls whose names are known, before another segment starts.
    pub(super) fn announce(&mut self, out: &mut Output<'_>) {
        while self.calls.get(self.announced).is_some_and(Call::is_named) {
            self.announce_next(out);
        }
    }

    /// Announces the remaining calls as far as they are known, because no more pieces will arrive.
    pub(super) fn publish_all(&mut self, out: &mut Output<'_>) {
        let added = self.settle();
        if added > 0 {
            let message = "split the arguments of a tool call that were several objects";
            out.inform(message, json!({"calls": added}));
        }
        while self.announced < self.calls.len() {
            self.announce_next(out);
        }
        for call in &mut self.calls {
            call.keep_extra(out);
            call.publish_rest(out);
            let surplus = call.args.surplus();
            if surplus > 0 {
                let data = json!({"tool": call.name, "id": call.id, "bytes": surplus});
                let message = "ignored what followed the arguments of a tool call";
                out.inform(message, data);
            }
        }
    }

    /// Completes all calls. Returns the number of calls whose arguments were concatenated to those
    /// of another one; each is now a separate call.
    pub(super) fn settle(&mut self) -> usize {
        let mut added = Vec::new();
        for call in &mut self.calls {
            call.settle();
            if !call.custom && !call.name.is_empty() {
                let further = call
                    .args
                    .take_further(MAX_ENTRIES - added.len().min(MAX_ENTRIES));
                added.extend(further.iter().map(|args| call.again_with(args)));
            }
        }
        let count = added.len();
        self.calls.extend(added);
        count
    }

    fn announce_next(&mut self, out: &mut Output<'_>) {
        let at = self.announced;
        self.announced += 1;
        if self.is_none(at) {
            return;
        }
        let Some(call) = self.calls.get_mut(at) else {
            return;
        };
        let id = out.open_tool_call(call.id.as_str(), call.name.as_str());
        call.item = Some(id);
        if call.custom
            && let Some(block) = out.block_mut(id)
            && let Content::ToolCall(content) = &mut block.content
        {
            content.extra.set("type", CUSTOM_TOOL);
        }
        call.publish(out);
    }

    /// Returns the announced calls that cannot be executed: if the model was stopped, those with truncated
    /// arguments or without a name, or all of them.
    pub(super) fn broken(&self, is_cut: bool, all: bool) -> impl Iterator<Item = ItemId> {
        let broken = move |call: &&Call| {
            let is_part = call.name.is_empty() || (!call.custom && !call.args.is_over());
            all || (is_cut && is_part)
        };
        self.calls
            .iter()
            .filter(broken)
            .filter_map(|call| call.item)
    }

    /// Returns `true` if there is a complete call.
    pub(super) fn any_whole(&self, is_cut: bool) -> bool {
        let announced = self.calls.iter().filter(|call| call.item.is_some());
        self.broken(is_cut, false).count() < announced.count()
    }

    /// Returns the number of unreadable characters.
    pub(super) fn lost(&self) -> u64 {
        self.calls.iter().map(|call| call.args.lost()).sum()
    }
}
