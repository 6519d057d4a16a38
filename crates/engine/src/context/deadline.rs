//! When a run should be over.

use std::time::Duration;

use tokio::time::Instant;

use super::RunContext;

/// When a run should be over, and how long that was when it was set, where it was set so.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    at: Instant,
    limit: Option<Duration>,
}

impl RunContext {
    /// Sets the deadline of the run; the runner decides how to enforce it. Of several deadlines,
    /// the earliest applies.
    #[must_use]
    pub fn with_deadline(self, deadline: Instant) -> Self {
        self.nearer(Deadline {
            at: deadline,
            limit: None,
        })
    }

    /// Sets the maximum duration of the run from now on: a deadline that is also available as
    /// [`time_limit`](Self::time_limit). No limit if it is too far in the future to be represented.
    #[must_use]
    pub fn with_time_limit(self, limit: Duration) -> Self {
        match Instant::now().checked_add(limit) {
            None => self,
            Some(at) => self.nearer(Deadline {
                at,
                limit: Some(limit),
            }),
        }
    }

    pub(super) fn nearer(mut self, other: Deadline) -> Self {
        if self.deadline.is_none_or(|own| other.at < own.at) {
            self.deadline = Some(other);
        }
        self
    }

    /// When the run should be over.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline.map(|deadline| deadline.at)
    }

    /// How long the run may take, as it was set; with a deadline that was set as a moment, how
    /// long that is after `started`.
    #[must_use]
    pub fn time_limit(&self, started: Instant) -> Option<Duration> {
        let deadline = self.deadline?;
        let measured = || deadline.at.saturating_duration_since(started);
        Some(deadline.limit.unwrap_or_else(measured))
    }

    /// How long the run still has.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        self.deadline()
            .map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }
}
