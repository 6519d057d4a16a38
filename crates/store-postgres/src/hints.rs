//! [`Hints`]: which sessions other processes wrote to.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use geppetto_store::BlockHash;
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};
use tokio_postgres::types::{ToSql, Type};

use crate::{connector::Connector, pool::Pool};

/// Shortest time between two notifications: at most 20 a second, because a commit with a
/// notification takes a lock that the whole server shares.
const EVERY: Duration = Duration::from_millis(50);

/// Length of a session's mark in a notification.
const MARK: usize = 16;

/// Maximum number of marks: the text of a notification has less than 8,000 bytes.
const MOST: usize = 480;

/// The text for "any session".
const ALL: &str = "*";

/// Delay between attempts to listen.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

/// Hints that a session has new events, between the processes of a store.
///
/// They may be lost, repeated or wrong: the rows are the truth.
#[derive(Debug, Default)]
pub(crate) struct Hints {
    /// Marks of the sessions that were written to since the last notification.
    written: Mutex<HashSet<String>>,
    has_written: Notify,
    waiting: Mutex<HashMap<String, Arc<Notify>>>,
    /// `true` once the connection that listens is being made.
    listens: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the mark of a session: half of a hash, as hexadecimal.
fn mark(session: &str) -> String {
    let mut mark = BlockHash::of_json(session).to_string();
    mark.truncate(MARK);
    mark
}

impl Hints {
    /// Takes note of a session that this process wrote to.
    pub(crate) fn wrote(&self, session: &str) {
        let mut written = lock(&self.written);
        if written.len() <= MOST {
            written.insert(mark(session));
        }
        drop(written);
        self.has_written.notify_one();
    }

    /// Returns the text of the next notification.
    fn take(&self) -> Option<String> {
        let written = std::mem::take(&mut *lock(&self.written));
        if written.is_empty() {
            return None;
        }
        if written.len() > MOST {
            return Some(ALL.to_owned());
        }
        Some(written.into_iter().collect())
    }

    /// Takes a notification.
    pub(crate) fn received(&self, text: &str) {
        let mut waiting = lock(&self.waiting);
        waiting.retain(|_, notify| Arc::strong_count(notify) > 1);
        if text == ALL {
            waiting.values().for_each(|notify| notify.notify_waiters());
            return;
        }
        for mark in text.as_bytes().chunks(MARK) {
            let mark = std::str::from_utf8(mark).unwrap_or_default();
            if let Some(notify) = waiting.get(mark) {
                notify.notify_waiters();
            }
        }
    }

    /// Returns what is notified when another process wrote to a session.
    pub(crate) fn of(&self, session: &str) -> Arc<Notify> {
        let mut waiting = lock(&self.waiting);
        Arc::clone(waiting.entry(mark(session)).or_default())
    }

    /// Returns `true` for the first caller.
    pub(crate) fn begins_to_listen(&self) -> bool {
        !self.listens.swap(true, Ordering::AcqRel)
    }
}

/// Sends notifications, until the pool is gone.
pub(crate) async fn send(hints: Arc<Hints>, pool: std::sync::Weak<Pool>) {
    loop {
        hints.has_written.notified().await;
        let started = Instant::now();
        let Some(pool) = pool.upgrade() else {
            return;
        };
        if let Some(text) = hints.take() {
            let channel = channel(&pool.connector().schema);
            let parameters: Vec<(&(dyn ToSql + Sync), Type)> =
                vec![(&channel, Type::TEXT), (&text, Type::TEXT)];
            // A lost hint costs a reader some time, and nothing else.
            let _ = pool.query("select pg_notify($1, $2)", &parameters).await;
        }
        drop(pool);
        sleep(EVERY.saturating_sub(started.elapsed())).await;
    }
}

/// Listens, on a connection of its own, until nobody holds the hints any more.
pub(crate) async fn listen(hints: std::sync::Weak<Hints>, connector: Connector) {
    let sql = format!("listen {}", quoted(&channel(&connector.schema)));
    loop {
        let Some(own) = hints.upgrade() else {
            return;
        };
        if let Ok(client) = connector.connect(Some(Arc::clone(&own))).await
            && client.batch_execute(&sql).await.is_ok()
        {
            // What was written in the meantime is found once.
            own.received(ALL);
            drop(own);
            while !client.is_closed() && hints.strong_count() > 0 {
                sleep(LISTEN_AGAIN).await;
            }
        } else {
            drop(own);
            sleep(LISTEN_AGAIN).await;
        }
    }
}

/// Returns the channel of a schema whose name is quoted.
fn channel(schema: &str) -> String {
    format!("geppetto {}", mark(schema))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
