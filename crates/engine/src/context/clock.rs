//! [`Clock`]: the clock of a run, which can be stopped.

use std::{future::Future, iter::successors, sync::Arc, sync::Mutex, time::Duration};

use tokio::{sync::Notify, time::Instant};

use super::{RunContext, lock};

/// Clock of a run that measures for how long it was stopped.
#[derive(Debug, Default)]
pub(super) struct Clock {
    state: Mutex<State>,
    going: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Number of guards that stop it.
    stops: u32,
    /// Time at which it was stopped, if it is.
    since: Option<Instant>,
    /// Duration of earlier stops.
    stopped: Duration,
}

/// Guard that keeps a clock stopped.
struct Stopped(Arc<Clock>);

impl Clock {
    /// Returns the total duration of all stops, up to now.
    pub(super) fn stopped(&self) -> Duration {
        let state = lock(&self.state);
        let now = state.since.map(|since| since.elapsed());
        state.stopped.saturating_add(now.unwrap_or_default())
    }

    pub(super) fn is_stopped(&self) -> bool {
        lock(&self.state).stops > 0
    }

    /// Waits until the clock is running.
    pub(super) async fn going(&self) {
        loop {
            let mut going = std::pin::pin!(self.going.notified());
            going.as_mut().enable();
            if !self.is_stopped() {
                return;
            }
            going.await;
        }
    }

    fn stop(self: &Arc<Self>) -> Stopped {
        let mut state = lock(&self.state);
        state.stops += 1;
        state.since.get_or_insert_with(Instant::now);
        drop(state);
        Stopped(Arc::clone(self))
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.stops = state.stops.saturating_sub(1);
        if state.stops == 0 {
            let stopped = state.since.take().map(|since| since.elapsed());
            state.stopped = state.stopped.saturating_add(stopped.unwrap_or_default());
            drop(state);
            self.0.going.notify_waiters();
        }
    }
}

impl RunContext {
    /// Awaits something that takes its own time, such as the answer of a person, off the clock of
    /// the run: in the meantime neither its [time limits](Self::with_time_limit), nor those of its
    /// parent runs, nor the time limit of a tool that awaits this advance. Afterwards the run
    /// continues with its remaining time. A hook calls this on the context that it receives, a tool
    /// on that of its
    /// [`ToolContext`](https://docs.rs/geppetto-toolloop/latest/geppetto_toolloop/struct.ToolContext.html).
    ///
    /// Overlapping waits of several parts of a run count once. A [deadline](Self::with_deadline),
    /// which is a point in time, does not move, and a cancellation still ends the run at once.
    ///
    /// ```
    /// use std::time::Duration;
    /// use geppetto_engine::{RunContext, steps::deadline_passed};
    /// use tokio::time::sleep;
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
    /// let ctx = RunContext::new().with_time_limit(Duration::from_secs(60));
    /// ctx.off_the_clock(sleep(Duration::from_secs(3600))).await;
    /// assert_eq!(ctx.time_left(), Some(Duration::from_secs(60)));
    /// assert!(!deadline_passed(&ctx));
    /// # }
    /// ```
    pub async fn off_the_clock<F: Future>(&self, future: F) -> F::Output {
        let runs = successors(Some(self), |own| own.parent());
        let _stopped: Vec<Stopped> = runs.map(|own| own.clock.stop()).collect();
        future.await
    }
}
