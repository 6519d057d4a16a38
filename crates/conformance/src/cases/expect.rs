//! The expected results of an input.

use serde_json::Value;

use super::{pattern::Pattern, seen};

/// Compares the results with the expectation. Returns the differences, each in one line.
///
/// # Errors
///
/// Returns a message if the expectation is invalid.
pub(super) fn check(expectation: &Value, seen: &Value) -> Result<Vec<String>, String> {
    let pattern = Pattern::parse(expectation)?;
    known_keys(expectation, seen::KEYS, "")?;
    let runs = expectation.get("runs").and_then(Value::as_array);
    for run in runs.into_iter().flatten() {
        known_keys(run, seen::RUN_KEYS, "a run's ")?;
    }
    let errors = [expectation].into_iter().chain(runs.into_iter().flatten());
    for error in errors.filter_map(|of| of.get("error")) {
        known_keys(error, seen::ERROR_KEYS, "an error's ")?;
    }
    let mut found = Vec::new();
    pattern.check("", Some(seen), seen, &mut found);
    if expectation.get("refusals").is_none() {
        found.extend(list(
            "the provider would refuse a request",
            "refusals",
            seen,
        ));
    }
    found.extend(broken_rules(seen));
    Ok(found)
}

/// Returns the invariants that were broken.
pub(super) fn broken_rules(seen: &Value) -> Vec<String> {
    list("a rule that always holds is broken", "broken_rules", seen)
}

fn list(what: &str, key: &str, seen: &Value) -> Vec<String> {
    let list = seen.get(key).and_then(Value::as_array);
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    texts.map(|text| format!("{what}: {text}")).collect()
}

/// Rejects unknown keys: a misspelled key would never be present, and would match every pattern for
/// absence.
fn known_keys(value: &Value, known: &[&str], whose: &str) -> Result<(), String> {
    let keys = value.as_object().into_iter().flat_map(|map| map.keys());
    for key in keys.filter(|key| !key.starts_with(['/', '$'])) {
        if !known.contains(&key.as_str()) {
            let known = known.join(", ");
            return Err(format!(
                "{whose}key `{key}` is not known; known are {known}"
            ));
        }
    }
    Ok(())
}
