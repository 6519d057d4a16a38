//! Conversions between SQLite's integers and Rust's.

use std::time::{Duration, SystemTime};

use geppetto_store::{BlockHash, Error};

use crate::fault::{Fault, Result};

#[cfg(test)]
mod tests;

/// Converts a number to SQLite's only integer type.
pub(crate) fn to_i64(number: impl TryInto<i64>) -> Result<i64> {
    let too_large = |_| Error::invalid("a number is larger than 2^63 - 1");
    Ok(number.try_into().map_err(too_large)?)
}

pub(crate) fn to_u64(number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| Fault::damaged("a stored number is negative"))
}

pub(crate) fn to_usize(number: i64) -> Result<usize> {
    usize::try_from(number).map_err(|_| Fault::damaged("a stored number is negative"))
}

/// Converts a limit, of which every number that is too large means "all".
pub(crate) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Returns the part of a hash that is indexed.
pub(crate) fn key_of(hash: &BlockHash) -> i64 {
    let (key, _) = hash.as_bytes().split_at(8);
    key.try_into().map(i64::from_le_bytes).unwrap_or_default()
}

/// The time of a session without a batch, which is before all others.
pub(crate) const NEVER: i64 = i64::MIN;

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

/// Returns milliseconds since 1970.
pub(crate) fn millis(time: SystemTime) -> i64 {
    nanos(time) / 1_000_000
}
