//! [`Rates`]: how often an owner may change something.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use tokio::time::{Duration, Instant};

/// Number of owners above which those that have not sent anything for some time are forgotten.
const MANY: usize = 4_096;

/// Token buckets, one per owner.
pub(crate) struct Rates {
    /// Tokens per second, and the size of a bucket.
    limits: Option<(u32, u32)>,
    buckets: Mutex<HashMap<String, Bucket>>,
}

struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Rates {
    pub(crate) fn new(limits: Option<(u32, u32)>) -> Self {
        Self {
            limits,
            buckets: Mutex::default(),
        }
    }

    /// Takes a token; otherwise returns the seconds until there is one.
    pub(crate) fn take(&self, owner: &str) -> Result<(), u32> {
        let Some((rate, size)) = self.limits else {
            return Ok(());
        };
        let (rate, size) = (f64::from(rate), f64::from(size));
        let now = Instant::now();
        let full_after = Duration::from_secs_f64(size / rate);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MANY && !buckets.contains_key(owner) {
            buckets.retain(|_, own| now.duration_since(own.filled) < full_after);
        }
        let bucket = buckets.entry(owner.to_owned()).or_insert(Bucket {
            tokens: size,
            filled: now,
        });
        let passed = now.duration_since(bucket.filled).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * rate).min(size);
        bucket.filled = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        // At least one token comes per second.
        Err(1)
    }
}
