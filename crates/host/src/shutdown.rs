//! The end of a host.

use std::{sync::Arc, time::Duration};

use geppetto_session::ExecutionHandle;
use geppetto_store::SessionStore as _;
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
    /// Ids of the sessions whose run another host continues ([`Host::hand_over`]).
    pub handed_over: Vec<String>,
    /// Ids of the sessions of which not everything was stored, with the reasons.
    pub not_stored: Vec<(String, String)>,
}

impl Host {
    /// Shuts down: accepts no more requests, waits for running inferences, cancels those that do not
    /// end within `limit`, stores everything, and releases all sessions. With a limit of zero, runs
    /// are cancelled at once. Readers of events end.
    ///
    /// A cancelled run is over, and does not continue in the next process. To have runs continue
    /// there, use [`hand_over`](Self::hand_over).
    pub async fn shutdown(&self, limit: Duration) -> Shutdown {
        self.stop(limit, AtLimit::Cancel).await
    }

    /// Shuts down like [`shutdown`](Self::shutdown), but leaves runs that do not end within `limit` to
    /// another host: they are stopped here, without an end, and their sessions are free, so that the
    /// next host that is asked, or [sweeps](Self::sweep), continues them at once. For rolling restarts.
    ///
    /// A tool that is stopped has an unknown outcome, as after a crash
    /// ([`CutRuns`](crate::CutRuns)): a `limit` that is longer than most tools take avoids it.
    pub async fn hand_over(&self, limit: Duration) -> Shutdown {
        self.stop(limit, AtLimit::HandOver).await
    }

    async fn stop(&self, limit: Duration, at_limit: AtLimit) -> Shutdown {
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
                closing.spawn(async move { shared.end_session(&live, deadline, at_limit).await });
            }
            while let Some(closed) = closing.join_next().await {
                let Ok((id, has_run, stored)) = closed else {
                    continue;
                };
                match at_limit {
                    AtLimit::Cancel if has_run => ended.cancelled.push(id.clone()),
                    AtLimit::HandOver if has_run => ended.handed_over.push(id.clone()),
                    _ => {}
                }
                if let Err(reason) = stored {
                    ended.not_stored.push((id, reason));
                }
            }
            ended.cancelled.sort();
            ended.handed_over.sort();
            ended.not_stored.sort();
        }
    }
}

/// What happens to a run that does not end in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AtLimit {
    Cancel,
    HandOver,
}

impl Shared {
    /// Leaves a session with its run to another host.
    async fn leave(&self, live: &Arc<Live>, run: &ExecutionHandle) -> Result<(), String> {
        let left = async {
            live.journal.flush().await?;
            // From here on, nothing of the run is written: neither its end nor its cancellation.
            live.journal.store().release(live.journal.lease()).await
        };
        let left = timeout(CLOSE, left).await;
        self.lose(live);
        run.outcome().await;
        match left {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("the store took longer than {CLOSE:?}")),
        }
    }

    /// Ends a session. Returns its id, whether its run was cancelled or handed over, and why not
    /// everything was stored.
    async fn end_session(
        &self,
        live: &Arc<Live>,
        deadline: Option<Instant>,
        at_limit: AtLimit,
    ) -> (String, bool, Result<(), String>) {
        let id = live.session.id().to_owned();
        let running = wait_for_end(live, deadline).await;
        let was_cancelled = running.is_some();
        if let Some(run) = running {
            if at_limit == AtLimit::HandOver {
                return (id, true, self.leave(live, &run).await);
            }
            run.cancel();
            run.outcome().await;
        }
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

/// Waits for the end of a run. Returns the run if it did not end in time.
async fn wait_for_end(live: &Live, deadline: Option<Instant>) -> Option<ExecutionHandle> {
    let run = live.session.active()?;
    let Some(deadline) = deadline else {
        run.outcome().await;
        return None;
    };
    let ended = timeout_at(deadline, run.outcome()).await;
    ended.is_err().then_some(run)
}
