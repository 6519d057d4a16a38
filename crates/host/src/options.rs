//! [`HostBuilder`]: configuration of a host.

use std::{fmt, sync::Arc, time::Duration};

use geppetto_engine::{EngineBuilder, IdSource, RandomIds};
use geppetto_session::BusyPolicy;
use geppetto_store::{Claim, SessionStore, UnknownOutcome};

use crate::Host;

/// Policy for runs that were cut off, because their process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CutRuns {
    /// The run continues when its session is opened, or found by [`Host::recover`]. The default.
    ///
    /// A provider call in flight is discarded, which the events announce, and the provider is asked
    /// again. Finished tools are not run again. Tools that had not started, and those that declare
    /// themselves idempotent, run under the same keys. The policy applies to the others, whose
    /// outcome is unknown: they had started, and there is no result.
    Resume(UnknownOutcome),
    /// The run ends as interrupted. The partial reply is kept and marked as incomplete, and calls
    /// without a result are answered with what is known.
    End,
    /// The session is not opened until a person decides:
    /// [`resume`](crate::HostedSession::resume) or [`end`](crate::HostedSession::end) it. Reading is
    /// possible in the meantime.
    Leave,
}

impl Default for CutRuns {
    fn default() -> Self {
        Self::Resume(UnknownOutcome::default())
    }
}

/// Builds a [`Host`].
#[must_use = "a builder does nothing until `build` is called"]
pub struct HostBuilder {
    store: Arc<dyn SessionStore>,
    builder: Arc<dyn EngineBuilder>,
    options: Options,
}

#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) owner: String,
    pub(crate) address: Option<String>,
    pub(crate) takes_over: bool,
    pub(crate) lease: Duration,
    pub(crate) cut_runs: CutRuns,
    pub(crate) busy: BusyPolicy,
    pub(crate) idle: Duration,
    pub(crate) max_sessions: usize,
    pub(crate) max_runs: usize,
    pub(crate) max_waiting: usize,
    pub(crate) sweep: Option<Duration>,
    pub(crate) recover_at_once: usize,
    pub(crate) ids: Arc<dyn IdSource>,
}

impl Options {
    pub(crate) fn claim(&self) -> Claim {
        let mut claim = Claim::new(self.owner.as_str()).expiring_after(self.lease);
        claim.address.clone_from(&self.address);
        if self.takes_over {
            return claim.taking_over();
        }
        claim
    }
}

impl HostBuilder {
    pub(crate) fn new(store: Arc<dyn SessionStore>, builder: Arc<dyn EngineBuilder>) -> Self {
        let ids = RandomIds::new();
        let owner = format!("process {}, {}", std::process::id(), ids.next_id());
        Self {
            store,
            builder,
            options: Options {
                owner,
                address: None,
                takes_over: false,
                lease: Duration::from_secs(30),
                cut_runs: CutRuns::default(),
                busy: BusyPolicy::default(),
                idle: Duration::from_secs(300),
                max_sessions: 10_000,
                max_runs: 1_000,
                max_waiting: 0,
                sweep: None,
                recover_at_once: 8,
                ids: Arc::new(ids),
            },
        }
    }

    /// Sets the name under which the host owns its sessions. By default the process id and a random
    /// id, so that two hosts never share a name.
    ///
    /// A host claims sessions that were last held under its own name at once, without waiting for
    /// their lease to expire: a program that is killed and started again continues immediately. Two
    /// running hosts must not share a name.
    pub fn owner(mut self, name: impl Into<String>) -> Self {
        self.options.owner = name.into();
        self
    }

    /// Sets the address at which other hosts reach this one, such as `http://10.0.0.7:8080`. It is
    /// stored with each lease, so that a host that is asked for a session of this one can send the
    /// request on ([`OwnedBy`](crate::OwnedBy)). None by default.
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.options.address = Some(address.into());
        self
    }

    /// Looks this often for runs that were cut off and whose session nobody owns, and continues them
    /// ([`Host::sweep`]), beginning when the host is built within a runtime. Off by default: a session
    /// is then taken over when it is used. For hosts that share a store; a fifth of the
    /// [lease](Self::lease) is appropriate.
    pub fn sweep_every(mut self, period: Duration) -> Self {
        self.options.sweep = Some(period.max(Duration::from_millis(10)));
        self
    }

    /// Sets whether sessions are taken from other owners, whose writes then fail. `false` by
    /// default. For programs that are the only user of their store.
    pub fn takes_over(mut self, takes_over: bool) -> Self {
        self.options.takes_over = takes_over;
        self
    }

    /// Sets the time after which another host may take over the sessions of this one, if it died or
    /// lost its store. The host renews its leases three times within it. If that fails for two thirds
    /// of it, by its own clock, it stops its runs. 30 s by default, at least 30 ms.
    pub fn lease(mut self, time: Duration) -> Self {
        self.options.lease = time.max(Duration::from_millis(30));
        self
    }

    /// Sets the policy for runs that were cut off.
    pub fn cut_runs(mut self, policy: CutRuns) -> Self {
        self.options.cut_runs = policy;
        self
    }

    /// Sets the policy for prompts that are submitted while an inference is running. A queued prompt
    /// is stored, and its submit returns, when its run starts. Refused by default.
    pub fn busy_policy(mut self, policy: BusyPolicy) -> Self {
        self.options.busy = policy;
        self
    }

    /// Sets the time after which an unused session leaves memory. 5 minutes by default.
    pub fn idle_after(mut self, time: Duration) -> Self {
        self.options.idle = time;
        self
    }

    /// Sets the maximum number of sessions in memory; beyond it, the session that was not used for
    /// the longest time leaves memory. At least 1. 10,000 by default.
    pub fn max_sessions(mut self, max: usize) -> Self {
        self.options.max_sessions = max.max(1);
        self
    }

    /// Sets the maximum number of inferences that run or are queued at once; further ones are
    /// refused ([`AtCapacity`](crate::ErrorKind::AtCapacity)). Runs that continue after a restart
    /// count, and are never refused, and so do prompts that join a running inference, until it reads
    /// them. 1,000 by default.
    pub fn max_runs(mut self, max: usize) -> Self {
        self.options.max_runs = max;
        self
    }

    /// Sets the maximum number of submits that wait, in order, while [`max_runs`](Self::max_runs)
    /// inferences run; further ones are refused ([`AtCapacity`](crate::ErrorKind::AtCapacity)). 0 by
    /// default. [`Host::load`] has their number.
    pub fn max_waiting(mut self, max: usize) -> Self {
        self.options.max_waiting = max;
        self
    }

    /// Sets the maximum number of runs that [`Host::recover`] and [`Host::sweep`] continue at once. At least 1. 8 by
    /// default.
    pub fn recover_at_once(mut self, max: usize) -> Self {
        self.options.recover_at_once = max.max(1);
        self
    }

    /// Sets the source of ids. Random by default; a seeded source makes runs reproducible.
    pub fn ids(mut self, ids: Arc<dyn IdSource>) -> Self {
        self.options.ids = ids;
        self
    }

    /// Builds the host. It opens no session.
    #[must_use]
    pub fn build(self) -> Host {
        Host::with(self.store, self.builder, self.options)
    }
}

impl fmt::Debug for HostBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostBuilder")
            .field("owner", &self.options.owner)
            .field("lease", &self.options.lease)
            .field("cut_runs", &self.options.cut_runs)
            .finish_non_exhaustive()
    }
}
