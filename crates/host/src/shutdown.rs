//! The end of a host.

use std::{sync::Arc, time::Duration};

use tokio::{
    task::JoinSet,
    time::{Instant, timeout, timeout_at},
};

use crate::{Host, host::Shared, live::Live};

/// Time limit for writing what is left of a session.
pub(crate) const CLOSE: Duration = Duration::from_secs(5);

/// Result of [`Host::shutdown`].
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Shutdown {
    /// Ids of the sessions whose run was cancelled, because it did not end within the time limit.
    pub cancelled: Vec<String>,
    /// Ids of the sessions of which not everything was stored, with the reasons.
    pub not_stored: Vec<(String, String)>,
}

impl Host {
    /// Shuts down: accepts no more requests, waits for running inferences, cancels those that do not
    /// end within `limit`, stores everything, and releases all sessions. With a limit of zero, runs
    /// are cancelled at once. Readers of events end.
    ///
    /// A cancelled run is over, and does not continue in the next process. To have runs continue
    /// there, end the process without cancelling them.
    pub async fn shutdown(&self, limit: Duration) -> Shutdown {
        let shared = &self.shared;
        shared.stopping.cancel();
        // A time that the clock cannot represent never comes.
        let deadline = Instant::now().checked_add(limit);
        let mut ended = Shutdown::default();
        loop {
            let mut sessions = shared.slots.live();
            if sessions.is_empty() {
                // A session that was being opened is closed by its caller, or here.
                let _ = timeout(CLOSE, shared.slots.settle()).await;
                sessions = shared.slots.live();
            }
            if sessions.is_empty() {
                return ended;
            }
            for live in &sessions {
                live.session.pause_queue();
                for queued in live.session.queued() {
                    live.session.remove_queued(&queued.run_id);
                }
            }
            let mut closing = JoinSet::new();
            for live in sessions {
                let shared = Arc::clone(shared);
                closing.spawn(async move { shared.end_session(&live, deadline).await });
            }
            while let Some(closed) = closing.join_next().await {
                let Ok((id, was_cancelled, stored)) = closed else {
                    continue;
                };
                if was_cancelled {
                    ended.cancelled.push(id.clone());
                }
                if let Err(reason) = stored {
                    ended.not_stored.push((id, reason));
                }
            }
            ended.cancelled.sort();
            ended.not_stored.sort();
        }
    }
}

impl Shared {
    /// Ends a session. Returns its id, whether its run was cancelled, and why not everything was
    /// stored.
    async fn end_session(
        &self,
        live: &Arc<Live>,
        deadline: Option<Instant>,
    ) -> (String, bool, Result<(), String>) {
        let id = live.session.id().to_owned();
        let was_cancelled = wait_for_end(live, deadline).await;
        let closing = self.close(&id, |own| std::ptr::eq(own, Arc::as_ptr(live)));
        let stored = match timeout(CLOSE, closing).await {
            Ok(Some(Ok(())) | None) => Ok(()),
            Ok(Some(Err(error))) => Err(error.to_string()),
            Err(_) => {
                self.lose(live);
                Err(format!("the store took longer than {CLOSE:?}"))
            }
        };
        (id, was_cancelled, stored)
    }
}

/// Waits for the end of a run. Returns `true` if it was cancelled.
async fn wait_for_end(live: &Live, deadline: Option<Instant>) -> bool {
    let Some(run) = live.session.active() else {
        return false;
    };
    let Some(deadline) = deadline else {
        run.outcome().await;
        return false;
    };
    if timeout_at(deadline, run.outcome()).await.is_ok() {
        return false;
    }
    run.cancel();
    run.outcome().await;
    true
}
