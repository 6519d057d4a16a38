//! The background task of a host: renews leases and closes idle sessions.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::{
    host::Shared,
    live::{Live, Using},
};

/// Shortest delay between two rounds.
const SHORTEST: Duration = Duration::from_millis(5);

/// Delay between two looks at the requests to cancel of other processes.
const CANCELS: Duration = Duration::from_millis(500);

/// Time limit of such a look.
const LONGEST: Duration = Duration::from_secs(10);

impl Shared {
    /// Starts the background task, once.
    pub(crate) fn keep(self: &Arc<Self>) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        self.keeper.call_once(|| {
            runtime.spawn(keep(Arc::downgrade(self), self.period()));
            runtime.spawn(cancel(Arc::downgrade(self)));
        });
    }

    fn period(&self) -> Duration {
        let period = (self.options.lease / 3).min(self.options.idle / 2);
        period.max(SHORTEST)
    }

    async fn round(self: &Arc<Self>) {
        let renew_every = self.options.lease / 3;
        let mut renewals = JoinSet::new();
        for live in self.slots.live() {
            let is_unused = live.last_used().elapsed() >= self.options.idle;
            if is_unused && live.is_idle() && !self.stopping.is_cancelled() {
                let shared = Arc::clone(self);
                // On its own: no renewal waits for it.
                tokio::spawn(async move {
                    let id = live.session.id();
                    shared.close(id, Live::is_idle).await;
                });
            } else if live.last_renewed().elapsed() >= renew_every {
                let shared = Arc::clone(self);
                renewals.spawn(async move { shared.renew(&live).await });
            }
        }
        while renewals.join_next().await.is_some() {}
    }

    /// Returns a session, if it is in memory and belongs to this host.
    pub(crate) async fn owned(&self, id: &str) -> Option<Using> {
        let using = self.slots.get(id)?;
        self.owns(using.live()).await.then_some(using)
    }

    /// Returns `true` if a session belongs to this host. Asks the store if the lease was not renewed
    /// in time: a process that was stopped and goes on does not know yet what happened meanwhile.
    pub(crate) async fn owns(&self, live: &Arc<Live>) -> bool {
        self.is_certain(live) || self.still_owns(live).await
    }

    /// Returns `true` if a session belongs to this host according to the store.
    pub(crate) async fn still_owns(&self, live: &Arc<Live>) -> bool {
        self.renew(live).await;
        !live.gone.is_cancelled()
    }

    /// Returns `true` if no other host can own a session: its lease was renewed in time.
    pub(crate) fn is_certain(&self, live: &Live) -> bool {
        live.last_renewed().elapsed() < self.options.lease / 3 * 2
    }

    /// Renews a lease. A session is lost if its lease is, or if it may soon be: an owner stops before
    /// another one can begin.
    async fn renew(&self, live: &Arc<Live>) {
        let lease = self.options.lease;
        let sent = Instant::now();
        let renewed = self.store.renew(live.journal.lease());
        match timeout(lease / 3, renewed).await {
            Ok(Ok(())) => return live.renewed(sent),
            Ok(Err(error)) if error.is_fenced() => {}
            _ if self.is_certain(live) => return,
            _ => {}
        }
        tracing::warn!(
            session = live.session.id(),
            "the lease of a session is lost"
        );
        self.lose(live);
    }
}

/// Cancels the runs that other processes ask to cancel, if the store passes such requests on.
async fn cancel(host: Weak<Shared>) {
    loop {
        sleep(CANCELS).await;
        let Some(host) = host.upgrade() else {
            return;
        };
        if host.slots.live().is_empty() {
            continue;
        }
        let asked = host.store.asked_cancels(&host.options.owner);
        match timeout(LONGEST, asked).await {
            Ok(Ok(Some(ids))) => {
                for id in ids {
                    if let Some(using) = host.slots.get(&id) {
                        using.session.cancel_active();
                    }
                }
            }
            Ok(Ok(None)) => return,
            // The request is still stored.
            Ok(Err(_)) | Err(_) => {}
        }
    }
}

async fn keep(host: Weak<Shared>, period: Duration) {
    loop {
        sleep(period).await;
        let Some(host) = host.upgrade() else {
            return;
        };
        host.round().await;
    }
}
