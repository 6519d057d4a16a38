//! [`Limits`], [`RunTotals`] and [`SessionTotals`]: limits and resource usage of runs.

use std::ops::AddAssign;

use geppetto_turns::Usage;
use serde::{Deserialize, Serialize};

/// Limits for all runs of a session together.
///
/// They are checked before each provider call: the call that exceeds a limit still completes. A run
/// that reaches a limit ends with [`RunStop::LimitReached`](crate::RunStop::LimitReached), and all
/// work is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Limits {
    /// Maximum number of tokens, prompt and output of all calls together. No limit by default.
    ///
    /// If a provider does not report its tokens, a reply counts with an estimate of one token per
    /// four bytes of prompt and output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_total_tokens: Option<u64>,
    /// Maximum number of provider calls, including retries and calls of sub-agents. No limit by
    /// default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_provider_calls: Option<u64>,
}

impl Limits {
    /// Creates limits without any restriction.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the maximum number of tokens.
    #[must_use]
    pub fn with_max_total_tokens(mut self, tokens: u64) -> Self {
        self.max_total_tokens = Some(tokens);
        self
    }

    /// Sets the maximum number of provider calls.
    #[must_use]
    pub fn with_max_provider_calls(mut self, calls: u64) -> Self {
        self.max_provider_calls = Some(calls);
        self
    }
}

/// Totals of all runs of a session, including sub-agents.
///
/// A session writes them to the metadata of each turn under
/// [`keys::SESSION_TOTALS`](crate::keys::SESSION_TOTALS), so that its [`Limits`] apply after it was
/// restored.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SessionTotals {
    /// Tokens of all provider calls.
    pub usage: Usage,
    /// Estimated tokens of calls whose provider reported no usage, as far as a limit required an
    /// estimate.
    #[serde(skip_serializing_if = "is_zero")]
    pub estimated_tokens: u64,
    /// Number of provider calls, including retries.
    pub provider_calls: u64,
    /// Number of tool calls that were run.
    pub tool_calls: u64,
}

impl SessionTotals {
    /// Returns the number of all tokens, including estimated ones.
    #[must_use]
    pub fn total_tokens(&self) -> u64 {
        self.usage
            .total_tokens()
            .saturating_add(self.estimated_tokens)
    }

    /// Returns the estimated cost in USD of all calls; `None` if that of any call is unknown. The cost of
    /// the others is in [`usage`](Self::usage).
    #[must_use]
    pub fn cost_usd(&self) -> Option<f64> {
        cost(&self.usage, self.provider_calls)
    }
}

/// The cost of a usage that covers this many calls.
fn cost(usage: &Usage, calls: u64) -> Option<f64> {
    usage.cost_usd.filter(|_| usage.priced_calls >= calls)
}

impl From<&RunTotals> for SessionTotals {
    fn from(run: &RunTotals) -> Self {
        Self {
            usage: run.usage.clone(),
            estimated_tokens: 0,
            provider_calls: u64::from(run.provider_calls),
            tool_calls: u64::from(run.tool_calls),
        }
    }
}

impl AddAssign<&Self> for SessionTotals {
    fn add_assign(&mut self, other: &Self) {
        self.usage += &other.usage;
        self.estimated_tokens = self.estimated_tokens.saturating_add(other.estimated_tokens);
        self.provider_calls = self.provider_calls.saturating_add(other.provider_calls);
        self.tool_calls = self.tool_calls.saturating_add(other.tool_calls);
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde wants"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Totals of a run: all of its provider calls, including retries and discarded calls, and its
/// tools.
///
/// A session writes them to the turn's metadata under [`keys::RUN_TOTALS`](crate::keys::RUN_TOTALS)
/// before the turn is stored.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RunTotals {
    /// Tokens of all provider calls. Calls for which the provider reported no usage are counted in
    /// [`unreported_calls`](Usage::unreported_calls).
    pub usage: Usage,
    /// Number of provider calls.
    pub provider_calls: u32,
    /// Number of tool calls that were run and answered.
    pub tool_calls: u32,
}

impl RunTotals {
    /// Returns the estimated cost in USD of all calls; `None` if that of any call is unknown. The cost of
    /// the others is in [`usage`](Self::usage).
    #[must_use]
    pub fn cost_usd(&self) -> Option<f64> {
        cost(&self.usage, u64::from(self.provider_calls))
    }
}

#[cfg(test)]
mod tests;
