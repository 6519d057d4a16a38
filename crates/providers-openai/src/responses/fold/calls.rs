//! [`Call`]: a tool call.

use geppetto_engine::{ItemId, Slot};
use geppetto_provider::{
    Output,
    read::{MAX_ENTRIES, StreamedArgs},
};
use geppetto_turns::{Content, Incomplete};
use serde_json::json;

use crate::responses::{
    CUSTOM_TOOL,
    wire::{Item, text_of},
};

/// Type of a function call.
pub(super) const FUNCTION: &str = "function_call";
/// Type of a call of a custom tool, whose input is text.
pub(super) const CUSTOM: &str = "custom_tool_call";

/// A call of a tool that the application runs.
#[derive(Debug, Default)]
pub(super) struct Call {
    slot: Slot,
    custom: bool,
    item: Option<ItemId>,
    args: StreamedArgs,
    cut: bool,
    /// The tool's name.
    name: String,
    /// Calls whose arguments were concatenated to those of this one.
    further: Vec<ItemId>,
}

impl Call {
    pub(super) fn new(custom: bool, slot: Slot) -> Self {
        Self {
            slot,
            custom,
            args: if custom {
                StreamedArgs::free_text()
            } else {
                StreamedArgs::new()
            },
            ..Self::default()
        }
    }

    /// Opens the call as soon as its id and its name are known.
    pub(super) fn identify(&mut self, item: &Item<'_>, out: &mut Output<'_>) {
        if self.item.is_none() && !item.call_id.is_empty() && !item.name.is_empty() {
            self.open(&item.call_id, &item.name, out);
        }
    }

    fn open(&mut self, id: &str, name: &str, out: &mut Output<'_>) {
        let item = out.open_tool_call(id, name);
        out.place(item, self.slot);
        self.item = Some(item);
        name.clone_into(&mut self.name);
        self.publish(out);
    }

    /// Returns `true` if no arguments arrived.
    pub(super) fn is_empty(&self) -> bool {
        self.args.as_str().is_empty()
    }

    /// Returns `true` if the arguments of a function are missing, which some gateways send in the finished
    /// response only (<https://github.com/OpenRouterTeam/ai-sdk-provider/pull/336>).
    pub(super) fn lacks_arguments(&self) -> bool {
        !self.custom && self.args.is_blank()
    }

    /// Returns `true` if the call is complete and unanswered.
    pub(super) fn is_requested(&self, out: &Output<'_>) -> bool {
        !self.cut && self.item.is_some_and(|item| !out.is_open(item))
    }

    /// Returns the number of unreadable characters.
    pub(super) fn lost(&self) -> u64 {
        self.args.lost()
    }

    pub(super) fn push(&mut self, delta: &str, out: &mut Output<'_>) {
        self.args.push(delta);
        self.publish(out);
    }

    /// Sets the full arguments.
    pub(super) fn complete(&mut self, whole: &str, out: &mut Output<'_>) {
        self.args.complete(whole);
        self.publish(out);
    }

    fn publish(&mut self, out: &mut Output<'_>) {
        if let Some(item) = self.item {
            self.args.write(item, out);
        }
    }

    fn publish_rest(&mut self, out: &mut Output<'_>) {
        if let Some(item) = self.item {
            self.args.write_all(item, out);
        }
    }

    /// Processes the complete item.
    pub(super) fn done(&mut self, item: &Item<'_>, out: &mut Output<'_>) {
        if self.custom {
            self.complete(&item.input, out);
        } else {
            self.complete(&text_of(item.arguments), out);
        }
        if self.item.is_none() {
            let id = if item.call_id.is_empty() {
                &*item.id
            } else {
                &*item.call_id
            };
            self.open(id, &item.name, out);
        }
        let cut = &*item.status == "incomplete";
        if self.lacks_arguments() && !cut {
            // The finished response may have them.
            return;
        }
        self.args.settle();
        self.publish_rest(out);
        if let Some(item) = self.item {
            if cut {
                self.cut(item, Incomplete::Truncated, out);
            } else {
                out.close(item, None);
            }
        }
    }

    fn cut(&mut self, item: ItemId, why: Incomplete, out: &mut Output<'_>) {
        self.cut = true;
        out.cut(item, why);
    }

    /// Revokes the call, complete or not: it is not as the model intended.
    pub(super) fn revoke(&mut self, out: &mut Output<'_>) {
        self.cut = true;
        for item in self.item.iter().chain(&self.further) {
            out.revoke(*item, Incomplete::Truncated);
        }
    }

    /// Opens the calls whose arguments were concatenated to those of this one, after the reply is
    /// over and this call is complete.
    pub(super) fn settle_further(&mut self, out: &mut Output<'_>) {
        if self.custom || self.cut || self.name.is_empty() {
            return;
        }
        for args in self.args.take_further(MAX_ENTRIES) {
            let item = out.open_tool_call("", self.name.as_str());
            out.place(item, self.slot.part(1));
            out.push(item, &args);
            out.close(item, None);
            self.further.push(item);
        }
        if !self.further.is_empty() {
            let message = "split the arguments of a tool call that were several objects";
            out.inform(message, json!({"calls": self.further.len()}));
        }
        if self.args.surplus() > 0 {
            let message = "ignored what followed the arguments of a tool call";
            out.inform(message, json!({"bytes": self.args.surplus()}));
        }
    }

    /// Completes the call at the end of the reply.
    pub(super) fn settle(
        &mut self,
        missing: Option<Incomplete>,
        out: &mut Output<'_>,
    ) -> Option<ItemId> {
        self.args.settle();
        let is_nameless = self.item.is_none() && !self.args.as_str().is_empty();
        if is_nameless {
            // No item of the server is this call: it is kept, and cannot be run.
            self.open("", "", out);
        }
        self.publish_rest(out);
        let item = self.item?;
        match missing.or(is_nameless.then_some(Incomplete::Truncated)) {
            Some(why) => self.cut(item, why, out),
            None => out.close(item, None),
        }
        if self.custom
            && let Some(block) = out.block_mut(item)
            && let Content::ToolCall(call) = &mut block.content
        {
            call.extra.set("type", CUSTOM_TOOL);
        }
        Some(item)
    }
}
