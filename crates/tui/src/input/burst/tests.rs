use std::time::Duration;

use tokio::time::Instant;

use super::Burst;

const FAST: Duration = Duration::from_millis(1);

/// Types characters that follow each other at once.
fn type_fast(burst: &mut Burst, now: &mut Instant, count: usize) {
    for _ in 0..count {
        *now += FAST;
        burst.character(*now);
    }
}

#[test]
fn an_enter_among_pasted_characters_is_text() {
    let (mut burst, mut now) = (Burst::new(true), Instant::now());
    type_fast(&mut burst, &mut now, 10);
    now += FAST;
    assert!(burst.enter(now));
    assert!(!burst.release(now));
    now += FAST;
    assert!(burst.character(now));
    assert_eq!(burst.held_until(), None);
}

#[test]
fn an_enter_that_nothing_follows_is_the_key() {
    let (mut burst, mut now) = (Burst::new(true), Instant::now());
    type_fast(&mut burst, &mut now, 10);
    now += FAST;
    assert!(burst.enter(now));
    let until = burst.held_until().unwrap();
    assert!(burst.release(until));
    assert!(!burst.release(until));
}

#[test]
fn an_enter_after_slow_typing_is_the_key() {
    let (mut burst, mut now) = (Burst::new(true), Instant::now());
    for _ in 0..10 {
        now += Duration::from_millis(50);
        burst.character(now);
    }
    assert!(!burst.enter(now + FAST));
}

#[test]
fn an_enter_some_time_after_a_paste_is_the_key() {
    let (mut burst, mut now) = (Burst::new(true), Instant::now());
    type_fast(&mut burst, &mut now, 10);
    assert!(!burst.enter(now + Duration::from_millis(200)));
}

#[test]
fn terminals_that_mark_pastes_need_no_guess() {
    let (mut burst, mut now) = (Burst::new(false), Instant::now());
    type_fast(&mut burst, &mut now, 10);
    assert!(!burst.enter(now + FAST));
}
