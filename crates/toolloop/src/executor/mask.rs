//! Masking of secrets in arguments and texts.

use geppetto_turns::Args;
use serde_json::Value;

mod forms;

/// Minimum length of a value searched for in texts, in characters.
const SHORTEST: usize = 4;

/// Maximum number of values searched for in a text: each costs one pass per form.
const MOST: usize = 64;

/// Replacement for secrets in events.
pub const MASK: &str = "***";

/// Returns the arguments with the named ones masked, at any depth.
pub(crate) fn arguments(args: &Args, secret: &[String]) -> String {
    if secret.is_empty() {
        return args.as_str().to_owned();
    }
    match args.object() {
        Ok(object) => {
            let mut value = Value::Object(object);
            each_secret(&mut value, secret, &mut |found| *found = MASK.into());
            value.to_string()
        }
        // If the fields cannot be told apart, any part may be the secret.
        Err(_) => MASK.to_owned(),
    }
}

/// Masks occurrences of the values of secret arguments in a text, in any of their
/// [forms](forms::of). Values shorter than four characters are not masked, because they would match
/// everywhere. If there are too many values to search for, the entire text is masked.
pub(crate) fn hide(text: &str, args: &Args, secret: &[String]) -> String {
    let mut text = text.to_owned();
    if secret.is_empty() {
        return text;
    }
    let mut values = secret_values(args, secret);
    values.retain(|value| value.chars().count() >= SHORTEST);
    if values.len() > MOST {
        return MASK.to_owned();
    }
    let mut forms: Vec<String> = values.iter().flat_map(|value| forms::of(value)).collect();
    // Longest first: a form may be part of another.
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    forms.dedup();
    for form in &forms {
        if text.contains(form.as_str()) {
            text = text.replace(form.as_str(), MASK);
        }
    }
    text
}

/// Returns the secret values. If the arguments are not an object, any part of them may be secret.
fn secret_values(args: &Args, secret: &[String]) -> Vec<String> {
    let mut values = Vec::new();
    match serde_json::from_str(args.as_str()) {
        Ok(mut object @ Value::Object(_)) => each_secret(&mut object, secret, &mut |found| {
            leaves(found, &mut values);
        }),
        Ok(other) => leaves(&other, &mut values),
        Err(_) => values.push(args.as_str().trim().to_owned()),
    }
    values
}

fn each_secret(value: &mut Value, secret: &[String], found: &mut dyn FnMut(&mut Value)) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                if secret.contains(name) {
                    found(field);
                } else {
                    each_secret(field, secret, found);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                each_secret(item, secret, found);
            }
        }
        _ => {}
    }
}

fn leaves(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.values().for_each(|field| leaves(field, into)),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, into)),
        Value::String(text) => into.push(text.clone()),
        Value::Number(number) => {
            into.push(number.to_string());
            // As formatted by Rust: `1234567` for `1234567.0`, and no exponent.
            into.extend(number.as_f64().map(|number| number.to_string()));
        }
        Value::Null | Value::Bool(_) => {}
    }
}
