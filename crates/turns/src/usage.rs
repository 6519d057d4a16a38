//! [`Usage`]: token usage, counted the same way for every provider.

use std::{
    iter::Sum,
    ops::{Add, AddAssign},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error, ser::SerializeMap};
use serde_json::Value;

use crate::{Extra, Price, serial::Fields};

#[cfg(test)]
mod tests;

/// Token usage of one provider call, or the sum over several.
///
/// The counts have the same meaning for every provider: `input_tokens` is the full prompt,
/// including cache reads and writes; `output_tokens` is all generated tokens, including reasoning.
/// The other counts are subsets of these two.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Usage {
    /// Tokens of the full prompt.
    pub input_tokens: u64,
    /// All generated tokens.
    pub output_tokens: u64,
    /// Prompt tokens read from a cache.
    pub cached_tokens: u64,
    /// Prompt tokens written to a cache.
    pub cache_creation_input_tokens: u64,
    /// Prompt tokens read from a cache, under the name used by some providers; equal to
    /// `cached_tokens` if set by the engines of this project.
    pub cache_read_input_tokens: u64,
    /// Output tokens spent on reasoning.
    pub reasoning_tokens: u64,
    /// Number of provider calls not included in the counts because they ended before the provider
    /// reported usage (cancelled or cut off).
    pub unreported_calls: u64,
    /// Estimated cost in USD of the calls whose price is known; `None` if no price is known. See
    /// [`Price`].
    pub cost_usd: Option<f64>,
    /// Number of provider calls included in the cost. If it is less than the number of all calls, the
    /// cost of the others is unknown.
    pub priced_calls: u64,
    /// Unknown keys, such as the provider's own object under `raw`.
    pub extra: Extra,
}

impl Usage {
    /// Creates a usage of `input` prompt tokens and `output` generated tokens.
    #[must_use]
    pub fn new(input: u64, output: u64) -> Self {
        Self {
            input_tokens: input,
            output_tokens: output,
            ..Self::default()
        }
    }

    /// Creates the usage of a call that ended before the provider reported it.
    #[must_use]
    pub fn unreported() -> Self {
        Self {
            unreported_calls: 1,
            ..Self::default()
        }
    }

    /// Sets the prompt tokens read from a cache.
    #[must_use]
    pub fn with_cached(mut self, tokens: u64) -> Self {
        self.cached_tokens = tokens;
        self.cache_read_input_tokens = tokens;
        self
    }

    /// Sets the prompt tokens written to a cache.
    #[must_use]
    pub fn with_cache_creation(mut self, tokens: u64) -> Self {
        self.cache_creation_input_tokens = tokens;
        self
    }

    /// Sets the output tokens spent on reasoning.
    #[must_use]
    pub fn with_reasoning(mut self, tokens: u64) -> Self {
        self.reasoning_tokens = tokens;
        self
    }

    /// Sets the cost of one call by the list price of its model. Without effect if the price gives none.
    #[must_use]
    pub fn with_price(mut self, price: &Price) -> Self {
        if let Some(cost) = price.cost(&self) {
            self.cost_usd = Some(cost);
            self.priced_calls = 1;
        }
        self
    }

    /// Sets the provider's own usage object.
    #[must_use]
    pub fn with_raw(mut self, raw: Value) -> Self {
        self.extra.set("raw", raw);
        self
    }

    /// Returns the provider's own usage object, if present. A sum has none.
    #[must_use]
    pub fn raw(&self) -> Option<&Value> {
        self.extra.get("raw")
    }

    /// Returns the sum of input and output tokens.
    #[must_use]
    pub fn total_tokens(&self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }

    /// Returns `true` if all counts are zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.counts().iter().all(|(_, count)| *count == 0)
    }

    fn counts(&self) -> [(&'static str, u64); 8] {
        [
            ("input_tokens", self.input_tokens),
            ("output_tokens", self.output_tokens),
            ("cached_tokens", self.cached_tokens),
            (
                "cache_creation_input_tokens",
                self.cache_creation_input_tokens,
            ),
            ("cache_read_input_tokens", self.cache_read_input_tokens),
            ("reasoning_tokens", self.reasoning_tokens),
            ("unreported_calls", self.unreported_calls),
            ("priced_calls", self.priced_calls),
        ]
    }
}

impl AddAssign<&Usage> for Usage {
    /// Adds the counts. Other values cannot be added and are dropped.
    fn add_assign(&mut self, other: &Self) {
        let add = |a: &mut u64, b: u64| *a = a.saturating_add(b);
        add(&mut self.input_tokens, other.input_tokens);
        add(&mut self.output_tokens, other.output_tokens);
        add(&mut self.cached_tokens, other.cached_tokens);
        add(
            &mut self.cache_creation_input_tokens,
            other.cache_creation_input_tokens,
        );
        add(
            &mut self.cache_read_input_tokens,
            other.cache_read_input_tokens,
        );
        add(&mut self.reasoning_tokens, other.reasoning_tokens);
        add(&mut self.unreported_calls, other.unreported_calls);
        add(&mut self.priced_calls, other.priced_calls);
        if let Some(cost) = other.cost_usd {
            self.cost_usd = Some(self.cost_usd.unwrap_or_default() + cost);
        }
        self.extra = Extra::default();
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        *self += &other;
    }
}

impl Add for Usage {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += &other;
        self
    }
}

impl Sum for Usage {
    fn sum<I: Iterator<Item = Self>>(usages: I) -> Self {
        usages.fold(Self::default(), Add::add)
    }
}

impl<'a> Sum<&'a Self> for Usage {
    fn sum<I: Iterator<Item = &'a Self>>(usages: I) -> Self {
        usages.fold(Self::default(), |mut sum, usage| {
            sum += usage;
            sum
        })
    }
}

impl Serialize for Usage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (position, (name, count)) in self.counts().into_iter().enumerate() {
            // The two counts of every usage are written even if they are zero.
            if position < 2 || count != 0 {
                map.serialize_entry(name, &count)?;
            }
        }
        if let Some(cost) = self.cost_usd {
            map.serialize_entry("cost_usd", &cost)?;
        }
        for (key, value) in self.extra.iter() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Usage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = Fields::deserialize(deserializer)?;
        let mut count = |name| fields.count(name).map(Option::unwrap_or_default);
        Ok(Self {
            input_tokens: count("input_tokens")?,
            output_tokens: count("output_tokens")?,
            cached_tokens: count("cached_tokens")?,
            cache_creation_input_tokens: count("cache_creation_input_tokens")?,
            cache_read_input_tokens: count("cache_read_input_tokens")?,
            reasoning_tokens: count("reasoning_tokens")?,
            unreported_calls: count("unreported_calls")?,
            priced_calls: count("priced_calls")?,
            cost_usd: cost(fields.take("cost_usd"))?,
            extra: fields.rest(),
        })
    }
}

fn cost<E: Error>(value: Option<Value>) -> Result<Option<f64>, E> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_f64() {
            Some(cost) => Ok(Some(cost)),
            None => Err(E::custom("cost_usd: is not a number")),
        },
    }
}
