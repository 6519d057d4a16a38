//! Keeps a paused clock from leaping over bytes that are on their way through a socket.

use std::{sync::Arc, time::Duration};

use tokio::{
    task::yield_now,
    time::{Instant, sleep},
};

use super::shared::Shared;

/// How often the runtime looks for I/O without any before the sockets count as quiet. Loopback
/// delivers at once, so a few rounds would do; more serve clients that pass bytes between tasks.
const QUIET_ROUNDS: u32 = 16;

/// The same where nothing has happened yet: one look would do.
const IDLE_ROUNDS: u32 = 3;

/// The shortest and the longest leap.
const STEP: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(10));

/// Runs until aborted.
///
/// A yielding task lets the runtime poll its sockets without letting a paused clock leap. So after
/// each sign of activity this yields until the sockets are quiet; and because a client may write
/// after a long quiet time, when nobody here can know, the clock never leaps further than one step.
pub(super) async fn keep(shared: Arc<Shared>) {
    let mut quiet_since = Instant::now();
    loop {
        let before = shared.activity.count();
        settle(&shared).await;
        if shared.activity.count() != before {
            quiet_since = Instant::now();
        }
        let step = (quiet_since.elapsed() / 100).clamp(STEP.0, STEP.1);
        tokio::select! {
            () = shared.activity.next() => quiet_since = Instant::now(),
            () = sleep(step) => {}
        }
    }
}

async fn settle(shared: &Shared) {
    let mut seen = shared.activity.count();
    let mut rounds_left = IDLE_ROUNDS;
    while rounds_left > 0 {
        yield_now().await;
        let count = shared.activity.count();
        rounds_left = if count == seen {
            rounds_left - 1
        } else {
            QUIET_ROUNDS
        };
        seen = count;
    }
}
