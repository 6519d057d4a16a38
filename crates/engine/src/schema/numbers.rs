//! Numbers as in JSON Schema: 1 and 1.0 are equal.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

/// Returns `true` if a value is an integer, in any notation.
pub(super) fn is_integer(value: &Value) -> bool {
    value.is_i64()
        || value.is_u64()
        || value
            .as_f64()
            .is_some_and(|number| number.is_finite() && number.fract() == 0.0)
}

/// Returns `true` if two values are equal.
pub(super) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => compare(a, b) == Some(Ordering::Equal),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

/// Returns the limit in `keywords` that a number violates.
pub(super) fn problem(keywords: &Map<String, Value>, number: &Number) -> Option<String> {
    use Ordering::{Equal, Greater, Less};
    let limits: [(&str, &str, &[Ordering]); 4] = [
        ("minimum", "at least", &[Greater, Equal]),
        ("maximum", "at most", &[Less, Equal]),
        ("exclusiveMinimum", "more than", &[Greater]),
        ("exclusiveMaximum", "less than", &[Less]),
    ];
    for (keyword, words, fine) in limits {
        if let Some(Value::Number(limit)) = keywords.get(keyword)
            && compare(number, limit).is_some_and(|order| !fine.contains(&order))
        {
            return Some(format!("must be {words} {limit}"));
        }
    }
    None
}

fn compare(a: &Number, b: &Number) -> Option<Ordering> {
    if let (Some(a), Some(b)) = (whole(a), whole(b)) {
        return Some(a.cmp(&b));
    }
    a.as_f64()?.partial_cmp(&b.as_f64()?)
}

fn whole(number: &Number) -> Option<i128> {
    let signed = number.as_i64().map(i128::from);
    signed.or_else(|| number.as_u64().map(i128::from))
}
