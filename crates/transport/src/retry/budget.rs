//! [`RetryBudget`]: a retry limit shared by all requests.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use geppetto_engine::RetryLimit;
use tokio::time::Instant;

/// Deposit of each request: one retry per five requests.
const DEFAULT_RATIO: f64 = 0.2;
/// Refill rate, in retries per second.
const DEFAULT_RESERVE_PER_SECOND: f64 = 1.0;
/// Maximum number of retries that accumulate over time; also the initial number.
const DEFAULT_RESERVE: f64 = 10.0;
/// Maximum number of retries that requests can accumulate.
const CAPACITY: f64 = 1000.0;
/// Price of a retry: one token, minus the rounding error of summing fractions such as 0.2.
const PRICE: f64 = 1.0 - 1e-6;

/// Retry limit shared by all requests, so that an outage does not triple the load.
///
/// A token bucket, one token per retry. Every request deposits `ratio` tokens (0.2, for at most 20
/// % additional load), and a small reserve refills over time (1 per second, up to 10), so that a
/// program with little traffic can always retry. At most 1,000 tokens accumulate. There is no retry
/// if the bucket is empty.
///
/// Clones share the bucket: give one to all engines that talk to the same provider. The maximum
/// number of attempts limits the retries of one request; the budget limits those of all requests.
#[derive(Clone)]
pub struct RetryBudget {
    shared: Option<Arc<Shared>>,
}

struct Shared {
    ratio: f64,
    reserve_per_second: f64,
    reserve: f64,
    bucket: Mutex<Bucket>,
}

struct Bucket {
    tokens: f64,
    refilled: Option<Instant>,
}

impl RetryBudget {
    /// Creates the default budget: 20 % of requests, and a reserve of 10 refilled by 1 per second.
    #[must_use]
    pub fn new() -> Self {
        Self::with_limits(DEFAULT_RATIO, DEFAULT_RESERVE_PER_SECOND, DEFAULT_RESERVE)
    }

    /// Creates a budget of `ratio` retries per request, with a reserve of `reserve` tokens refilled
    /// by `reserve_per_second`. Negative values count as 0.
    #[must_use]
    pub fn with_limits(ratio: f64, reserve_per_second: f64, reserve: f64) -> Self {
        let reserve = reserve.max(0.0);
        Self {
            shared: Some(Arc::new(Shared {
                ratio: ratio.max(0.0),
                reserve_per_second: reserve_per_second.max(0.0),
                reserve,
                bucket: Mutex::new(Bucket {
                    tokens: reserve,
                    refilled: None,
                }),
            })),
        }
    }

    /// Creates an unlimited budget; only the attempts of each request are limited.
    #[must_use]
    pub fn unlimited() -> Self {
        Self { shared: None }
    }

    /// Deposits the tokens of one request.
    pub fn deposit(&self) {
        if let Some(shared) = &self.shared {
            let mut bucket = shared.refilled();
            bucket.tokens = (bucket.tokens + shared.ratio).min(CAPACITY.max(shared.reserve));
        }
    }

    /// Withdraws a token for one retry. Returns `true` if there was one.
    #[must_use]
    pub fn withdraw(&self) -> bool {
        let Some(shared) = &self.shared else {
            return true;
        };
        let mut bucket = shared.refilled();
        let paid = bucket.tokens >= PRICE;
        if paid {
            bucket.tokens -= PRICE;
        }
        paid
    }
}

impl Shared {
    /// Returns the bucket, refilled for the time since the last access.
    fn refilled(&self) -> MutexGuard<'_, Bucket> {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let since = bucket.refilled.replace(now).unwrap_or(now);
        if bucket.tokens < self.reserve {
            let paid = now.saturating_duration_since(since).as_secs_f64() * self.reserve_per_second;
            bucket.tokens = (bucket.tokens + paid).min(self.reserve);
        }
        bucket
    }
}

impl RetryLimit for RetryBudget {
    fn withdraw(&self) -> bool {
        Self::withdraw(self)
    }
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for RetryBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.shared {
            Some(shared) => f
                .debug_struct("RetryBudget")
                .field("ratio", &shared.ratio)
                .field("reserve_per_second", &shared.reserve_per_second)
                .field("tokens", &shared.refilled().tokens)
                .finish(),
            None => f.write_str("RetryBudget(unlimited)"),
        }
    }
}
