//! Ended provider calls, and the totals of a run.

use std::sync::{Arc, atomic::Ordering};

use geppetto_events::{Correlation, Event, EventKind, kind::ProviderCallDiscarded};
use geppetto_turns::{InferenceResult, Turn};

use super::{RunContext, lock};
use crate::RunTotals;

#[cfg(test)]
mod tests;

/// Maximum number of ended calls kept per run. One attempt usually makes one call; only an engine
/// that calls several others makes more.
const REMEMBERED: usize = 8;

/// An ended provider call that can still be discarded.
pub(crate) struct EndedCall {
    /// Position among all calls of the run, starting at 1.
    pub(crate) position: u32,
    pub(crate) correlation: Arc<Correlation>,
    /// The engine's input.
    pub(crate) before: Turn,
    pub(crate) has_output: bool,
    /// Ids of the blocks that it appended.
    pub(crate) blocks: Vec<String>,
}

impl EndedCall {
    /// Returns `true` if the call was made on the conversation `turn`. Turns without ids are
    /// compared by their first blocks.
    fn is_of(&self, turn: &Turn) -> bool {
        let begins_alike = || turn.blocks.first() == self.before.blocks.first();
        turn.id == self.before.id && (!turn.id.is_empty() || begins_alike())
    }

    /// Returns `true` if its blocks were removed from the conversation that it was made for.
    fn is_undone_in(&self, turn: &Turn) -> bool {
        !self.blocks.is_empty()
            && self.is_of(turn)
            && !turn
                .blocks
                .iter()
                .any(|block| self.blocks.contains(&block.id))
    }
}

impl RunContext {
    /// Records that a provider call has ended.
    pub(crate) fn call_ended(&self, mut call: EndedCall, result: &InferenceResult) {
        self.undo_settings(&mut call.before);
        let mut ended = lock(&self.shared.ended);
        if ended.len() == REMEMBERED {
            ended.remove(0);
        }
        ended.push(call);
        drop(ended);
        *lock(&self.shared.last_result) = Some(result.clone());
    }

    /// Forgets the ended calls once a tool runs or a person is asked: neither can be undone.
    pub(super) fn settle_calls(&self, kind: &EventKind) {
        if matches!(
            kind,
            EventKind::ToolExecutionStarted(_)
                | EventKind::ToolResultReady(_)
                | EventKind::ToolCallWaiting(_)
        ) {
            lock(&self.shared.ended).clear();
        }
    }

    /// Discards the last provider call: resets `turn` to the input of the engine, and publishes
    /// `provider-call-discarded`, so that consumers remove its output.
    ///
    /// For a middleware that retries, or calls another engine, after a reply that broke off. The
    /// token usage of the call still counts. Returns `false`, and changes nothing, if there is no
    /// such call: none has ended, it is already discarded, or a tool that it requested has run.
    ///
    /// ```
    /// use async_trait::async_trait;
    /// use geppetto_engine::{Engine, EngineError, Middleware, Next, RunContext};
    /// use geppetto_turns::{InferenceResult, Turn};
    ///
    /// /// Asks a second engine when the first one fails.
    /// struct Fallback<E>(E);
    ///
    /// #[async_trait]
    /// impl<E: Engine> Middleware for Fallback<E> {
    ///     async fn run(
    ///         &self,
    ///         ctx: &RunContext,
    ///         turn: &mut Turn,
    ///         next: Next<'_>,
    ///     ) -> Result<InferenceResult, EngineError> {
    ///         match next.run(ctx, turn).await {
    ///             Err(error) if !error.is_cancelled() => {
    ///                 ctx.discard_last_call(turn, error.to_string());
    ///                 self.0.run_inference(ctx, turn).await
    ///             }
    ///             outcome => outcome,
    ///         }
    ///     }
    /// }
    /// ```
    pub fn discard_last_call(&self, turn: &mut Turn, reason: impl Into<String>) -> bool {
        let last = lock(&self.shared.ended).pop();
        let Some(call) = last else {
            return false;
        };
        self.announce_discarded(&call, reason.into());
        *turn = call.before;
        true
    }

    /// Discards every provider call that ended since [`provider_calls`](Self::provider_calls) was
    /// `since`, as [`discard_last_call`](Self::discard_last_call) does. Returns the number of
    /// discarded calls.
    pub fn discard_calls_since(&self, since: u32, turn: &mut Turn, reason: &str) -> usize {
        let calls = self.take_calls_since(since);
        for call in &calls {
            self.announce_discarded(call, reason.to_owned());
        }
        let count = calls.len();
        if let Some(first) = calls.into_iter().next() {
            *turn = first.before;
        }
        count
    }

    /// Takes the ended calls that started after the first `since`.
    pub(super) fn take_calls_since(&self, since: u32) -> Vec<EndedCall> {
        let mut ended = lock(&self.shared.ended);
        let kept = ended.partition_point(|call| call.position <= since);
        ended.split_off(kept)
    }

    /// Announces calls as discarded whose output a middleware removed by resetting the turn, before
    /// the next provider call is shown.
    pub(crate) fn discard_undone(&self, turn: &Turn) {
        loop {
            let undone = {
                let mut ended = lock(&self.shared.ended);
                let is_undone = ended.last().is_some_and(|call| call.is_undone_in(turn));
                if is_undone { ended.pop() } else { None }
            };
            let Some(call) = undone else {
                return;
            };
            self.announce_discarded(&call, "it was replaced by another reply".to_owned());
        }
    }

    pub(super) fn announce_discarded(&self, call: &EndedCall, reason: String) {
        let kind = EventKind::ProviderCallDiscarded(ProviderCallDiscarded::new(reason));
        self.publish_event(
            Event::new(kind)
                .with_meta(Arc::clone(&self.meta))
                .with_correlation(Arc::clone(&call.correlation)),
        );
    }

    /// Returns `true` if a provider call that ended since [`provider_calls`](Self::provider_calls)
    /// was `since` produced any output, and can still be discarded.
    #[must_use]
    pub fn has_output_since(&self, since: u32) -> bool {
        let ended = lock(&self.shared.ended);
        ended
            .iter()
            .any(|call| call.position > since && call.has_output)
    }

    /// Adds to the number of tools that were run.
    pub fn add_tool_calls(&self, count: u32) {
        self.shared.tool_calls.fetch_add(count, Ordering::Relaxed);
    }

    /// Returns the number of tools run so far, excluding rejected calls.
    #[must_use]
    pub fn tool_calls(&self) -> u32 {
        self.shared.tool_calls.load(Ordering::Relaxed)
    }

    /// Returns the resource usage of the run so far: tokens, provider calls, tool calls.
    #[must_use]
    pub fn totals(&self) -> RunTotals {
        RunTotals {
            usage: self.total_usage(),
            provider_calls: self.provider_calls(),
            tool_calls: self.tool_calls(),
        }
    }

    /// Returns the result of the provider call that ended last, even if it was discarded.
    #[must_use]
    pub fn last_result(&self) -> Option<InferenceResult> {
        lock(&self.shared.last_result).clone()
    }
}
