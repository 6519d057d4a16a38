//! [`Watches`]: which runs have a reader.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use geppetto_host::HostedSession;

/// Number of sessions that are remembered.
const MAX: usize = 10_000;

/// Time in which the server notices that an interface has closed its connection.
const GRACE: Duration = Duration::from_millis(500);

/// Counts the readers of the runs that interfaces have started.
///
/// In these protocols a person stops an answer by closing the connection, which looks like a page
/// that is reloaded. So the run goes on; but it does not stand in the way of the next message.
#[derive(Default)]
pub(crate) struct Watches(Arc<Mutex<HashMap<String, Watched>>>);

#[derive(Debug, Clone, Default)]
struct Watched {
    run: String,
    readers: usize,
}

/// A reader of a run.
pub(crate) struct Watching {
    watches: Arc<Mutex<HashMap<String, Watched>>>,
    session: HostedSession,
    run: String,
    /// `true` if the run is cancelled when its last reader leaves.
    cancels: bool,
}

impl Watches {
    /// Adds a reader of a session's run, which is cancelled with its last reader if `cancels`.
    pub(crate) fn watch(&self, session: &HostedSession, run: &str, cancels: bool) -> Watching {
        let id = session.id();
        let mut watches = lock(&self.0);
        if watches.len() >= MAX && !watches.contains_key(id) {
            watches.retain(|_, own| own.readers > 0);
        }
        let own = watches.entry(id.to_owned()).or_default();
        if own.run != run {
            *own = Watched {
                run: run.to_owned(),
                readers: 0,
            };
        }
        own.readers += 1;
        Watching {
            watches: Arc::clone(&self.0),
            session: session.clone(),
            run: run.to_owned(),
            cancels,
        }
    }

    /// Returns `true` if a run had readers and all of them have left. Waits a moment for those that
    /// are leaving.
    pub(crate) async fn is_left(&self, session: &str, run: &str) -> bool {
        let step = Duration::from_millis(20);
        let mut waited = Duration::ZERO;
        loop {
            match self.readers(session, run) {
                None => return false,
                Some(0) => return true,
                Some(_) if waited >= GRACE => return false,
                Some(_) => tokio::time::sleep(step).await,
            }
            waited += step;
        }
    }

    fn readers(&self, session: &str, run: &str) -> Option<usize> {
        let watches = lock(&self.0);
        let own = watches.get(session).filter(|own| own.run == run);
        own.map(|own| own.readers)
    }
}

impl Watching {
    /// Forgets the run, which is over.
    pub(crate) fn over(&self) {
        let mut watches = lock(&self.watches);
        let own = watches.get(self.session.id());
        if own.is_some_and(|own| own.run == self.run) {
            watches.remove(self.session.id());
        }
    }

    /// Counts the reader out. Returns `true` if the run has no reader any more.
    fn leave(&self) -> bool {
        let mut watches = lock(&self.watches);
        let own = watches.get_mut(self.session.id());
        let Some(own) = own.filter(|own| own.run == self.run) else {
            return false;
        };
        own.readers = own.readers.saturating_sub(1);
        own.readers == 0
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        if !self.leave() || !self.cancels {
            return;
        }
        let running = self.session.running();
        if let Some(run) = running.filter(|run| run.id() == self.run) {
            run.cancel();
        }
    }
}

fn lock(watches: &Mutex<HashMap<String, Watched>>) -> MutexGuard<'_, HashMap<String, Watched>> {
    watches.lock().unwrap_or_else(PoisonError::into_inner)
}
