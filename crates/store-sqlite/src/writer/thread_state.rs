//! [`Thread`]: the loop of the writing thread.

use std::{
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, TryRecvError},
};

use geppetto_store::{Durability, Error};
use rusqlite::{Connection, config::DbConfig};
use tokio::sync::oneshot;

use super::{
    copy_of, poisoned,
    task::{Commit, Job, Task},
};
use crate::{
    fault::{Fault, Result},
    options::SqliteOptions,
    write,
};

/// Maximum number of writes in a transaction.
const MAX_GROUP: usize = 1024;

pub(super) struct Thread {
    pub(super) conn: Connection,
    pub(super) path: PathBuf,
    /// Why nothing is written any more.
    pub(super) poison: Option<String>,
    identity: Option<Identity>,
    /// `true` if commits are synced.
    is_synced: Option<bool>,
    checkpoints: write::Checkpoints,
    /// `true` if there may be deleted sessions whose content remains.
    has_garbage: bool,
}

/// What the thread does next.
enum Next {
    Group(Vec<Box<dyn Commit>>, Option<Job>),
    Alone(Box<dyn Commit>),
    Idle,
    End(Option<oneshot::Sender<()>>),
}

impl Thread {
    pub(super) fn new(conn: Connection, path: PathBuf, options: &SqliteOptions) -> Self {
        Self {
            conn,
            poison: None,
            identity: identity(&path),
            path,
            is_synced: None,
            checkpoints: write::Checkpoints::new(options),
            has_garbage: true,
        }
    }

    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        let mut left = None;
        let closed = loop {
            let next = match left.take() {
                Some(job) => collect(job, jobs),
                None => self.receive(jobs),
            };
            match next {
                Next::Group(group, rest) => {
                    self.commit(group);
                    self.checkpoint();
                    left = rest;
                }
                Next::Alone(task) => self.run_alone(task),
                Next::Idle => self.collect_garbage(),
                Next::End(closed) => break closed,
            }
        };
        if self.poison.is_none() {
            // Leaves a single file, even if others have it open.
            let truncate = "pragma wal_checkpoint(truncate)";
            let _ = self.conn.query_row(truncate, [], |_| Ok(()));
        }
        drop(self.conn);
        if let Some(closed) = closed {
            let _ = closed.send(());
        }
    }

    fn receive(&self, jobs: &Receiver<Job>) -> Next {
        let job = if self.has_garbage && self.poison.is_none() {
            match jobs.try_recv() {
                Ok(job) => Some(job),
                Err(TryRecvError::Empty) => return Next::Idle,
                Err(TryRecvError::Disconnected) => None,
            }
        } else {
            jobs.recv().ok()
        };
        match job {
            Some(job) => collect(job, jobs),
            None => Next::End(None),
        }
    }

    fn run_alone(&mut self, mut task: Box<dyn Commit>) {
        let ready = self.check_writable().and_then(|()| {
            let synced = self.sync_commits(true);
            synced.map_err(|fault| self.failed(fault))
        });
        match ready {
            Ok(()) => {
                task.run(&self.conn);
                if task.fault().is_some_and(Fault::is_failed_sync) {
                    self.poison("an earlier sync failed");
                }
            }
            Err(error) => task.fail(copy_of(&error)),
        }
        task.reply(&self.path);
    }

    /// Fails if nothing must be written any more. A file that was deleted or replaced is still there
    /// for this process, and nobody would ever see what is written to it.
    pub(super) fn check_writable(&mut self) -> Result<(), Error> {
        if self.poison.is_none() && identity(&self.path) != self.identity {
            self.poison("it was deleted, moved or replaced while it was open");
        }
        match &self.poison {
            Some(why) => Err(poisoned(&self.path, why)),
            None => Ok(()),
        }
    }

    /// Sets whether commits are synced. With a write-ahead log, a commit that is not synced survives
    /// the end of the process, and the next synced one makes it durable too.
    pub(super) fn sync_commits(&mut self, synced: bool) -> Result<()> {
        if self.is_synced != Some(synced) {
            let level = if synced { "full" } else { "normal" };
            self.is_synced = None;
            let pragma = format!("pragma synchronous = {level}");
            self.conn.execute_batch(&pragma)?;
            self.is_synced = Some(synced);
        }
        Ok(())
    }

    /// Rejects all later writes. The file is left as it is: closing must not move pages to it whose
    /// sync has failed.
    pub(super) fn poison(&mut self, why: &str) {
        self.poison.get_or_insert_with(|| why.to_owned());
        let keep = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
        let _ = self.conn.set_db_config(keep, true);
    }

    /// Moves the content of a large write-ahead log to the file. SQLite's own way to do this ignores
    /// failed syncs.
    fn checkpoint(&mut self) {
        if self.poison.is_some() {
            return;
        }
        if let Err(fault) = self.checkpoints.run(&self.conn) {
            // Any failure but that of a sync leaves the log as it is, and the next write retries.
            self.failed(fault);
        }
    }

    fn collect_garbage(&mut self) {
        // Processes that start at the same time do not have to wait for each other to find none.
        if matches!(write::has_garbage(&self.conn), Ok(false)) {
            self.has_garbage = false;
            return;
        }
        let (task, mut result) = Task::new(Durability::Written, write::collect_garbage);
        self.commit(vec![Box::new(task)]);
        self.checkpoint();
        // After a failure, the next process goes on.
        self.has_garbage = matches!(result.try_recv(), Ok(Ok(false)));
    }
}

/// Device and number of a file.
type Identity = (u64, u64);

/// Returns the identity of a file. `None` if there is none, or on a platform without.
fn identity(path: &Path) -> Option<Identity> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let file = std::fs::metadata(path).ok()?;
        Some((file.dev(), file.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// Adds the writes that wait to a job.
fn collect(job: Job, jobs: &Receiver<Job>) -> Next {
    let mut group = Vec::new();
    let mut next = Some(job);
    while let Some(job) = next.take() {
        match job {
            Job::Grouped(task) => group.push(task),
            other if !group.is_empty() => return Next::Group(group, Some(other)),
            Job::Alone(task) => return Next::Alone(task),
            Job::Close(closed) => return Next::End(Some(closed)),
        }
        if group.len() < MAX_GROUP {
            next = jobs.try_recv().ok();
        }
    }
    Next::Group(group, None)
}
