//! What the handle and the connections of one server share.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::ReceivedRequest;
use crate::reply::Reply;

/// A client that closed its connection before it had the whole reply.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Disconnect {
    /// The request that was being answered.
    pub request: ReceivedRequest,
    /// How many bytes of the body had been sent; not all of them need have arrived.
    pub body_bytes_sent: usize,
}

#[derive(Debug, Default)]
pub(super) struct Shared {
    script: Mutex<Script>,
    log: Mutex<Log>,
    changes: watch::Sender<()>,
}

/// What the test has said.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub(super) queue: VecDeque<Reply>,
    pub(super) fallback: Option<Fallback>,
    pub(super) rules: Rules,
    pub(super) forget_requests: bool,
}

/// What requests must be like.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules {
    pub(super) accept_anything: bool,
    pub(super) key: Option<Key>,
    pub(super) models: Option<Vec<String>>,
}

/// The key that clients must send; never shown.
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

/// What the server has seen.
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

    /// Changes the log and wakes those who wait for a change.
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

    /// Waits until `pick` finds what it looks for in the log.
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
