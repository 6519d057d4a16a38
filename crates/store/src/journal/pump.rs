//! The task that writes events between barriers.

use std::sync::{Arc, Weak};

use geppetto_events::{EventStream, SlowReaderPolicy, Subscription};
use tokio::{runtime::Handle, sync::watch};

use super::{Change, EventSchedule, Inner, JournalOf};
use crate::SessionStore;

impl<S: SessionStore + 'static> JournalOf<S> {
    /// Starts the task for a stream. Without a runtime, only barriers write events.
    pub(super) fn start_pump(&self, stream: &EventStream) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        // A subscription of its own, which is only a wake-up and keeps nothing in memory.
        let news = stream.subscribe_with(SlowReaderPolicy::Drop { max_behind: 1 });
        // Ends the task for the previous stream, if there is one.
        self.inner.alive.send_replace(());
        let alive = self.inner.alive.subscribe();
        let schedule = self.inner.schedule.clone();
        runtime.spawn(pump(Arc::downgrade(&self.inner), schedule, news, alive));
    }
}

async fn pump<S: SessionStore>(
    journal: Weak<Inner<S>>,
    schedule: EventSchedule,
    mut news: Subscription,
    mut alive: watch::Receiver<()>,
) {
    loop {
        tokio::select! {
            biased;
            _ = alive.changed() => return,
            item = news.next() => if item.is_none() { return },
        }
        schedule.wait().await;
        while news.try_next().is_some() {}
        let Some(journal) = journal.upgrade() else {
            return;
        };
        // The next barrier writes the same events again, and reports the failure.
        let _ = journal.write(Change::new()).await;
    }
}
