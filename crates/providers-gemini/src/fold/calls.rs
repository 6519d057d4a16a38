//! Function calls.

use std::collections::HashMap;

use geppetto_engine::ItemId;
use geppetto_provider::{
    Output,
    read::{MAX_ENTRIES, StreamedArgs},
};
use geppetto_turns::Incomplete;

use super::partial::PartialArgs;
use crate::{
    keys::{HAS_CALL_ID, THOUGHT_SIGNATURE},
    wire::Call,
};

/// The function calls of a reply.
#[derive(Debug, Default)]
pub(super) struct Calls {
    all: Vec<ItemId>,
    /// Complete calls and their arguments, by the id of the server.
    whole: HashMap<Box<str>, (ItemId, Box<str>)>,
    /// The call whose arguments arrive value by value, or in a later part.
    streamed: Option<(ItemId, PartialArgs)>,
    /// Its arguments as sent, none or empty, if it is complete unless a part without a name has others.
    empty: Option<Box<str>>,
}

impl Calls {
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn are_too_many(&self) -> bool {
        self.all.len() > MAX_ENTRIES
            || self
                .streamed
                .as_ref()
                .is_some_and(|(_, args)| args.is_too_large())
    }

    /// Processes a call, or a piece of one; returns `true` if it is not empty.
    pub(super) fn take(&mut self, call: &Call<'_>, signature: &str, out: &mut Output<'_>) -> bool {
        let continues = &*call.continues == "true";
        if call.name.is_empty() {
            let Some((item, args)) = &mut self.streamed else {
                return false;
            };
            sign(*item, signature, out);
            call.partial.iter().for_each(|piece| args.take(piece));
            let sent = call
                .args
                .and_then(|raw| serde_json::from_str(raw.get()).ok());
            args.add(sent.unwrap_or_default());
            self.empty = None;
            if !continues {
                self.settle(out);
            }
            return true;
        }
        self.settle(out);
        if self.repeats(call, signature, out) {
            return true;
        }
        let item = self.open(call, signature, out);
        if continues || !call.partial.is_empty() {
            let mut args = PartialArgs::default();
            call.partial.iter().for_each(|piece| args.take(piece));
            self.streamed = Some((item, args));
            if !continues {
                self.settle(out);
            }
            return true;
        }
        let sent = call.args.map_or("", |raw| raw.get());
        if is_blank(sent) {
            self.streamed = Some((item, PartialArgs::default()));
            self.empty = Some(sent.into());
        } else {
            write(item, sent, out);
            out.close(item, None);
        }
        if !call.id.is_empty() {
            self.whole.insert((&*call.id).into(), (item, sent.into()));
        }
        true
    }

    /// Returns `true` if a call repeats an earlier one, with its id and arguments.
    ///
    /// Report: <https://github.com/allenhutchison/obsidian-gemini/pull/230>.
    fn repeats(&self, call: &Call<'_>, signature: &str, out: &mut Output<'_>) -> bool {
        let Some((item, args)) = self.whole.get(&*call.id) else {
            return false;
        };
        if call.args.map_or("", |raw| raw.get()) != &**args {
            return false;
        }
        sign(*item, signature, out);
        true
    }

    fn open(&mut self, call: &Call<'_>, signature: &str, out: &mut Output<'_>) -> ItemId {
        let item = out.open_tool_call(&call.id, &call.name);
        self.all.push(item);
        sign(item, signature, out);
        if let Some(block) = out.block_mut(item) {
            // A second call with the same id has received another one.
            let is_own = block.as_tool_call().is_some_and(|own| own.id == *call.id);
            if !call.id.is_empty() && is_own {
                block.metadata.set_raw(HAS_CALL_ID.id(), true.into());
            }
        }
        item
    }

    /// Ends the call whose arguments arrive value by value, or in a later part.
    pub(super) fn settle(&mut self, out: &mut Output<'_>) {
        let empty = self.empty.take();
        if let Some((item, args)) = self.streamed.take() {
            match empty {
                Some(sent) => write(item, &sent, out),
                None => out.push(item, &args.into_text()),
            }
            out.close(item, None);
        }
    }

    /// Ends the call whose arguments the end of the reply cut off.
    pub(super) fn cut(&mut self, why: Incomplete, out: &mut Output<'_>) {
        if self.empty.is_some() {
            return self.settle(out);
        }
        if let Some((item, args)) = self.streamed.take() {
            out.push(item, &args.into_text());
            out.cut(item, why);
        }
    }

    /// Revokes all calls: the server removed parts of the reply.
    pub(super) fn revoke(&self, out: &mut Output<'_>) {
        for item in &self.all {
            out.revoke(*item, Incomplete::Truncated);
        }
    }
}

/// Writes arguments that arrived in one piece.
fn write(item: ItemId, sent: &str, out: &mut Output<'_>) {
    let mut args = StreamedArgs::new();
    args.push(sent);
    args.settle();
    args.write_all(item, out);
}

fn sign(item: ItemId, signature: &str, out: &mut Output<'_>) {
    if let Some(block) = out.block_mut(item).filter(|_| !signature.is_empty()) {
        let id = THOUGHT_SIGNATURE.id();
        block.metadata.set_raw(id, signature.into());
    }
}

/// Returns `true` if the arguments of a call are missing or empty: a relay sends the name of a call in one chunk, and its
/// arguments in the next (<https://github.com/smallmain/vscode-unify-chat-provider/issues/48>).
fn is_blank(args: &str) -> bool {
    args == "null"
        || args
            .chars()
            .all(|c| matches!(c, '{' | '}') || c.is_whitespace())
}
