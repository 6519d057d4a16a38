//! [`Streams`]: how many event streams may be open.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::StatusCode;

use crate::Problem;

/// Counts open event streams, in all and by owner.
pub(crate) struct Streams {
    max: usize,
    max_per_owner: usize,
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
struct Open {
    all: usize,
    by_owner: HashMap<String, usize>,
}

/// An open event stream; dropping it closes it.
pub(crate) struct Streaming {
    open: Arc<Mutex<Open>>,
    owner: String,
}

impl Streams {
    pub(crate) fn new(max: usize, max_per_owner: usize) -> Self {
        Self {
            max,
            max_per_owner,
            open: Arc::default(),
        }
    }

    /// Opens a stream.
    pub(crate) fn open(&self, owner: &str) -> Result<Streaming, Problem> {
        let mut open = lock(&self.open);
        let own = open.by_owner.get(owner).copied().unwrap_or_default();
        if open.all >= self.max || own >= self.max_per_owner {
            let detail = "too many event streams are open";
            let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too-many-streams", detail);
            return Err(problem
                .help("close other windows, or try again later")
                .retry_after(5));
        }
        open.all += 1;
        *open.by_owner.entry(owner.to_owned()).or_default() += 1;
        Ok(Streaming {
            open: Arc::clone(&self.open),
            owner: owner.to_owned(),
        })
    }
}

impl Streaming {
    /// Counts a further stream of the same owner, in place of this one.
    pub(crate) fn another(&self) -> Self {
        let mut open = lock(&self.open);
        open.all += 1;
        *open.by_owner.entry(self.owner.clone()).or_default() += 1;
        Self {
            open: Arc::clone(&self.open),
            owner: self.owner.clone(),
        }
    }
}

impl Drop for Streaming {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        open.all = open.all.saturating_sub(1);
        if let Some(own) = open.by_owner.get_mut(&self.owner) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                open.by_owner.remove(&self.owner);
            }
        }
    }
}

fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}
