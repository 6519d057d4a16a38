//! One transaction for all writes that wait.

use geppetto_store::{Durability, Error};
use rusqlite::Connection;

use super::{copy_of, task::Commit, thread_state::Thread};
use crate::fault::{Fault, Result};

impl Thread {
    /// Commits writes in one transaction, and replies to each.
    pub(super) fn commit(&mut self, mut group: Vec<Box<dyn Commit>>) {
        group.retain(|task| !task.is_abandoned());
        if group.is_empty() {
            return;
        }
        if let Err(error) = self.try_commit(&mut group) {
            for task in &mut group {
                task.fail(copy_of(&error));
            }
        }
        for task in group {
            task.reply(&self.path);
        }
    }

    fn try_commit(&mut self, group: &mut [Box<dyn Commit>]) -> Result<(), Error> {
        self.check_writable()?;
        let is_synced = group
            .iter()
            .any(|task| task.durability() == Durability::Synced);
        let result = self
            .sync_commits(is_synced)
            .and_then(|()| run(&self.conn, group));
        result.map_err(|fault| self.failed(fault))
    }

    /// Ends a failed transaction, and takes note of a failed sync.
    pub(super) fn failed(&mut self, fault: Fault) -> Error {
        if !self.conn.is_autocommit() {
            // If this fails too, the next transaction cannot begin, and says so.
            let _ = self.conn.execute_batch("rollback");
        }
        if fault.is_failed_sync() {
            self.poison("an earlier sync failed");
        }
        fault.into_error(&self.path)
    }
}

/// Runs the writes of a group within a transaction. The failure of a single one is its own.
fn run(conn: &Connection, group: &mut [Box<dyn Commit>]) -> Result<()> {
    conn.prepare_cached("begin immediate")?.execute([])?;
    for task in group {
        conn.prepare_cached("savepoint one")?.execute([])?;
        if !task.run(conn) {
            if conn.is_autocommit() || task.fault().is_some_and(Fault::is_failed_sync) {
                // SQLite ended the transaction, with all writes before this one.
                return Err(transaction_ended(task.fault()));
            }
            conn.prepare_cached("rollback to one")?.execute([])?;
        }
        conn.prepare_cached("release one")?.execute([])?;
    }
    conn.prepare_cached("commit")?.execute([])?;
    Ok(())
}

fn transaction_ended(fault: Option<&Fault>) -> Fault {
    match fault {
        Some(Fault::Sql(error)) => match error.sqlite_error() {
            Some(code) => Fault::Sql(rusqlite::Error::SqliteFailure(*code, None)),
            None => Fault::damaged(error.to_string()),
        },
        Some(Fault::Store(error)) => Fault::Store(copy_of(error)),
        None => Fault::damaged("a transaction ended by itself"),
    }
}
