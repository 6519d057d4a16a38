use std::{num::NonZeroU32, time::Duration};

use geppetto_engine::{EngineError, ErrorKind, RetryLimit};
use tokio::time::advance;

use super::{RetryBudget, RetryPolicy};

fn transient() -> EngineError {
    EngineError::new(ErrorKind::Server, "failed")
}

fn attempts(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).unwrap()
}

fn delays(policy: &RetryPolicy, error: &EngineError) -> Vec<Duration> {
    let mut retry = policy.start();
    std::iter::from_fn(|| retry.next(error)).collect()
}

#[test]
fn three_attempts_are_made_by_default() {
    let policy = RetryPolicy::new();
    let mut retry = policy.start();
    assert_eq!(retry.attempt(), 1);
    assert!(retry.next(&transient()).is_some());
    assert_eq!(retry.attempt(), 2);
    assert!(retry.next(&transient()).is_some());
    assert_eq!(retry.attempt(), 3);
    assert_eq!(retry.next(&transient()), None);
    assert_eq!(retry.attempt(), 3);
}

#[test]
fn final_errors_are_not_repeated() {
    let refused = EngineError::new(ErrorKind::InvalidRequest, "no");
    assert_eq!(delays(&RetryPolicy::new(), &refused), []);
    assert_eq!(
        delays(&RetryPolicy::new(), &transient().with_retryable(false)),
        []
    );
    assert_eq!(delays(&RetryPolicy::never(), &transient()), []);
    assert_eq!(
        delays(&RetryPolicy::new(), &refused.with_retryable(true)).len(),
        2
    );
}

#[test]
fn waits_stay_under_a_growing_ceiling_and_use_all_of_it() {
    let policy = RetryPolicy::new()
        .with_max_attempts(attempts(8))
        .with_budget(RetryBudget::unlimited())
        .with_seed(1);
    let ceilings = [500, 1000, 2000, 4000, 8000, 8000, 8000].map(Duration::from_millis);
    let mut longest = [Duration::ZERO; 7];
    for _ in 0..200 {
        let waits = delays(&policy, &transient());
        assert_eq!(waits.len(), 7);
        for ((wait, ceiling), longest) in waits.iter().zip(ceilings).zip(&mut longest) {
            assert!(*wait <= ceiling);
            *longest = (*longest).max(*wait);
        }
    }
    for (longest, ceiling) in longest.iter().zip(ceilings) {
        assert!(
            *longest > ceiling.mul_f64(0.9),
            "{longest:?} of {ceiling:?}"
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_waits() {
    let waits = |seed| delays(&RetryPolicy::new().with_seed(seed), &transient());
    assert_eq!(waits(7), waits(7));
    assert_ne!(waits(7), waits(8));
    let policy = RetryPolicy::new().with_seed(7);
    assert_ne!(delays(&policy, &transient()), delays(&policy, &transient()));
}

#[test]
fn the_wait_that_the_provider_asks_for_is_kept_up_to_a_limit() {
    let asks = |seconds| transient().with_retry_after(Duration::from_secs(seconds));
    let policy = RetryPolicy::new();
    assert_eq!(delays(&policy, &asks(30)), [Duration::from_secs(30); 2]);
    assert_eq!(delays(&policy, &asks(60)), [Duration::from_secs(60); 2]);
    assert_eq!(delays(&policy, &asks(61)), []);
    let patient = policy.with_max_retry_after(Duration::from_secs(600));
    assert_eq!(delays(&patient, &asks(61)), [Duration::from_secs(61); 2]);
}

#[test]
fn absurd_backoffs_neither_overflow_nor_shrink() {
    let cap = Duration::from_secs(1);
    for factor in [f64::NAN, f64::INFINITY, 1e300, -3.0] {
        let policy = RetryPolicy::new()
            .with_max_attempts(attempts(50))
            .with_budget(RetryBudget::unlimited())
            .with_backoff(cap, factor, cap);
        assert!(
            delays(&policy, &transient())
                .iter()
                .all(|wait| *wait <= cap)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_reserve_allows_a_few_retries_and_time_refills_it() {
    let budget = RetryBudget::new();
    let withdrawn = || (0..100).filter(|_| budget.withdraw()).count();
    assert_eq!(withdrawn(), 10);
    advance(Duration::from_millis(999)).await;
    assert_eq!(withdrawn(), 0);
    advance(Duration::from_millis(1)).await;
    assert_eq!(withdrawn(), 1);
    advance(Duration::from_secs(3600)).await;
    assert_eq!(withdrawn(), 10);
}

#[tokio::test(start_paused = true)]
async fn requests_pay_in_a_fifth_of_a_retry_each() {
    let budget = RetryBudget::with_limits(0.2, 0.0, 0.0);
    assert!(!budget.withdraw());
    (0..50).for_each(|_| budget.deposit());
    assert_eq!((0..100).filter(|_| budget.withdraw()).count(), 10);
    (0..1_000_000).for_each(|_| budget.deposit());
    assert_eq!((0..5000).filter(|_| budget.withdraw()).count(), 1000);
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_not_met_with_three_times_the_load() {
    let policy = RetryPolicy::new();
    let retries: usize = (0..1000)
        .map(|_| delays(&policy.clone(), &transient()).len())
        .sum();
    // A reserve of 10 and 20 % of 1,000 requests.
    assert_eq!(retries, 210);
}

#[test]
fn a_free_attempt_is_an_attempt() {
    let policy = RetryPolicy::new().with_max_attempts(attempts(2));
    let mut retry = policy.start();
    assert_eq!((retry.max_attempts(), retry.attempt()), (2, 1));
    assert_eq!(retry.next_free(), Some(Duration::ZERO));
    assert_eq!((retry.attempt(), retry.next_free()), (2, None));
    assert_eq!(retry.next(&transient()), None);
}

#[test]
fn the_budget_of_a_policy_is_a_limit_for_others() {
    let budget = RetryBudget::with_limits(0.0, 0.0, 1.0);
    let policy = RetryPolicy::new().with_budget(budget);
    let limit: &dyn RetryLimit = policy.budget();
    assert_eq!((limit.withdraw(), limit.withdraw()), (true, false));
    assert_eq!(delays(&policy, &transient()), []);
}
