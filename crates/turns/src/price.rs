//! [`Price`]: what tokens of a model cost.

use crate::Usage;

#[cfg(test)]
mod tests;

/// Tokens that prices are given for.
const MILLION: f64 = 1e6;

/// List price of a model in USD per million tokens.
///
/// A cost computed from it is an estimate: it knows nothing of discounts, service tiers, taxes, and the
/// fees of built-in tools.
///
/// ```
/// use geppetto_turns::{Price, Usage};
///
/// let price = Price::new(0.25, 2.0).with_cache_read(0.025);
/// let usage = Usage::new(1_000_000, 500_000).with_cached(400_000);
/// let cost = price.cost(&usage).unwrap();
/// assert!((cost - (0.15 + 0.01 + 1.0)).abs() < 1e-9);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Price {
    /// Of input that is neither read from a cache nor written to one.
    pub input: f64,
    /// Of output, including reasoning.
    pub output: f64,
    /// Of input read from a cache. That of other input by default.
    pub cache_read: f64,
    /// Of input written to a cache. That of other input by default.
    pub cache_write: f64,
    /// Largest prompt, in tokens, that the price applies to. No limit by default. Providers charge more
    /// for long prompts of some models, and the cost of such a prompt is unknown.
    pub max_input_tokens: Option<u64>,
}

impl Price {
    /// Creates a price for input and output.
    #[must_use]
    pub const fn new(input: f64, output: f64) -> Self {
        Self {
            input,
            output,
            cache_read: input,
            cache_write: input,
            max_input_tokens: None,
        }
    }

    /// Sets the price of input read from a cache.
    #[must_use]
    pub const fn with_cache_read(mut self, price: f64) -> Self {
        self.cache_read = price;
        self
    }

    /// Sets the price of input written to a cache.
    #[must_use]
    pub const fn with_cache_write(mut self, price: f64) -> Self {
        self.cache_write = price;
        self
    }

    /// Sets the largest prompt that the price applies to.
    #[must_use]
    pub const fn with_max_input_tokens(mut self, tokens: u64) -> Self {
        self.max_input_tokens = Some(tokens);
        self
    }

    /// Returns the cost of one call in USD. `None` if its usage was not reported, if the prompt is longer
    /// than the price allows, or if the price is not a finite number.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> Option<f64> {
        let is_longer = |limit| usage.input_tokens > limit;
        if usage.unreported_calls > 0 || self.max_input_tokens.is_some_and(is_longer) {
            return None;
        }
        let read = usage.cached_tokens.max(usage.cache_read_input_tokens);
        let written = usage.cache_creation_input_tokens;
        let other = usage
            .input_tokens
            .saturating_sub(read.saturating_add(written));
        let parts = [
            (other, self.input),
            (read, self.cache_read),
            (written, self.cache_write),
            (usage.output_tokens, self.output),
        ];
        let cost: f64 = parts.iter().map(|(count, price)| of(*count, *price)).sum();
        cost.is_finite().then_some(cost)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of tokens are far below 2^53"
)]
fn of(count: u64, price: f64) -> f64 {
    count as f64 / MILLION * price
}
