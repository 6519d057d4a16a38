//! First difference between two JSON values.

use serde_json::Value;

/// Maximum length of a displayed value, in characters.
const SHOWN: usize = 60;

/// Returns the first difference between the recorded and the requested value, as a JSON pointer and
/// both values; `None` if there is none.
pub(super) fn first(recorded: &Value, asked: &Value) -> Option<String> {
    let mut path = String::new();
    at(recorded, asked, &mut path)
}

fn at(recorded: &Value, asked: &Value, path: &mut String) -> Option<String> {
    match (recorded, asked) {
        (Value::Object(a), Value::Object(b)) => {
            let known = a.iter().map(|(key, value)| (key, Some(value), b.get(key)));
            let added = b.iter().filter(|(key, _)| !a.contains_key(*key));
            let added = added.map(|(key, value)| (key, None, Some(value)));
            known
                .chain(added)
                .find_map(|(key, a, b)| below(a, b, key, path))
        }
        (Value::Array(a), Value::Array(b)) => (0..a.len().max(b.len()))
            .find_map(|index| below(a.get(index), b.get(index), &index.to_string(), path)),
        _ if recorded == asked => None,
        _ => Some(told(path, Some(recorded), Some(asked))),
    }
}

fn below(a: Option<&Value>, b: Option<&Value>, key: &str, path: &mut String) -> Option<String> {
    let parent = path.len();
    path.push('/');
    path.push_str(key);
    let difference = match (a, b) {
        (Some(a), Some(b)) => at(a, b, path),
        _ => Some(told(path, a, b)),
    };
    path.truncate(parent);
    difference
}

fn told(path: &str, recorded: Option<&Value>, asked: Option<&Value>) -> String {
    let place = if path.is_empty() { "the body" } else { path };
    format!(
        "{place} was recorded as {} and is now {}",
        shown(recorded),
        shown(asked)
    )
}

fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else {
        return "absent".to_owned();
    };
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
