//! [`ResponseWriter`]: writes a reply as blocks and events while it arrives.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use geppetto_events::{
    Correlation, Event, EventKind, EventMeta,
    kind::{ProviderCallMetadata, ProviderCallStarted, ReasoningSource},
};
use geppetto_turns::{Block, Incomplete, Turn, Usage};
use tokio::time::Instant;

use crate::{InferenceConfig, RunContext};

mod complete;
mod end;
mod finish;
mod item;
mod log;
mod parts;
mod reports;
mod slot;

#[cfg(test)]
mod tests;

pub use complete::Completed;
pub use finish::Finish;
use item::{Item, ItemKind};
pub use log::{ReplyLog, RequestedCall, ToolOffer};
use reports::Reports;
pub use slot::Slot;

/// Identifies an open item of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ItemId(usize);

/// Writes a provider's reply, as it arrives, into the turn and the event stream.
///
/// A reply is a list of items (texts, reasoning, tool calls) that are opened, receive deltas and
/// are closed; several may be open at once. The writer publishes the events in their legal order
/// and appends the items to the turn as blocks, in the order in which they were opened, or by the
/// provider's indices ([`place`](Self::place)).
///
/// However the reply ends, turn and events are consistent: [`finish`](Self::finish) closes open
/// items, [`fail`](Self::fail) keeps them, marked incomplete, and dropping the writer has the same
/// effect as `fail`.
#[must_use = "dropping the writer ends the reply as failed"]
pub struct ResponseWriter<'a> {
    ctx: &'a RunContext,
    turn: &'a mut Turn,
    /// The turn at the start of the call.
    before: Turn,
    /// Position among all calls of the run.
    position: u32,
    meta: Arc<EventMeta>,
    /// Correlation of the call's own events.
    correlation: Arc<Correlation>,
    provider: String,
    model: String,
    items: Vec<Item>,
    /// Ids of the reply's tool calls, and of unanswered calls of earlier replies: a second call
    /// with one of them could not be told apart.
    call_ids: HashSet<String>,
    started: Instant,
    first_output: Option<Instant>,
    /// Tools offered to the model, if requested calls are recorded.
    offer: Option<Arc<ToolOffer>>,
    ended: bool,
    /// Tools and sources of the provider.
    reports: Mutex<Reports>,
    /// Reason that the reply is incomplete.
    incomplete: Option<Incomplete>,
    /// Usage of the attempts without output.
    discarded: Option<Box<Usage>>,
}

impl<'a> ResponseWriter<'a> {
    /// Starts a provider call and announces it.
    pub fn start(
        ctx: &'a RunContext,
        turn: &'a mut Turn,
        provider: impl Into<String>,
        model: impl Into<String>,
    ) -> Self {
        Self::start_with(ctx, turn, provider, model, &InferenceConfig::default())
    }

    /// Starts a provider call whose events contain its configuration.
    pub fn start_with(
        ctx: &'a RunContext,
        turn: &'a mut Turn,
        provider: impl Into<String>,
        model: impl Into<String>,
        config: &InferenceConfig,
    ) -> Self {
        let (provider, model) = (provider.into(), model.into());
        ctx.discard_undone(turn);
        let (number, attempt, position) = ctx.begin_provider_call();
        let mut correlation = Correlation::clone(ctx.correlation());
        let run = correlation.run_id.as_deref().unwrap_or_default();
        correlation.provider_call_id = Some(format!("{provider}:{run}:provider-call:{number}"));
        correlation.attempt = Some(attempt);
        let mut meta = EventMeta::clone(ctx.meta());
        meta.model = Some(model.clone());
        meta.temperature = config.temperature.and_then(serde_json::Number::from_f64);
        meta.top_p = config.top_p.and_then(serde_json::Number::from_f64);
        meta.max_tokens = config.max_response_tokens;
        let offer = ctx.reply_log().map(|_| Arc::new(ToolOffer::of(turn)));
        let call_ids = open_calls(ctx, turn);
        let writer = Self {
            ctx,
            before: turn.clone(),
            position,
            turn,
            offer,
            meta: Arc::new(meta),
            correlation: Arc::new(correlation),
            provider,
            model,
            items: Vec::new(),
            call_ids,
            started: Instant::now(),
            first_output: None,
            ended: false,
            incomplete: None,
            reports: Mutex::default(),
            discarded: None,
        };
        writer.publish(EventKind::ProviderCallStarted(
            ProviderCallStarted::default(),
        ));
        writer
    }

