//! Retries: number of attempts, delays and budget.

use std::{
    fmt,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use geppetto_engine::EngineError;

pub use budget::RetryBudget;

mod budget;
#[cfg(test)]
mod tests;

/// Policy for retrying failed attempts.
///
/// Applies only to failures before any output was emitted, because output cannot be retracted. An
/// attempt is retried if all of the following hold:
///
/// - the error [is retryable](EngineError::is_retryable): 408, 409, 429, 5xx, connect and reset
///   errors, or a first-byte timeout, unless the provider stated otherwise;
/// - fewer than [`max_attempts`](Self::with_max_attempts) attempts were made, including the first;
///   3 by default;
/// - the delay requested by the provider is at most
///   [`max_retry_after`](Self::with_max_retry_after); 60 s by default. Otherwise the error is
///   returned immediately, with the requested delay, and the caller can decide;
/// - the [budget](RetryBudget) has a token left.
///
/// A request that fails on a reused idle connection is retried once, immediately and without a
/// token: servers close idle connections at any time, and have not seen the request. It counts as
/// an attempt.
///
/// Delays are drawn uniformly between zero and `base * factor^(retries so far)` ("full jitter"),
/// capped at `cap`; 500 ms, 2 and 8 s by default. A delay requested by the provider is a lower
/// bound.
///
/// Clones share the budget and the jitter source.
#[derive(Clone)]
pub struct RetryPolicy {
    max_attempts: NonZeroU32,
    base: Duration,
    factor: f64,
    cap: Duration,
    max_retry_after: Duration,
    budget: RetryBudget,
    jitter: Arc<Mutex<fastrand::Rng>>,
}

impl RetryPolicy {
    /// Creates the default policy, with a budget of its own.
    #[must_use]
    pub fn new() -> Self {
        Self {
            max_attempts: NonZeroU32::MIN.saturating_add(2),
            base: Duration::from_millis(500),
            factor: 2.0,
            cap: Duration::from_secs(8),
            max_retry_after: Duration::from_secs(60),
            budget: RetryBudget::new(),
            jitter: Arc::new(Mutex::new(fastrand::Rng::new())),
        }
    }

    /// Creates a policy without retries.
    #[must_use]
    pub fn never() -> Self {
        Self::new().with_max_attempts(NonZeroU32::MIN)
    }

    /// Sets the maximum number of attempts, including the first.
    #[must_use]
    pub fn with_max_attempts(mut self, attempts: NonZeroU32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Sets the maximum delay before the first retry, its growth factor per retry, and the upper
    /// limit of all delays. A factor below 1, or NaN, counts as 1.
    #[must_use]
    pub fn with_backoff(mut self, base: Duration, factor: f64, cap: Duration) -> Self {
        self.base = base;
        self.factor = factor.max(1.0);
        self.cap = cap;
        self
    }

    /// Sets the longest delay requested by a provider that is honoured.
    #[must_use]
    pub fn with_max_retry_after(mut self, longest: Duration) -> Self {
        self.max_retry_after = longest;
        self
    }

    /// Sets the budget, which is shared with all its clones.
    #[must_use]
    pub fn with_budget(mut self, budget: RetryBudget) -> Self {
        self.budget = budget;
        self
    }

    /// Seeds the jitter, for reproducible delays.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.jitter = Arc::new(Mutex::new(fastrand::Rng::with_seed(seed)));
        self
    }

    /// Starts a request with its first attempt, which pays into the budget.
    #[must_use]
    pub fn start(&self) -> Retry {
        self.budget.deposit();
        self.start_repeat()
    }

    /// Starts a request that repeats an earlier one under a permit
    /// ([`EngineError::take_retry_permit`]). It does not pay into the budget.
    #[must_use]
    pub fn start_repeat(&self) -> Retry {
        let rng = self
            .jitter
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .fork();
        Retry {
            policy: self.clone(),
            attempt: 1,
            free: true,
            rng,
        }
    }

    /// Returns the budget.
    #[must_use]
    pub fn budget(&self) -> &RetryBudget {
        &self.budget
    }

    /// Returns the maximum delay before the retry that follows attempt number `attempt`.
    fn ceiling(&self, attempt: u32) -> Duration {
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let seconds = self.base.as_secs_f64() * self.factor.powi(exponent);
        Duration::try_from_secs_f64(seconds).map_or(self.cap, |wait| wait.min(self.cap))
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for RetryPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RetryPolicy")
            .field("max_attempts", &self.max_attempts)
            .field("base", &self.base)
            .field("factor", &self.factor)
            .field("cap", &self.cap)
            .field("max_retry_after", &self.max_retry_after)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}

/// Retry state of one request, created by [`RetryPolicy::start`].
///
/// A value rather than a loop, so that an error found later, inside a reply with status 200, counts
/// against the same limits:
///
/// ```
/// # use geppetto_engine::EngineError;
/// # use geppetto_transport::RetryPolicy;
/// # async fn try_once(attempt: u32) -> Result<String, EngineError> { Ok(attempt.to_string()) }
/// # async fn run(policy: RetryPolicy) -> Result<String, EngineError> {
/// let mut retry = policy.start();
/// loop {
///     let error = match try_once(retry.attempt()).await {
///         Ok(reply) => return Ok(reply),
///         Err(error) => error,
///     };
///     match retry.next(&error) {
///         Some(delay) => tokio::time::sleep(delay).await,
///         None => return Err(error),
///     }
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Retry {
    policy: RetryPolicy,
    attempt: u32,
    /// `true` if the free retry is still available.
    free: bool,
    rng: fastrand::Rng,
}

impl Retry {
    /// Returns the maximum number of attempts, including the first.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        self.policy.max_attempts.get()
    }

    /// Returns the number of the current attempt, starting at 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Starts the next attempt of a request that failed on a reused idle connection: immediately,
    /// without a token of the budget, and only once.
    pub(crate) fn next_free(&mut self) -> Option<Duration> {
        let is_left = std::mem::take(&mut self.free);
        if !is_left || self.attempt >= self.policy.max_attempts.get() {
            return None;
        }
        self.attempt += 1;
        Some(Duration::ZERO)
    }

    /// Returns the delay before the next attempt and counts that attempt; `None` if the error is
    /// final.
    pub fn next(&mut self, error: &EngineError) -> Option<Duration> {
        let policy = &self.policy;
        if !error.is_retryable() || self.attempt >= policy.max_attempts.get() {
            return None;
        }
        let asked = error.retry_after().unwrap_or_default();
        if asked > policy.max_retry_after || !policy.budget.withdraw() {
            return None;
        }
        let jitter = policy.ceiling(self.attempt).mul_f64(self.rng.f64());
        self.attempt += 1;
        Some(jitter.max(asked))
    }
}
