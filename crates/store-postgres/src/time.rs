//! Conversions of times.

use std::time::{Duration, SystemTime};

/// The time of a session without a batch, which is before all others.
pub(crate) const NEVER: i64 = i64::MIN;

/// Longest lease that expires, in milliseconds: 1,000 years. A longer one does not.
const LONGEST_LEASE: i64 = 1_000 * 365 * 86_400_000;

/// Returns nanoseconds since 1970; times that do not fit are moved to the nearest that does.
pub(crate) fn nanos(time: SystemTime) -> i64 {
    let whole = |nanos: u128| i64::try_from(nanos).unwrap_or(i64::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => whole(after.as_nanos()),
        Err(before) => -whole(before.duration().as_nanos()),
    }
}

pub(crate) fn time(nanos: i64) -> Option<SystemTime> {
    if nanos == NEVER {
        return None;
    }
    let distance = Duration::from_nanos(nanos.unsigned_abs());
    if nanos < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    }
}

/// Returns the length of a lease in milliseconds. `None` if it does not expire.
pub(crate) fn lease_millis(ttl: Option<Duration>) -> Option<i64> {
    let millis = i64::try_from(ttl?.as_millis()).ok()?;
    Some(millis).filter(|millis| *millis <= LONGEST_LEASE)
}
