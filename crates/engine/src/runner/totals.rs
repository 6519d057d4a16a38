//! [`Limits`], [`RunTotals`] and [`SessionTotals`]: what runs may take, and what they took.

use std::ops::AddAssign;

use geppetto_turns::Usage;
use serde::{Deserialize, Serialize};

/// Limits of all runs of a session together.
///
/// They are checked before each provider call: the call during which a limit is passed is still
/// completed. A run that meets a limit ends with [`RunStop::LimitReached`](crate::RunStop::LimitReached), and all work is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Limits {
    /// The maximum number of tokens, prompt and output of all calls together. No limit by default.
    ///
    /// A reply whose provider does not report its tokens is counted with an estimate, one token
    /// for four bytes of prompt and output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_total_tokens: Option<u64>,
    /// The maximum number of provider calls, attempts and calls of sub-agents included. No limit by
    /// default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_provider_calls: Option<u64>,
}

impl Limits {
    /// No limits.
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

/// What all runs of a session took together, sub-agents included.
///
/// A session writes it into the metadata of each turn under
/// [`keys::SESSION_TOTALS`](crate::keys::SESSION_TOTALS), so that its [`Limits`] hold after it was
/// restored.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SessionTotals {
    /// The tokens of all provider calls.
    pub usage: Usage,
    /// The tokens of calls whose provider reported no usage, as far as a limit made an estimate
    /// necessary.
    #[serde(skip_serializing_if = "is_zero")]
    pub estimated_tokens: u64,
    /// The number of provider calls, attempts included.
    pub provider_calls: u64,
    /// The number of tool calls that were run.
    pub tool_calls: u64,
}

impl SessionTotals {
    /// All tokens, estimated ones included.
    #[must_use]
    pub fn total_tokens(&self) -> u64 {
        self.usage
            .total_tokens()
            .saturating_add(self.estimated_tokens)
    }
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

/// What a run took: all of its provider calls, attempts and discarded ones included, and its
/// tools.
///
/// A session writes it into the turn's metadata under
/// [`keys::RUN_TOTALS`](crate::keys::RUN_TOTALS) before the turn is stored.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RunTotals {
    /// The tokens of all provider calls. Calls for which the provider reported no usage are
    /// counted in [`unreported_calls`](Usage::unreported_calls).
    pub usage: Usage,
    /// The number of provider calls.
    pub provider_calls: u32,
    /// The number of tool calls that were run and answered.
    pub tool_calls: u32,
}
