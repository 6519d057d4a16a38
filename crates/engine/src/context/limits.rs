//! Limits for all runs of a session, and the remaining budget.

use std::sync::{Arc, atomic::Ordering};

use geppetto_events::{EventKind, kind::Info};
use geppetto_turns::{Block, Content, Turn};

use super::{RunContext, lock};
use crate::{Limit, Limits, SessionTotals};

#[cfg(test)]
mod tests;

/// Bytes of text per token: typical of English text with common tokenizers.
const BYTES_PER_TOKEN: u64 = 4;

/// Limits of a session, and the totals of its earlier runs.
#[derive(Debug)]
pub(super) struct Budget {
    limits: Limits,
    earlier: SessionTotals,
}

/// Estimated tokens of provider calls whose usage was not reported.
#[derive(Debug, Default)]
pub(super) struct Estimate {
    tokens: u64,
    /// Number of estimated calls.
    calls: u64,
}

impl RunContext {
    /// Sets the limits of the run's session, and the totals of its earlier runs.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits, earlier: SessionTotals) -> Self {
        self.budget = Some(Arc::new(Budget { limits, earlier }));
        self
    }

    /// Returns the session limit that is reached, if any, in which case no further provider call is
    /// allowed. Checks the limits of parent runs as well.
    ///
    /// `turn` is the conversation, used for an estimate if the provider does not report usage.
    #[must_use]
    pub fn limit_reached(&self, turn: &Turn) -> Option<Limit> {
        self.limit_reached_with(Some(turn))
    }

    fn limit_reached_with(&self, turn: Option<&Turn>) -> Option<Limit> {
        let own = self.budget.as_ref().and_then(|budget| {
            let Budget { limits, earlier } = &**budget;
            if let Some(most) = limits.max_provider_calls
                && earlier.provider_calls.saturating_add(self.requests()) >= most
            {
                return Some(Limit::SessionProviderCalls(most));
            }
            let most = limits.max_total_tokens?;
            let tokens = turn.map_or_else(|| self.known_tokens(), |turn| self.tokens(turn));
            let taken = earlier.total_tokens().saturating_add(tokens);
            (taken >= most).then_some(Limit::SessionTokens(most))
        });
        // The conversation of the outer run is not available; only its known tokens count.
        own.or_else(|| self.parent()?.limit_reached_with(None))
    }

    /// Returns the tokens of the run so far, prompt and output of all calls. If a provider does not
    /// report the usage of a call, it is estimated from the conversation `turn`: one token per four
    /// bytes. The first estimate publishes an `info` event.
    pub fn tokens(&self, turn: &Turn) -> u64 {
        let unreported = self.total_usage().unreported_calls;
        let mut estimate = lock(&self.shared.estimate);
        let new = unreported.saturating_sub(estimate.calls);
        let is_first = new > 0 && estimate.calls == 0;
        if new > 0 {
            let bytes: u64 = turn.blocks.iter().map(|block| size(block)).sum();
            let tokens = bytes.div_ceil(BYTES_PER_TOKEN).saturating_mul(new);
            estimate.tokens = estimate.tokens.saturating_add(tokens);
            estimate.calls = unreported;
        }
        drop(estimate);
        if is_first {
            let message = "the provider does not report token usage; the token limit is held by \
                           an estimate of one token for four bytes";
            self.publish(EventKind::Info(Info::new(message, None)));
        }
        self.known_tokens()
    }

    /// Returns the reported tokens, and those estimated so far.
    fn known_tokens(&self) -> u64 {
        let estimated = lock(&self.shared.estimate).tokens;
        self.total_usage().total_tokens().saturating_add(estimated)
    }

    /// Returns the totals of the session, including this run.
    #[must_use]
    pub fn session_totals(&self, earlier: &SessionTotals) -> SessionTotals {
        let estimated = lock(&self.shared.estimate).tokens;
        let mut totals = earlier.clone();
        totals.usage += &self.total_usage();
        totals.provider_calls = totals.provider_calls.saturating_add(self.requests());
        totals.tool_calls = totals
            .tool_calls
            .saturating_add(u64::from(self.tool_calls()));
        totals.estimated_tokens = totals.estimated_tokens.saturating_add(estimated);
        totals
    }

    /// Returns the number of provider calls of the run, including inner work.
    fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// Counts a provider call of this run and of its parent runs.
    pub(super) fn count_request(&self) {
        let mut run = Some(self);
        while let Some(own) = run {
            own.shared.requests.fetch_add(1, Ordering::Relaxed);
            run = own.parent();
        }
    }
}

fn size(block: &Block) -> u64 {
    let bytes = match &block.content {
        Content::ToolCall(call) => call.name.len() + call.args.as_str().len(),
        Content::ToolUse(answer) => answer.output().len(),
        _ => block.text().map_or(0, str::len),
    };
    bytes as u64
}
