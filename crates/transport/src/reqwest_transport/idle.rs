//! [`IdleConnections`]: upper bound on the idle connections to each server.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use reqwest::Url;

#[cfg(test)]
mod tests;

/// For each server, the number of replies that were read completely: at most so many connections to
/// it may be idle in the pool.
///
/// A server may close an idle connection while a request is on its way (RFC 9112, section 9.3.1). A
/// request that fails immediately is retried free of charge only if this may be the cause. Each
/// completed reply allows for one such retry, so a server that always fails receives no more
/// requests than the budget allows.
#[derive(Debug, Clone, Default)]
pub(super) struct IdleConnections {
    by_server: Arc<Mutex<HashMap<String, u32>>>,
}

impl IdleConnections {
    /// Returns `true` if an idle connection to the server may exist, and counts it as used.
    pub(super) fn take(&self, url: &Url) -> bool {
        let mut by_server = lock(&self.by_server);
        let server = server(url);
        let Some(count) = by_server.get_mut(&server) else {
            return false;
        };
        *count -= 1;
        if *count == 0 {
            by_server.remove(&server);
        }
        true
    }

    /// Marks a connection as in use.
    pub(super) fn lent(&self, url: &Url) -> Returned {
        Returned {
            to: self.clone(),
            server: server(url),
        }
    }
}

/// A connection in use.
#[derive(Debug)]
pub(super) struct Returned {
    to: IdleConnections,
    server: String,
}

impl Returned {
    /// Records that its reply was read completely.
    pub(super) fn now(self) {
        let mut by_server = lock(&self.to.by_server);
        let count = by_server.entry(self.server).or_default();
        *count = count.saturating_add(1);
    }
}

fn server(url: &Url) -> String {
    url.origin().ascii_serialization()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
