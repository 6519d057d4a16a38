use super::*;

#[test]
fn sessions_write_at_the_same_times_and_none_too_late() {
    let schedule = EventSchedule::new();
    let start = Instant::now();
    let first = schedule.next(start, 1);
    assert_eq!(first, start + STORE_EVENTS_AFTER);
    for (waiting, after) in [(1, 1), (MANY, 1), (MANY + 1, 2)] {
        let after = STORE_EVENTS_AFTER * after;
        for millis in 0..200 {
            let now = start + Duration::from_millis(millis);
            let next = schedule.clone().next(now, waiting);
            assert!(next <= now + after, "{waiting} at {millis}");
            assert!(next + TICK > now + after, "{waiting} at {millis}");
            let since = next.duration_since(start).as_millis();
            assert_eq!(since % TICK.as_millis(), 0, "{waiting} at {millis}");
        }
    }
}

#[test]
fn a_time_before_the_start_has_the_full_delay() {
    let schedule = EventSchedule::new();
    let now = Instant::now();
    schedule.next(now + Duration::from_secs(1), 1);
    assert_eq!(schedule.next(now, 1), now + STORE_EVENTS_AFTER);
}

#[tokio::test(start_paused = true)]
async fn it_counts_the_sessions_that_wait() {
    let schedule = EventSchedule::new();
    let start = Instant::now();
    let mut waits = Vec::new();
    for _ in 0..=MANY {
        let schedule = schedule.clone();
        waits.push(tokio::spawn(async move {
            schedule.wait().await;
            start.elapsed()
        }));
    }
    // The last one came when there were many.
    let last = waits.pop().unwrap().await.unwrap();
    assert_eq!(last, STORE_EVENTS_AFTER * 2);
    for wait in waits {
        assert_eq!(wait.await.unwrap(), STORE_EVENTS_AFTER);
    }
    // They have left.
    let start = Instant::now();
    schedule.wait().await;
    assert!(start.elapsed() <= STORE_EVENTS_AFTER);
}
