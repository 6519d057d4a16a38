//! [`Claim`] and [`Lease`]: who may write to a session.

use std::{fmt, sync::Arc, time::Duration};

/// Request to own a session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Claim {
    /// Name of the owner, unique per process, such as `host:pid`. An owner may claim its own
    /// session again, which fences its earlier lease.
    pub owner: String,
    /// Time until the lease expires unless it is renewed. After that, any owner may claim the
    /// session. `None` by default: the lease is valid until it is released or taken over.
    pub ttl: Option<Duration>,
    /// Address at which other processes reach the owner, such as `http://10.0.0.7:8080`, for those who
    /// are asked for the session in the meantime. `None` by default.
    pub address: Option<String>,
    /// `true` if the session is taken from another owner, whose lease is fenced. `false` by
    /// default: a session that another owner holds is [`Held`](crate::ErrorKind::Held).
    pub takes_over: bool,
    /// `true` if the answer has the latest turn, which is the default. A caller that reads all turns
    /// anyway saves one read of all their blocks.
    pub reads_latest: bool,
}

impl Claim {
    /// Creates a claim of `owner`.
    pub fn new(owner: impl Into<String>) -> Self {
        Self {
            owner: owner.into(),
            ttl: None,
            address: None,
            takes_over: false,
            reads_latest: true,
        }
    }

    /// Sets the time until the lease expires unless it is renewed.
    #[must_use]
    pub fn expiring_after(mut self, ttl: Duration) -> Self {
        self.ttl = Some(ttl);
        self
    }

    /// Sets the address at which other processes reach the owner.
    #[must_use]
    pub fn at_address(mut self, address: impl Into<String>) -> Self {
        self.address = Some(address.into());
        self
    }

    /// Takes the session from another owner, if there is one.
    #[must_use]
    pub fn taking_over(mut self) -> Self {
        self.takes_over = true;
        self
    }

    /// Leaves [`Opened::latest`](crate::Opened::latest) empty, for a caller that reads the turns itself.
    #[must_use]
    pub fn without_latest(mut self) -> Self {
        self.reads_latest = false;
        self
    }
}

/// Permission to write to a session, until another claim succeeds or the session is deleted.
///
/// The epoch is the proof: it increases with each claim, and a store checks it within every write.
/// An expired lease that nobody claimed is still valid.
pub struct Lease {
    session: Arc<str>,
    epoch: u64,
    claim: Claim,
}

impl Lease {
    /// Creates a lease. For implementations of stores.
    #[must_use]
    pub fn new(session: &str, epoch: u64, claim: Claim) -> Self {
        Self {
            session: session.into(),
            epoch,
            claim,
        }
    }

    /// Returns the id of the session.
    #[must_use]
    pub fn session(&self) -> &str {
        &self.session
    }

    /// Returns the epoch. No other lease of a session with this id has the same one, even if the
    /// session is deleted and created again.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Returns the claim that the lease was granted for.
    #[must_use]
    pub fn claim(&self) -> &Claim {
        &self.claim
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("session", &self.session)
            .field("epoch", &self.epoch)
            .field("owner", &self.claim.owner)
            .finish_non_exhaustive()
    }
}