    /// Opens a text.
    pub fn open_text(&mut self) -> ItemId {
        self.open(ItemKind::Text { refusal: false })
    }

    /// Opens a refusal.
    pub fn open_refusal(&mut self) -> ItemId {
        self.open(ItemKind::Text { refusal: true })
    }

    /// Opens a piece of reasoning.
    pub fn open_reasoning(&mut self, source: ReasoningSource) -> ItemId {
        self.open(ItemKind::Reasoning {
            source,
            part_of: None,
        })
    }

    /// Opens a tool call. The writer assigns an id if the provider's is not unique: empty, or that
    /// of another call of the reply or of a broken reply before it. Events do not show the
    /// arguments of a tool with secret arguments ([`ToolCatalog`](crate::ToolCatalog)).
    pub fn open_tool_call(&mut self, id: impl Into<String>, name: impl Into<String>) -> ItemId {
        let mut id = id.into();
        if id.is_empty() || self.call_ids.contains(&id) {
            id = format!("call_{}", self.ctx.next_id().replace('-', ""));
        }
        self.call_ids.insert(id.clone());
        let name = name.into();
        let tools = self.ctx.tools().cloned();
        let secrets = tools.filter(|tools| tools.has_secret_arguments(&name));
        self.open(ItemKind::ToolCall { id, name, secrets })
    }

    /// Adds a complete block without its own events, in order with the items.
    pub fn add_block(&mut self, block: Block) -> ItemId {
        self.note_output();
        self.items.push(Item::whole(block, &self.correlation));
        ItemId(self.items.len() - 1)
    }

    /// Like [`add_block`](Self::add_block), for a block that is incomplete until it is
    /// [closed](Self::close): if the reply breaks before that, it is marked incomplete.
    pub fn open_block(&mut self, block: Block) -> ItemId {
        let id = self.add_block(block);
        if let Some(item) = self.items.get_mut(id.0) {
            item.reopen();
        }
        id
    }

    fn open(&mut self, kind: ItemKind) -> ItemId {
        self.note_output();
        let item = Item::open(kind, self.items.len(), &self.correlation);
        let event = item.opened();
        self.emit(&item.correlation, event);
        self.items.push(item);
        ItemId(self.items.len() - 1)
    }

    /// Appends a delta to an open item. An empty delta has no effect.
    pub fn push(&mut self, id: ItemId, delta: &str) {
        if delta.is_empty() {
            return;
        }
        let Some(item) = self.items.get_mut(id.0).filter(|item| item.grows()) else {
            return;
        };
        let Some(event) = item.grow(delta) else {
            return;
        };
        let correlation = Arc::clone(&item.correlation);
        self.emit(&correlation, event);
    }

    /// Replaces the text of an open item, for a provider whose final text contradicts its deltas.
    /// Published deltas are not retracted; the event that closes the item, and the block, have the
    /// new text.
    pub fn replace(&mut self, id: ItemId, text: &str) {
        if let Some(item) = self.items.get_mut(id.0).filter(|item| item.grows()) {
            item.replace(text);
        }
    }

    /// Closes a complete item. `reason` is the provider's finish reason, if it has one.
    pub fn close(&mut self, id: ItemId, reason: Option<&str>) {
        let Some(item) = self.items.get_mut(id.0).filter(|item| item.is_open()) else {
            return;
        };
        if let Some(event) = item.close(reason) {
            let correlation = Arc::clone(&item.correlation);
            self.emit(&correlation, event);
        }
    }

    /// Ends an open item that stays incomplete although the reply continues, such as a tool call
    /// whose arguments the output limit truncated. It is kept and marked incomplete; a tool call is
    /// not requested.
    pub fn cut(&mut self, id: ItemId, why: Incomplete) {
        let Some(item) = self.items.get_mut(id.0).filter(|item| item.is_open()) else {
            return;
        };
        if let Some(event) = item.break_off(why) {
            let correlation = Arc::clone(&item.correlation);
            self.emit(&correlation, event);
        }
    }

