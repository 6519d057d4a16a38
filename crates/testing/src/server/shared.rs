//! State shared by the handle and the connections of a server.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::ReceivedRequest;
use crate::reply::Reply;

/// A client that closed its connection before the end of the reply.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Disconnect {
    /// Request that was being answered.
    pub request: ReceivedRequest,
    /// Number of bytes of the body that were sent; not all of them need have arrived.
    pub body_bytes_sent: usize,
}

#[derive(Debug, Default)]
pub(super) struct Shared {
    script: Mutex<Script>,
    log: Mutex<Log>,
    changes: watch::Sender<()>,
}

/// Configuration by the test.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub(super) queue: VecDeque<Reply>,
    pub(super) fallback: Option<Fallback>,
    pub(super) rules: Rules,
    pub(super) forget_requests: bool,
}

/// Requirements for requests.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    pub(super) accept_anything: bool,
    pub(super) key: Option<Key>,
    pub(super) models: Option<Vec<String>>,
}

/// Key that clients must send; never displayed.
#[derive(Clone)]
pub(super) struct Key(pub(super) String);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[derive(Clone)]
pub(super) struct Fallback(pub(super) Arc<dyn Fn(&ReceivedRequest) -> Reply + Send + Sync>);

impl fmt::Debug for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fallback")
    }
}

/// Record of the server.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) requests: Vec<ReceivedRequest>,
    pub(super) received: u64,
    taken: usize,
    pub(super) open: usize,
    pub(super) accepted: u64,
    pub(super) disconnects: VecDeque<Disconnect>,
}

impl Log {
    pub(super) fn take_next_request(&mut self) -> Option<ReceivedRequest> {
        let next = self.requests.get(self.taken).cloned()?;
        self.taken += 1;
        Some(next)
    }
}

impl Shared {
    pub(super) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the log and wakes waiting tasks.
    pub(super) fn note(&self, change: impl FnOnce(&mut Log)) {
        change(&mut self.log());
        self.changes.send_replace(());
    }

    pub(super) fn received(&self, request: &ReceivedRequest) {
        let forget = self.script().forget_requests;
        self.note(|log| {
            log.received += 1;
            if !forget {
                log.requests.push(request.clone());
            }
        });
    }

    /// Waits until `pick` finds a value in the log.
    pub(super) async fn wait_for<T>(&self, mut pick: impl FnMut(&mut Log) -> Option<T>) -> T {
        let mut changes = self.changes.subscribe();
        loop {
            changes.mark_unchanged();
            if let Some(found) = pick(&mut self.log()) {
                return found;
            }
            // The sender lives in `self`, so the channel cannot close while this waits.
            let _ = changes.changed().await;
        }
    }
}
