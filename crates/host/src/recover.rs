//! Runs that were cut off.

use std::sync::Arc;

use geppetto_store::{Page, SessionStore as _};
use tokio::{runtime::Handle, sync::OwnedSemaphorePermit, time::sleep};

use crate::{CutRuns, Error, ErrorKind, Host};

/// Number of sessions that are listed at once.
const PAGE: usize = 256;

/// Result of [`Host::recover`].
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Recovered {
    /// Ids of the sessions whose cut run was taken up: continued, or ended where the policy or the
    /// state of the run demands it.
    pub taken_up: Vec<String>,
    /// Ids of the sessions that another process holds: it runs them, or its lease has not expired
    /// yet. Call [`Host::recover`] again later.
    pub held: Vec<String>,
    /// Ids of the sessions that could not be opened, with the errors.
    pub failed: Vec<(String, Error)>,
}

impl Host {
    /// Finds all sessions with a run that was cut off, and takes them up as configured
    /// ([`HostBuilder::cut_runs`](crate::HostBuilder::cut_runs)). Call it at the start of the
    /// program, on a task of its own; sessions can be used in the meantime. Reads only these sessions.
    ///
    /// At most [`recover_at_once`](crate::HostBuilder::recover_at_once) continued runs run at once;
    /// the last one has been started when this returns. Does nothing with [`CutRuns::Leave`].
    ///
    /// # Errors
    ///
    /// Those of the listing. Sessions that were taken up before stay so.
    pub async fn recover(&self) -> Result<Recovered, Error> {
        let mut recovered = Recovered::default();
        if self.shared.options.cut_runs == CutRuns::Leave {
            return Ok(recovered);
        }
        let mut page = Page::first(PAGE).with_open_runs();
        loop {
            let infos = self.shared.store.list(&page).await?;
            let Some(last) = infos.last() else {
                return Ok(recovered);
            };
            page = page.after(last);
            for info in infos {
                if self.shared.slots.get(&info.id).is_none() {
                    let places = Arc::clone(&self.shared.recovering);
                    if let Ok(place) = places.acquire_owned().await {
                        self.take_up(info.id, place, &mut recovered).await;
                    }
                }
            }
        }
    }

    /// Takes up the runs that were cut off and whose session nobody owns: their hosts released them,
    /// or died and did not renew the leases. For hosts that share a store; called regularly with
    /// [`sweep_every`](crate::HostBuilder::sweep_every). Reads only these sessions.
    ///
    /// Does not wait: what exceeds [`recover_at_once`](crate::HostBuilder::recover_at_once) or the
    /// maximum number of runs is left to the next call, or to another host.
    ///
    /// # Errors
    ///
    /// Those of the listing.
    pub async fn sweep(&self) -> Result<Recovered, Error> {
        let mut recovered = Recovered::default();
        let shared = &self.shared;
        if shared.options.cut_runs == CutRuns::Leave || shared.stopping.is_cancelled() {
            return Ok(recovered);
        }
        let mut page = Page::first(PAGE).with_open_runs().unowned();
        // A page of sessions that cannot be opened does not hide the next one.
        loop {
            let mut infos = shared.store.list(&page).await?;
            let Some(last) = infos.last() else {
                return Ok(recovered);
            };
            page = page.after(last);
            // Several hosts find the same ones, and begin with different ones.
            let first = shared.options.owner.bytes().map(usize::from).sum::<usize>() % infos.len();
            infos.rotate_left(first);
            for info in infos {
                let load = self.load();
                if load.runs >= load.max_runs {
                    return Ok(recovered);
                }
                let Ok(place) = Arc::clone(&shared.recovering).try_acquire_owned() else {
                    return Ok(recovered);
                };
                if shared.slots.get(&info.id).is_none() {
                    self.take_up(info.id, place, &mut recovered).await;
                }
            }
        }
    }

    /// Starts the task that sweeps, as configured.
    pub(crate) fn keep_sweeping(&self) {
        let (Some(period), Ok(runtime)) = (self.shared.options.sweep, Handle::try_current()) else {
            return;
        };
        let shared = Arc::downgrade(&self.shared);
        runtime.spawn(async move {
            loop {
                sleep(period).await;
                let Some(shared) = shared.upgrade() else {
                    return;
                };
                if shared.stopping.is_cancelled() {
                    return;
                }
                if let Err(error) = (Self { shared }).sweep().await {
                    tracing::warn!(%error, "sessions without an owner could not be listed");
                }
            }
        });
    }

    async fn take_up(&self, id: String, place: OwnedSemaphorePermit, recovered: &mut Recovered) {
        let policy = self.shared.options.cut_runs;
        match self.shared.acquire_existing(&id, policy).await {
            Ok(using) => {
                recovered.taken_up.push(id);
                if let Some(run) = using.session.active() {
                    tokio::spawn(async move {
                        run.outcome().await;
                        drop((place, using));
                    });
                }
            }
            // It was deleted in the meantime.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) if error.kind() == ErrorKind::Held => recovered.held.push(id),
            Err(error) => recovered.failed.push((id, error)),
        }
    }
}
