//! [`Writer`]: the thread that writes, in groups.

use std::{
    path::{Path, PathBuf},
    sync::mpsc,
    thread,
};

use geppetto_store::{Durability, Error, ErrorKind};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::{
    fault::Result,
    file,
    options::SqliteOptions,
    worker::{ended, not_started},
};

mod group;
mod task;
mod thread_state;

use task::{Job, Task};
use thread_state::Thread;

/// The only connection that writes, on a thread of its own.
///
/// All writes that wait when a transaction begins become part of it, so that a thousand sessions
/// share a sync of the disk. Each is a savepoint: one that fails does not affect the others. A
/// transaction is synced if one of its writes requires it.
#[derive(Debug)]
pub(crate) struct Writer {
    jobs: mpsc::Sender<Job>,
}

impl Writer {
    /// Starts the thread, which opens the file first.
    pub(crate) async fn start(path: &Path, options: &SqliteOptions) -> Result<Self, Error> {
        let (jobs, receiver) = mpsc::channel();
        let (opened, result) = oneshot::channel();
        let (path, options): (PathBuf, SqliteOptions) = (path.to_owned(), options.clone());
        let run = move || match file::open(&path, &options) {
            Ok(conn) => {
                if opened.send(Ok(())).is_ok() {
                    Thread::new(conn, path, &options).run(&receiver);
                }
            }
            Err(fault) => {
                let _ = opened.send(Err(fault.into_error(&path)));
            }
        };
        let thread = thread::Builder::new().name("geppetto-write".to_owned());
        thread.spawn(run).map_err(|error| not_started(&error))?;
        result.await.map_err(|_| ended())??;
        Ok(Self { jobs })
    }

    /// Runs a write within a transaction, and returns its result once the transaction is committed.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let (task, result) = Task::new(durability, work);
        self.send(Job::Grouped(Box::new(task)))?;
        result.await.map_err(|_| ended())?
    }

    /// Runs an operation outside of a transaction.
    pub(crate) async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let (task, result) = Task::new(Durability::Synced, work);
        self.send(Job::Alone(Box::new(task)))?;
        result.await.map_err(|_| ended())?
    }

    /// Ends the thread after the writes that wait, and returns when it has closed the file.
    pub(crate) async fn close(&self) {
        let (closed, result) = oneshot::channel();
        if self.send(Job::Close(closed)).is_ok() {
            // Also when the thread has ended already.
            let _ = result.await;
        }
    }

    fn send(&self, job: Job) -> Result<(), Error> {
        self.jobs.send(job).map_err(|_| ended())
    }
}

/// Returns the error of writes that are not accepted any more.
fn poisoned(path: &Path, why: &str) -> Error {
    let message = format!(
        "nothing is written to `{}`: {why}; open the store again",
        path.display()
    );
    Error::new(ErrorKind::Poisoned, message)
}

/// Returns the error of a write whose transaction was not committed.
fn copy_of(error: &Error) -> Error {
    Error::new(error.kind(), error.to_string())
}
