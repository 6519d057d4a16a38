//! Retries of an attempt, and their announcement.

use std::time::Duration;

use geppetto_engine::{EngineError, ResponseWriter};
use geppetto_events::{EventKind, kind::Info};
use geppetto_transport::{FailedAttempt, Retry};
use tokio::time::sleep;

use super::stop::Stop;

/// Returns `true` if an attempt whose reply broke off is retried, after waiting for the delay. If
/// the run ends during the wait, the next attempt detects it.
pub(crate) async fn repeats(
    retry: &mut Retry,
    error: &EngineError,
    writer: &ResponseWriter<'_>,
    stop: &mut Stop<'_>,
) -> bool {
    let (attempt, max_attempts) = (retry.attempt(), retry.max_attempts());
    let Some(delay) = retry.next(error) else {
        return false;
    };
    announce_retry(writer, (attempt, max_attempts), delay, error);
    // A stopped run is detected by the following wait.
    let _ = stop.race(sleep(delay)).await;
    true
}

/// Announces the retry of a refused attempt.
pub(crate) fn announce(writer: &ResponseWriter<'_>, failed: &FailedAttempt<'_>) {
    let attempts = (failed.attempt, failed.max_attempts);
    announce_retry(writer, attempts, failed.delay, failed.error);
}

fn announce_retry(
    writer: &ResponseWriter<'_>,
    (attempt, max_attempts): (u32, u32),
    delay: Duration,
    error: &EngineError,
) {
    let data = serde_json::json!({
        "attempt": attempt,
        "max_attempts": max_attempts,
        "delay_ms": u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
        "reason": error.to_string(),
        "kind": error.kind().as_str(),
    });
    writer.publish(EventKind::Info(Info::new("retrying", Some(data))));
}
