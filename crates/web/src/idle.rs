//! [`Idle`]: when a stream without events sends a comment.

use std::{pin::Pin, time::Duration};

use tokio::time::{Instant, Sleep, sleep};

/// Measures the time without events. An event costs no work of the timer, which is set again only
/// when it is due.
pub(crate) struct Idle {
    limit: Duration,
    timer: Pin<Box<Sleep>>,
    /// Time of the last event.
    last: Instant,
}

impl Idle {
    pub(crate) fn new(limit: Duration) -> Self {
        Self {
            limit,
            timer: Box::pin(sleep(limit)),
            last: Instant::now(),
        }
    }

    /// Waits for the next event. Returns `None` if there is none within the limit; the future is
    /// dropped then.
    pub(crate) async fn wait<T>(&mut self, next: impl Future<Output = T>) -> Option<T> {
        tokio::pin!(next);
        loop {
            tokio::select! {
                biased;
                event = next.as_mut() => {
                    self.last = Instant::now();
                    return Some(event);
                }
                () = self.timer.as_mut() => {
                    let now = Instant::now();
                    let due = self.last + self.limit;
                    if due > now {
                        self.timer.as_mut().reset(due);
                        continue;
                    }
                    self.last = now;
                    self.timer.as_mut().reset(now + self.limit);
                    return None;
                }
            }
        }
    }
}
