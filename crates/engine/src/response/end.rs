//! End of a reply: its result, its blocks, and the requested tool calls.

use std::sync::Arc;

use geppetto_events::{
    Correlation, EventKind,
    kind::{ErrorEvent, Interrupt, ProviderCallFinished},
};
use geppetto_turns::{
    Block, FinishClass, Incomplete, InferenceResult, Usage,
    keys::{block_meta, turn_meta},
};
use tokio::time::Instant;

use super::{Finish, ItemId, RequestedCall, ResponseWriter, item::Item, parts, slot};
use crate::{EngineError, ErrorKind, context::EndedCall};

impl ResponseWriter<'_> {
    /// Counts the tokens of an attempt at this call that broke off before any output, and is repeated.
    /// They are part of the run's total and of
    /// [`ProviderCallFinished::discarded_usage`](geppetto_events::kind::ProviderCallFinished), not of the
    /// reply's usage.
    pub fn discard_attempt(&mut self, usage: &Usage) {
        self.ctx.add_usage(usage);
        **self.discarded.get_or_insert_default() += usage;
    }

    /// Ends a complete reply: closes open items, appends the blocks, and announces the end.
    pub fn finish(mut self, finish: Finish) -> InferenceResult {
        self.ctx.discard_set_aside();
        for index in 0..self.items.len() {
            self.close(ItemId(index), finish.stop_reason.as_deref());
        }
        let class = finish.class.clone();
        self.end(finish, class)
    }

    /// Ends a broken reply: keeps the partial reply, marked incomplete, and announces the end.
    /// Returns the error.
    pub fn fail(mut self, error: EngineError, known: Finish) -> EngineError {
        self.break_off(&error, known);
        error
    }

    fn break_off(&mut self, error: &EngineError, known: Finish) {
        let (why, class) = match error.kind() {
            ErrorKind::Cancelled => (Incomplete::Cancelled, FinishClass::Interrupted),
            ErrorKind::Truncated => (Incomplete::Truncated, FinishClass::Error),
            _ => (Incomplete::Failed, FinishClass::Error),
        };
        for index in 0..self.items.len() {
            self.cut(ItemId(index), why);
        }
        self.incomplete = Some(why);
        self.publish(match error.kind() {
            ErrorKind::Cancelled => EventKind::Interrupt(Interrupt::new(self.written_text())),
            _ => EventKind::Error(ErrorEvent::new(error.to_string())),
        });
        self.end(known, class);
    }

    fn written_text(&self) -> String {
        let texts = self.items.iter().filter(|item| item.is_text());
        texts.map(Item::text).collect()
    }

    fn end(&mut self, finish: Finish, class: FinishClass) -> InferenceResult {
        self.ended = true;
        let mut result = InferenceResult::new(
            std::mem::take(&mut self.provider),
            std::mem::take(&mut self.model),
        );
        result.truncated = matches!(
            class,
            FinishClass::MaxTokens
                | FinishClass::ContextWindow
                | FinishClass::Interrupted
                | FinishClass::Error
        );
        result.finish_class = class;
        result.stop_reason = finish.stop_reason;
        result.usage = Some(finish.usage.unwrap_or_else(Usage::unreported));
        result.max_tokens = self.meta.max_tokens;
        result.duration_ms = Some(millis(self.started, Instant::now()));
        result.time_to_first_token_ms = self.first_output.map(|first| millis(self.started, first));
        result.request_id = finish.request_id;
        result.response_id = finish.response_id;
        result.details = finish.details;
        if let Some(usage) = &result.usage {
            self.ctx.add_usage(usage);
        }
        let has_tool_calls = self.items.iter().any(Item::is_requested_call);
        let whole = match self.incomplete {
            Some(_) => parts::whole(&self.items),
            None => Vec::new(),
        };
        let Appended { ids: blocks, order } = self.append_blocks(&result);
        let mut event = ProviderCallFinished::default();
        event.order = order.into();
        event.whole = whole.into();
        event.incomplete = self.incomplete.map(|why| why.as_str().into());
        event.stop_reason.clone_from(&result.stop_reason);
        event.finish_class = Some(result.finish_class.to_string());
        event.usage = result.usage.clone().map(Box::new);
        event.discarded_usage = self.discarded.take();
        event.duration_ms = result.duration_ms;
        event.has_tool_calls = has_tool_calls;
        self.publish(EventKind::ProviderCallFinished(Box::new(event)));
        let ended = EndedCall {
            position: self.position,
            correlation: Arc::clone(&self.correlation),
            before: std::mem::take(&mut self.before),
            has_output: self.has_output(),
            blocks,
        };
        self.ctx.call_ended(ended, &result);
        result
    }

    fn append_blocks(&mut self, result: &InferenceResult) -> Appended {
        let mut ids = Vec::new();
        let value = serde_json::to_value(result).unwrap_or_default();
        let opened: Vec<Option<String>> = self.items.iter().map(Item::segment).collect();
        parts::gather(&mut self.items);
        let places = slot::order(&self.items);
        self.store_reports(&places);
        let mut requested = Vec::new();
        let items = slot::in_order(std::mem::take(&mut self.items), &places);
        let mut order: Vec<Option<String>> = items.iter().map(Item::segment).collect();
        if order == opened {
            order.clear();
        }
        // Without a run, segment ids repeat.
        let has_run = self
            .correlation
            .run_id
            .as_ref()
            .is_some_and(|id| !id.is_empty());
        for item in items {
            let is_requested = item.is_requested_call();
            let correlation = Arc::clone(&item.correlation);
            let segment = item.segment().filter(|_| has_run);
            let Some(mut block) = item.into_block() else {
                continue;
            };
            if block.id.is_empty() {
                block.id = segment.unwrap_or_else(|| self.ctx.next_id());
            }
            if block.incomplete().is_some() {
                // A broken block names its call; complete ones share the turn's result.
                block
                    .metadata
                    .set_raw(block_meta::INFERENCE_RESULT.id(), value.clone());
            } else if is_requested {
                requested.push((block.clone(), correlation));
            }
            ids.push(block.id.clone());
            self.turn.push(block);
        }
        self.turn
            .metadata
            .set_raw(turn_meta::INFERENCE_RESULT.id(), value);
        self.record(requested, result);
        let order = order.into_iter().flatten().collect();
        Appended { ids, order }
    }

    /// Reports the requested calls to the tool loop.
    fn record(&self, requested: Vec<(Block, Arc<Correlation>)>, result: &InferenceResult) {
        let (Some(log), Some(offer)) = (self.ctx.reply_log(), &self.offer) else {
            return;
        };
        let last = requested.len();
        let calls = requested.into_iter().enumerate();
        let calls = calls.filter_map(|(index, (block, correlation))| {
            Some(RequestedCall {
                call: block.as_tool_call()?.clone(),
                block_id: block.id,
                correlation,
                finish_class: result.finish_class.clone(),
                truncated: result.truncated,
                is_last: index + 1 == last,
                offer: Arc::clone(offer),
            })
        });
        log.add(calls.collect());
    }
}

/// The blocks of a reply.
struct Appended {
    ids: Vec<String>,
    /// Ids of the segments in the order of the blocks; empty if it is that in which they started.
    order: Vec<String>,
}

fn millis(from: Instant, to: Instant) -> u64 {
    u64::try_from(to.saturating_duration_since(from).as_millis()).unwrap_or(u64::MAX)
}

impl Drop for ResponseWriter<'_> {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let error = if self.ctx.is_cancelled() {
            EngineError::cancelled()
        } else {
            EngineError::new(ErrorKind::Other, "the provider call was abandoned")
        };
        self.break_off(&error, Finish::default());
    }
}
