use super::*;

const PRICE: Price = Price::new(3.0, 15.0)
    .with_cache_read(0.3)
    .with_cache_write(3.75);

#[test]
fn every_token_is_charged_once() {
    let usage = Usage::new(1_000_000, 100_000)
        .with_cached(600_000)
        .with_cache_creation(200_000)
        .with_reasoning(90_000);
    let cost = PRICE.cost(&usage).unwrap();
    assert!((cost - (0.6 + 0.18 + 0.75 + 1.5)).abs() < 1e-9, "{cost}");
}

#[test]
fn a_cost_that_is_not_known_is_none() {
    assert_eq!(PRICE.cost(&Usage::unreported()), None);
    let long = PRICE.with_max_input_tokens(100);
    assert!(long.cost(&Usage::new(100, 1)).is_some());
    assert_eq!(long.cost(&Usage::new(101, 1)), None);
    assert_eq!(Price::new(f64::NAN, 1.0).cost(&Usage::new(1, 1)), None);
}

#[test]
fn a_model_that_is_free_costs_nothing() {
    assert_eq!(Price::new(0.0, 0.0).cost(&Usage::new(5, 5)), Some(0.0));
}
