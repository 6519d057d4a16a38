//! Deadlines and time limits of a run.

use std::{future::pending, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep_until};

use super::{RunContext, clock::Clock};

#[cfg(test)]
mod tests;

/// Deadline of a run: a point in time, or an amount of the run's own time.
#[derive(Debug, Clone)]
pub(super) struct Deadline {
    /// Time at which the deadline passes if no clock is stopped.
    at: Instant,
    limit: Option<TimeLimit>,
}

/// Time limit by the clock of a run.
#[derive(Debug, Clone)]
struct TimeLimit {
    limit: Duration,
    clock: Arc<Clock>,
    /// Duration for which the clock had been stopped when the limit was set.
    stopped: Duration,
}

impl Deadline {
    /// Returns a deadline at `limit` from now, by `clock`. `None` if it is too far in the future to
    /// be represented.
    fn after(limit: Duration, clock: &Arc<Clock>) -> Option<Self> {
        Some(Self {
            at: Instant::now().checked_add(limit)?,
            limit: Some(TimeLimit {
                limit,
                clock: Arc::clone(clock),
                stopped: clock.stopped(),
            }),
        })
    }

    /// Returns the time at which it passes if the clock keeps running from now on.
    fn at(&self) -> Instant {
        let stopped = match &self.limit {
            None => Duration::ZERO,
            Some(own) => own.clock.stopped().saturating_sub(own.stopped),
        };
        self.at.checked_add(stopped).unwrap_or(self.at)
    }

    fn stopped_clock(&self) -> Option<&Clock> {
        let clock = self.limit.as_ref().map(|own| &*own.clock);
        clock.filter(|clock| clock.is_stopped())
    }

    /// Returns `true` if both use the same clock, so that their order cannot change.
    fn is_alike(&self, other: &Self) -> bool {
        match (&self.limit, &other.limit) {
            (None, None) => true,
            (Some(own), Some(other)) => Arc::ptr_eq(&own.clock, &other.clock),
            _ => false,
        }
    }
}

/// Waits until the first of `deadlines` has passed.
async fn passed(deadlines: &[Deadline]) {
    loop {
        let now = Instant::now();
        if deadlines.iter().any(|own| own.at() <= now) {
            return;
        }
        let stopped = deadlines.iter().find_map(Deadline::stopped_clock);
        let going = deadlines.iter().filter(|own| own.stopped_clock().is_none());
        let next = going.map(Deadline::at).min();
        // A clock may have been stopped in the meantime, so check again.
        tokio::select! {
            biased;
            () = async { match stopped {
                Some(clock) => clock.going().await,
                None => pending().await,
            } } => {}
            () = async { match next {
                Some(at) => sleep_until(at).await,
                None => pending().await,
            } } => {}
        }
    }
}

impl RunContext {
    /// Sets the deadline of the run, a point in time; the runner enforces it. Of several deadlines,
    /// the earliest applies. It does not move while the run is [off the
    /// clock](Self::off_the_clock).
    #[must_use]
    pub fn with_deadline(self, deadline: Instant) -> Self {
        self.nearer(Deadline {
            at: deadline,
            limit: None,
        })
    }

    /// Sets the maximum duration of the run from now on: a deadline that is also available as
    /// [`time_limit`](Self::time_limit), and that moves by the time the run is [off the
    /// clock](Self::off_the_clock). No limit if it is too far in the future to be represented.
    #[must_use]
    pub fn with_time_limit(self, limit: Duration) -> Self {
        match Deadline::after(limit, &self.clock) {
            None => self,
            Some(deadline) => self.nearer(deadline),
        }
    }

    fn nearer(mut self, other: Deadline) -> Self {
        let mut deadlines = self.deadlines.to_vec();
        match deadlines.iter_mut().find(|own| own.is_alike(&other)) {
            Some(own) if other.at() < own.at() => *own = other,
            Some(_) => return self,
            None => deadlines.push(other),
        }
        self.deadlines = deadlines.into();
        self
    }

    /// Adds the deadlines of another run.
    pub(super) fn with_deadlines_of(self, other: &Self) -> Self {
        let deadlines = other.deadlines.iter().cloned();
        deadlines.fold(self, Self::nearer)
    }

    /// Returns the deadline of the run, assuming that it is not [off the
    /// clock](Self::off_the_clock) from now on.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadlines.iter().map(Deadline::at).min()
    }

    /// Returns the time limit of the run as configured; for a deadline set as a point in time, its
    /// distance from `started`.
    #[must_use]
    pub fn time_limit(&self, started: Instant) -> Option<Duration> {
        let deadline = self.deadlines.iter().min_by_key(|own| own.at())?;
        let limit = deadline.limit.as_ref().map(|own| own.limit);
        let measured = || deadline.at.saturating_duration_since(started);
        Some(limit.unwrap_or_else(measured))
    }

    /// Returns the remaining time of the run.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        self.deadline()
            .map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Waits until the deadline of the run has passed; forever if there is none.
    pub async fn deadline_passed(&self) {
        passed(&self.deadlines).await;
    }

    /// Awaits `future` for at most `limit`; time [off the clock](Self::off_the_clock) does not
    /// count. Returns `None` if the limit was reached.
    pub async fn within<F: Future>(&self, limit: Duration, future: F) -> Option<F::Output> {
        let Some(deadline) = Deadline::after(limit, &self.clock) else {
            return Some(future.await);
        };
        tokio::select! {
            biased;
            output = future => Some(output),
            () = passed(std::slice::from_ref(&deadline)) => None,
        }
    }
}
