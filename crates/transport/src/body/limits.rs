//! The idle and total limits on reading a body.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use geppetto_engine::OnWake;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::{
    Timeouts,
    error::{TimeoutPhase, TransportError},
};

/// Longer than any process runs; used if a limit is too large for the clock.
const NEVER: Duration = Duration::from_secs(60 * 60 * 24 * 365);

/// Measures how long a reader waits.
///
/// There is one timer per body, created at the first wait. It is not reset for each chunk: when it
/// fires, the time since the wait began decides whether the limit has passed or the timer is set
/// again. So a stream of many small chunks reads the clock once per wait.
pub(super) struct ReadLimits {
    idle: Duration,
    message: Duration,
    message_since: Option<Instant>,
    /// Start of the wait for the current message.
    last_message_since: Option<Instant>,
    total: Option<Total>,
    waiting_since: Option<Instant>,
    timer: Option<OnWake<Pin<Box<Sleep>>>>,
}

#[derive(Clone, Copy)]
struct Total {
    deadline: Instant,
    limit: Duration,
}

impl Total {
    fn error(self) -> TransportError {
        TransportError::timeout(TimeoutPhase::Total, self.limit)
    }
}

impl ReadLimits {
    pub(super) fn new(timeouts: &Timeouts, started: Instant) -> Self {
        Self {
            idle: timeouts.idle,
            message: timeouts.message,
            message_since: None,
            last_message_since: None,
            total: timeouts.total.map(|limit| Total {
                deadline: after(started, limit),
                limit,
            }),
            waiting_since: None,
            timer: None,
        }
    }

    /// Records that more bytes are needed for the current message; returns an error if the limit on
    /// one message has passed since the first time.
    pub(super) fn message_grows(&mut self) -> Result<(), TransportError> {
        let now = Instant::now();
        let since = *self.message_since.get_or_insert(now);
        // The clock is read once per wait.
        self.waiting_since.get_or_insert(now);
        if now.saturating_duration_since(since) >= self.message {
            return Err(TransportError::timeout(TimeoutPhase::Message, self.message));
        }
        Ok(())
    }

    /// Marks a message as complete.
    pub(super) fn message_is_whole(&mut self) {
        self.last_message_since = self.message_since.take();
    }

    /// Marks the last message as a heartbeat.
    pub(super) fn message_was_none(&mut self) {
        self.message_since = self.message_since.or(self.last_message_since);
    }

    /// Records the arrival of bytes or of the end; returns an error if the total limit has passed.
    pub(super) fn received(&mut self) -> Result<(), TransportError> {
        self.waiting_since = None;
        match self.total {
            Some(total) if Instant::now() >= total.deadline => Err(total.error()),
            _ => Ok(()),
        }
    }

    /// Ready with an error once a limit has passed; registers the task for wake-up until then.
    pub(super) fn poll_expired<T>(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<T, TransportError>> {
        let since = *self.waiting_since.get_or_insert_with(Instant::now);
        let mut deadline = after(since, self.idle);
        if let Some(total) = self.total {
            deadline = deadline.min(total.deadline);
        }
        let timer = self
            .timer
            .get_or_insert_with(|| OnWake::new(Box::pin(sleep_until(deadline))));
        // It is never late: each deadline is at or after the one before.
        loop {
            ready!(Pin::new(&mut *timer).poll(cx));
            if Instant::now() >= deadline {
                break;
            }
            timer.get_mut().as_mut().reset(deadline);
        }
        let error = match self.total {
            Some(total) if deadline == total.deadline => total.error(),
            _ => TransportError::timeout(TimeoutPhase::Idle, self.idle),
        };
        Poll::Ready(Err(error))
    }
}

fn after(start: Instant, limit: Duration) -> Instant {
    start
        .checked_add(limit.min(NEVER))
        .unwrap_or_else(|| start + Duration::from_secs(60 * 60 * 24))
}
