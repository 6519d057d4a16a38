//! The end of a host.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, timeout, timeout_at};

use crate::{Host, live::Live};

/// Time limit for writing what is left of a session.
const CLOSE: Duration = Duration::from_secs(5);

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
        let deadline = Instant::now() + limit;
        let mut ended = Shutdown::default();
        loop {
            let sessions = shared.slots.live();
            if sessions.is_empty() {
                return ended;
            }
            for live in &sessions {
                live.session.pause_queue();
                for queued in live.session.queued() {
                    live.session.remove_queued(&queued.run_id);
                }
            }
            for live in sessions {
                let id = live.session.id().to_owned();
                if wait_for_end(&live, deadline).await {
                    ended.cancelled.push(id.clone());
                }
                let closing = shared.close(&id, |own| std::ptr::eq(own, Arc::as_ptr(&live)));
                match timeout(CLOSE, closing).await {
                    Ok(Some(Ok(())) | None) => {}
                    Ok(Some(Err(error))) => ended.not_stored.push((id, error.to_string())),
                    Err(_) => {
                        shared.lose(&live);
                        let message = format!("the store took longer than {CLOSE:?}");
                        ended.not_stored.push((id, message));
                    }
                }
            }
        }
    }
}

/// Waits for the end of a run. Returns `true` if it was cancelled.
async fn wait_for_end(live: &Live, deadline: Instant) -> bool {
    let Some(run) = live.session.active() else {
        return false;
    };
    if timeout_at(deadline, run.outcome()).await.is_ok() {
        return false;
    }
    run.cancel();
    run.outcome().await;
    true
}
