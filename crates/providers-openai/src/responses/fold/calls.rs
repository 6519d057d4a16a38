//! [`Call`]: a tool call.

use geppetto_engine::{ItemId, ResponseWriter};
use geppetto_turns::{Content, Incomplete};

use crate::responses::{
    CUSTOM_TOOL,
    wire::{Item, text_of},
};

/// The type of a call of a function.
pub(super) const FUNCTION: &str = "function_call";
/// The type of a call of a custom tool, whose input is text.
pub(super) const CUSTOM: &str = "custom_tool_call";

/// A call of a tool that the application runs.
#[derive(Debug)]
pub(super) struct Call {
    custom: bool,
    item: Option<ItemId>,
    /// What arrived before the call's id and name.
    held: String,
    cut: bool,
}

impl Call {
    pub(super) fn new(custom: bool) -> Self {
        Self {
            custom,
            item: None,
            held: String::new(),
            cut: false,
        }
    }

    /// Begins the call as soon as its id and its name are known.
    pub(super) fn identify(&mut self, item: &Item<'_>, writer: &mut ResponseWriter<'_>) {
        if self.item.is_none() && !item.call_id.is_empty() && !item.name.is_empty() {
            self.open(&item.call_id, &item.name, writer);
        }
    }

    fn open(&mut self, id: &str, name: &str, writer: &mut ResponseWriter<'_>) {
        let item = writer.open_tool_call(id, name);
        writer.push(item, &std::mem::take(&mut self.held));
        self.item = Some(item);
    }

    /// Whether no arguments came.
    pub(super) fn is_empty(&self, writer: &ResponseWriter<'_>) -> bool {
        self.held.is_empty() && self.item.is_none_or(|item| writer.text(item).is_empty())
    }

    /// Whether the call is whole and waits for its answer.
    pub(super) fn is_requested(&self, writer: &ResponseWriter<'_>) -> bool {
        !self.cut && self.item.is_some_and(|item| !writer.is_open(item))
    }

    pub(super) fn push(&mut self, delta: &str, writer: &mut ResponseWriter<'_>) {
        match self.item {
            Some(item) => writer.push(item, delta),
            None => self.held.push_str(delta),
        }
    }

    /// Takes all of the arguments.
    pub(super) fn complete(&mut self, whole: &str, writer: &mut ResponseWriter<'_>) {
        let streamed = match self.item {
            Some(item) => writer.text(item),
            None => &self.held,
        };
        if let Some(rest) = whole.strip_prefix(streamed) {
            self.push(rest, writer);
        }
    }

    /// Takes the whole item.
    pub(super) fn done(&mut self, item: &Item<'_>, writer: &mut ResponseWriter<'_>) {
        match self.custom {
            true => self.complete(&item.input, writer),
            false => self.complete(&text_of(item.arguments), writer),
        }
        if self.item.is_none() {
            let id = match &*item.call_id {
                "" => &*item.id,
                id => id,
            };
            self.open(id, &item.name, writer);
        }
        let cut = &*item.status == "incomplete";
        if let Some(item) = self.item {
            match cut {
                true => self.cut(item, Incomplete::Truncated, writer),
                false => writer.close(item, None),
            }
        }
    }

    fn cut(&mut self, item: ItemId, why: Incomplete, writer: &mut ResponseWriter<'_>) {
        self.cut = true;
        writer.cut(item, why);
    }

    /// The reply is over.
    pub(super) fn settle(
        &mut self,
        missing: Option<Incomplete>,
        writer: &mut ResponseWriter<'_>,
    ) -> Option<ItemId> {
        let is_nameless = self.item.is_none() && !self.held.is_empty();
        if is_nameless {
            // Nobody said which tool it is for: it is kept, and cannot be run.
            self.open("", "", writer);
        }
        let item = self.item?;
        match missing.or(is_nameless.then_some(Incomplete::Truncated)) {
            Some(why) => self.cut(item, why, writer),
            None => writer.close(item, None),
        }
        if self.custom
            && let Some(block) = writer.block_mut(item)
            && let Content::ToolCall(call) = &mut block.content
        {
            call.extra.set("type", CUSTOM_TOOL);
        }
        Some(item)
    }
}
