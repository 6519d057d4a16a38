//! [`Path`]: one or several locations in a JSON value.

use std::fmt;

use serde_json::Value;

/// A location in a JSON value: a JSON pointer (RFC 6901) whose steps can also be `-1` (the last
/// element, and so on), `*` (each element or member) and `key=value` (the first element whose
/// member `key` is `value`).
#[derive(Debug)]
pub(in crate::cases) struct Path(Vec<Step>);

#[derive(Debug)]
enum Step {
    /// A member, or an element by its index.
    Name(String),
    /// An element counted from the end; 1 is the last.
    FromEnd(usize),
    Each,
    First {
        key: String,
        value: String,
    },
}

impl Path {
    /// Parses a path, which begins with a slash.
    ///
    /// # Errors
    ///
    /// Returns a message if it does not.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let Some(steps) = text.strip_prefix('/') else {
            return Err(format!("the path `{text}` does not begin with a slash"));
        };
        Ok(Self(steps.split('/').map(step).collect()))
    }

    /// Parses the name of a member in a pattern, which can be a path.
    pub(super) fn of_member(name: &str) -> Result<Self, String> {
        if name.starts_with('/') {
            return Self::parse(name);
        }
        Ok(Self(vec![Step::Name(name.to_owned())]))
    }

    /// Returns the values at the path; empty if there are none.
    pub(super) fn find<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        let mut found = vec![value];
        for step in &self.0 {
            found = found
                .into_iter()
                .flat_map(|value| step.from(value))
                .collect();
        }
        found
    }
}

fn step(text: &str) -> Step {
    let plain = |text: &str| text.replace("~1", "/").replace("~0", "~");
    if text == "*" {
        return Step::Each;
    }
    if let Some(place) = text.strip_prefix('-').and_then(|place| place.parse().ok()) {
        return Step::FromEnd(place);
    }
    match text.split_once('=') {
        Some((key, value)) => Step::First {
            key: plain(key),
            value: plain(value),
        },
        None => Step::Name(plain(text)),
    }
}

impl Step {
    fn from<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        let list = || value.as_array().map_or(&[][..], Vec::as_slice);
        let one: Option<&Value> = match self {
            Self::Each => {
                let members = value.as_object().into_iter().flat_map(|map| map.values());
                return list().iter().chain(members).collect();
            }
            Self::Name(name) => match value {
                Value::Array(list) => name.parse().ok().and_then(|place: usize| list.get(place)),
                other => other.get(name),
            },
            Self::FromEnd(place) => list().iter().rev().nth(place.saturating_sub(1)),
            Self::First { key, value } => list()
                .iter()
                .find(|element| element.get(key).and_then(Value::as_str) == Some(value.as_str())),
        };
        one.into_iter().collect()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|step| match step {
            Step::Name(name) => write!(f, "/{name}"),
            Step::FromEnd(place) => write!(f, "/-{place}"),
            Step::Each => f.write_str("/*"),
            Step::First { key, value } => write!(f, "/{key}={value}"),
        })
    }
}
