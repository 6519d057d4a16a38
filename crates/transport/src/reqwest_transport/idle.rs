//! [`IdleConnections`]: upper bound on the idle connections to each server.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use reqwest::Url;

/// How many replies of each server were read to their end since: so many connections to it may be
/// waiting in the pool.
///
/// A server may close such a connection while a request is on its way to it (RFC 9112, section
/// 9.3.1). A request that breaks at once is repeated without a charge only if it can have met this:
/// each reply that was read allows for one such repetition, so that a server which always breaks is
/// never asked more often than the budget allows.
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

    /// A connection that is in use now.
    pub(super) fn lent(&self, url: &Url) -> Returned {
        Returned {
            to: self.clone(),
            server: server(url),
        }
    }
}

/// A connection that is in use.
#[derive(Debug)]
pub(super) struct Returned {
    to: IdleConnections,
    server: String,
}

impl Returned {
    /// Notes that its reply was read to the end.
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
