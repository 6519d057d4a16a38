//! [`Task`]: one write, and who waits for it.

use std::path::Path;

use geppetto_store::{Durability, Error};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::fault::{Fault, Result};

/// What the thread is sent.
pub(super) enum Job {
    /// A write that may share a transaction.
    Grouped(Box<dyn Commit>),
    /// An operation outside of transactions.
    Alone(Box<dyn Commit>),
    /// Ends the thread.
    Close(oneshot::Sender<()>),
}

/// A write with any type of result.
pub(super) trait Commit: Send {
    /// Returns what must be true when the write is acknowledged.
    fn durability(&self) -> Durability;

    /// Returns `true` if nobody waits for the write any more.
    fn is_abandoned(&self) -> bool;

    /// Runs the write, and keeps its result. Returns `false` if it failed.
    fn run(&mut self, conn: &Connection) -> bool;

    /// Returns the failure of the write.
    fn fault(&self) -> Option<&Fault>;

    /// Ends the write with the failure of its transaction, unless it has failed already.
    fn fail(&mut self, error: Error);

    /// Sends the result to the caller.
    fn reply(self: Box<Self>, path: &Path);
}

pub(super) struct Task<T, F> {
    durability: Durability,
    work: Option<F>,
    result: Option<Result<T>>,
    reply: oneshot::Sender<Result<T, Error>>,
}

type Waiting<T> = oneshot::Receiver<Result<T, Error>>;

impl<T, F> Task<T, F> {
    pub(super) fn new(durability: Durability, work: F) -> (Self, Waiting<T>) {
        let (reply, result) = oneshot::channel();
        let task = Self {
            durability,
            work: Some(work),
            result: None,
            reply,
        };
        (task, result)
    }
}

impl<T, F> Commit for Task<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> Result<T> + Send,
{
    fn durability(&self) -> Durability {
        self.durability
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(&mut self, conn: &Connection) -> bool {
        if let Some(work) = self.work.take() {
            self.result = Some(work(conn));
        }
        matches!(self.result, Some(Ok(_)))
    }

    fn fault(&self) -> Option<&Fault> {
        match &self.result {
            Some(Err(fault)) => Some(fault),
            _ => None,
        }
    }

    fn fail(&mut self, error: Error) {
        if !matches!(self.result, Some(Err(_))) {
            self.result = Some(Err(error.into()));
        }
    }

    fn reply(self: Box<Self>, path: &Path) {
        if let Some(result) = self.result {
            // The caller may have gone away.
            let _ = self
                .reply
                .send(result.map_err(|fault| fault.into_error(path)));
        }
    }
}
