use std::time::{Duration, SystemTime};

use super::{NEVER, nanos, time};

#[test]
fn times_are_kept_to_the_nanosecond() {
    let epoch = SystemTime::UNIX_EPOCH;
    for distance in [
        0,
        1,
        999_999_999,
        1_700_000_000_123_456_789,
        i64::MAX as u64,
    ] {
        let distance = Duration::from_nanos(distance);
        for own in [epoch + distance, epoch - distance] {
            assert_eq!(time(nanos(own)), Some(own));
        }
    }
}

#[test]
fn times_that_do_not_fit_stay_in_order() {
    let far = Duration::from_secs(1 << 40);
    let epoch = SystemTime::UNIX_EPOCH;
    let (late, early) = (nanos(epoch + far), nanos(epoch - far));
    assert!(late > nanos(epoch) && nanos(epoch) > early && early > NEVER);
    assert_eq!(time(NEVER), None);
}
