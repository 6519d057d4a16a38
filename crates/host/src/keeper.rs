//! The background task of a host: renews leases and closes idle sessions.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::{
    runtime::Handle,
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{host::Shared, live::Live};

/// Shortest delay between two rounds.
const SHORTEST: Duration = Duration::from_millis(5);

impl Shared {
    /// Starts the background task, once.
    pub(crate) fn keep(self: &Arc<Self>) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        self.keeper.call_once(|| {
            runtime.spawn(keep(Arc::downgrade(self), self.period()));
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

    /// Renews a lease. A session is lost if its lease is, or may be.
    async fn renew(&self, live: &Arc<Live>) {
        let lease = self.options.lease;
        let renewed = self.store.renew(live.journal.lease());
        match timeout(lease / 3, renewed).await {
            Ok(Ok(())) => return live.renewed(),
            Ok(Err(error)) if error.is_fenced() => {}
            _ if live.last_renewed().elapsed() < lease => return,
            _ => {}
        }
        tracing::warn!(
            session = live.session.id(),
            "the lease of a session is lost"
        );
        self.lose(live);
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
