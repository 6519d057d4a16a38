//! [`Completed`]: the full text of an item, compared with its streamed part.

use std::sync::Arc;

use geppetto_turns::Incomplete;

use super::{ItemId, ResponseWriter, item::Keeps};

/// Comparison of the full text of an item with its streamed deltas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Completed {
    /// The item already had the full text.
    Same,
    /// The end of the text was missing, and was pushed.
    Rest,
    /// The full text contradicts the deltas. Nothing was changed.
    Differs,
}

impl ResponseWriter<'_> {
    /// Completes an open item whose full text the provider repeats at the end: pushes the part that
    /// was not streamed. The item stays open.
    ///
    /// An empty `full` is [`Same`](Completed::Same): providers leave the field empty if they do not
    /// repeat the text. If the text [`Differs`](Completed::Differs), the caller decides:
    /// [`supersede`](Self::supersede) starts over with a new item, [`replace`](Self::replace)
    /// changes the text of this one, and ignoring it keeps the streamed text.
    pub fn complete(&mut self, id: ItemId, full: &str) -> Completed {
        if full.is_empty() {
            return Completed::Same;
        }
        match full.strip_prefix(self.text(id)) {
            Some("") => Completed::Same,
            Some(rest) => {
                self.push(id, rest);
                Completed::Rest
            }
            None => Completed::Differs,
        }
    }

    /// Starts an item over: ends it as [replaced](geppetto_events::kind::REPLACED), without a block,
    /// and opens one of the same kind in its place. For a provider that withdraws streamed text.
    ///
    /// A tool call is not started over, because its id is taken; the given id is returned. Use
    /// [`replace`](Self::replace) for its arguments.
    pub fn supersede(&mut self, id: ItemId) -> ItemId {
        let Some(item) = self.items.get_mut(id.0) else {
            return id;
        };
        let Some(kind) = item.kind_of_successor() else {
            return id;
        };
        let slot = item.slot;
        let keeps = std::mem::replace(&mut item.keeps, Keeps::Nothing);
        let ended = item.is_open().then(|| item.replaced()).flatten();
        let correlation = Arc::clone(&item.correlation);
        if let Some(event) = ended {
            self.emit(&correlation, event);
        }
        let new = self.open(kind);
        if let Some(item) = self.items.get_mut(new.0) {
            item.slot = slot;
            item.keeps = keeps;
        }
        new
    }

    /// Removes a text or a piece of reasoning from the reply, for a provider that withdraws an item,
    /// which may have a successor elsewhere in the reply. An open one ends as
    /// [replaced](geppetto_events::kind::REPLACED); the events of a closed one have been published, and
    /// only its block is left out.
    ///
    /// The block of a tool call stays, marked incomplete ([`revoke`](Self::revoke)).
    pub fn withdraw(&mut self, id: ItemId) {
        let Some(item) = self.items.get_mut(id.0) else {
            return;
        };
        if item.is_tool_call() {
            self.revoke(id, Incomplete::Truncated);
            return;
        }
        item.keeps = Keeps::Nothing;
        let ended = item.is_open().then(|| item.replaced()).flatten();
        let correlation = Arc::clone(&item.correlation);
        if let Some(event) = ended {
            self.emit(&correlation, event);
        }
    }
}
