use serde_json::json;

use super::*;

#[test]
fn usages_add_up() {
    let a = Usage::new(10, 2)
        .with_cached(4)
        .with_reasoning(1)
        .with_raw(json!({"x": 1}));
    let b = Usage::new(1, 1) + Usage::unreported();
    let sum: Usage = [&a, &b].into_iter().sum();
    assert_eq!(sum, {
        let mut expect = Usage::new(11, 3).with_cached(4).with_reasoning(1);
        expect.unreported_calls = 1;
        expect
    });
    assert_eq!(sum.total_tokens(), 14);
}

#[test]
fn unknown_keys_survive() {
    let value = json!({"input_tokens": 3, "output_tokens": 0, "audio_tokens": 9});
    let usage: Usage = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(&usage).unwrap(), value);
}

#[test]
fn a_count_that_is_no_count_is_an_error_that_names_it() {
    let error = serde_json::from_value::<Usage>(json!({"input_tokens": "many"})).unwrap_err();
    assert!(error.to_string().contains("input_tokens"), "{error}");
}

#[test]
fn costs_add_up_and_say_how_many_calls_they_cover() {
    let price = Price::new(1.0, 2.0);
    let priced = Usage::new(1_000_000, 1_000_000).with_price(&price);
    assert_eq!((priced.cost_usd, priced.priced_calls), (Some(3.0), 1));
    let sum: Usage = [&priced, &priced, &Usage::new(1, 1)].into_iter().sum();
    assert_eq!((sum.cost_usd, sum.priced_calls), (Some(6.0), 2));
    let unknown: Usage = [Usage::new(1, 1), Usage::unreported()].into_iter().sum();
    assert_eq!((unknown.cost_usd, unknown.priced_calls), (None, 0));
}

#[test]
fn a_cost_survives_a_file() {
    let usage = Usage::new(1000, 10).with_price(&Price::new(0.25, 2.0));
    let value = serde_json::to_value(&usage).unwrap();
    assert_eq!(value["priced_calls"], 1);
    assert_eq!(serde_json::from_value::<Usage>(value).unwrap(), usage);
    let value = serde_json::to_value(Usage::new(1, 1)).unwrap();
    assert!(value.get("cost_usd").is_none(), "{value}");
    let error = serde_json::from_value::<Usage>(json!({"cost_usd": "much"})).unwrap_err();
    assert!(error.to_string().contains("cost_usd"), "{error}");
}