    /// Revokes a closed tool call that must not run, for example because the reply was filtered
    /// later. Its block is marked incomplete, and it no longer counts as a pending call. For open
    /// items, use [`cut`](Self::cut).
    pub fn revoke(&mut self, id: ItemId, why: Incomplete) {
        self.cut(id, why);
        if let Some(item) = self.items.get_mut(id.0) {
            item.revoke(why);
        }
    }

    /// Returns the text of an item so far.
    #[must_use]
    pub fn text(&self, id: ItemId) -> &str {
        self.items.get(id.0).map_or("", Item::text)
    }

    /// Returns `true` if an item is open.
    #[must_use]
    pub fn is_open(&self, id: ItemId) -> bool {
        self.items.get(id.0).is_some_and(Item::is_open)
    }

    /// Returns the block of an item, for data that a provider stores with the text (ids, encrypted
    /// reasoning, annotations). Its text, call id, tool name and arguments are managed by the
    /// writer.
    pub fn block_mut(&mut self, id: ItemId) -> Option<&mut Block> {
        self.items.get_mut(id.0).map(|item| &mut item.block)
    }

    /// Publishes an event of this provider call, such as progress of a built-in tool.
    pub fn publish(&self, kind: EventKind) {
        self.note_report(&kind);
        self.emit(&self.correlation, kind);
    }

    /// Publishes the metadata of the reply known so far.
    pub fn metadata(&self, stop_reason: Option<&str>, usage: Option<&Usage>) {
        let mut event = ProviderCallMetadata::default();
        event.stop_reason = stop_reason.map(str::to_owned);
        event.usage = usage.cloned().map(Box::new);
        self.publish(EventKind::ProviderCallMetadataUpdated(event));
    }

    /// Replaces the model's name by the one reported by the provider.
    pub fn set_model(&mut self, model: &str) {
        if !model.is_empty() && self.model != model {
            model.clone_into(&mut self.model);
        }
    }

    /// Returns the number of this attempt at the provider call, starting at 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.correlation.attempt.unwrap_or(1)
    }

    /// Returns the turn at the start of the call, from which the request is built.
    #[must_use]
    pub fn asked(&self) -> &Turn {
        &self.before
    }

    /// Returns `true` if there is any output.
    #[must_use]
    pub fn has_output(&self) -> bool {
        self.first_output.is_some()
    }

    /// Returns `true` if a tool call was opened.
    #[must_use]
    pub fn has_tool_calls(&self) -> bool {
        self.items.iter().any(Item::is_tool_call)
    }

    fn note_output(&mut self) {
        if self.first_output.is_none() {
            self.first_output = Some(Instant::now());
            self.ctx.discard_set_aside();
        }
    }

    fn emit(&self, correlation: &Arc<Correlation>, kind: EventKind) {
        let (meta, correlation) = (Arc::clone(&self.meta), Arc::clone(correlation));
        self.ctx
            .publish_event(Event::in_context(kind, meta, correlation));
    }
}

/// Returns the ids of unanswered calls of earlier replies to the same request.
fn open_calls(ctx: &RunContext, turn: &Turn) -> HashSet<String> {
    let recorded = ctx.reply_log().map(|log| log.calls()).unwrap_or_default();
    if recorded.is_empty() {
        return HashSet::new();
    }
    let recorded: HashSet<&str> = recorded.iter().map(|own| own.call.id.as_str()).collect();
    let mut open = HashSet::new();
    for block in &turn.blocks {
        if let Some(call) = block.as_tool_call() {
            open.insert(call.id.as_str());
        } else if let Some(answer) = block.as_tool_use() {
            open.remove(answer.id.as_str());
        }
    }
    let both = open.intersection(&recorded);
    both.map(|id| (*id).to_owned()).collect()
}

impl std::fmt::Debug for ResponseWriter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseWriter")
            .field("provider", &self.provider)
            .field("model", &self.model)
            .field("items", &self.items.len())
            .finish_non_exhaustive()
    }
}
