//! [`Pattern`]: expectation of a JSON value.
//!
//! A pattern is itself JSON. A number, boolean or null matches an equal value. A list matches a
//! list of the same length whose elements match, in order. An object matches an object whose named
//! members match; other members are ignored. The name of a member can be a path
//! (`/messages/-1/role`), and an object whose keys begin with `$` is an operator. A text matches an
//! equal text, and an object of that `type`, `kind` or `name`.

mod path;

#[cfg(test)]
mod tests;

use regex_lite::Regex;
use serde_json::{Map, Value};

use path::Path;

/// How many characters of a value a difference shows.
const SHOWN: usize = 160;

/// What a JSON value should be.
#[derive(Debug)]
pub(super) enum Pattern {
    /// This value.
    Is(Value),
    /// This text, or an object of this type, kind or name.
    Text(String),
    /// A list of the same length with matching elements.
    List(Vec<Pattern>),
    /// An object with these members.
    Object(Vec<(Path, Pattern)>),
    /// Matches all of these.
    All(Vec<Pattern>),
    /// Matches none of these.
    Not(Box<Pattern>),
    /// Matches one of these.
    OneOf(Vec<Pattern>),
    /// Is present, or is absent.
    Present(bool),
    /// A text that contains this one, ignoring case.
    Contains(String),
    /// A text in which the regular expression has a match.
    Matches(Regex),
    /// A text that is JSON and matches.
    Json(Box<Pattern>),
    /// The number of elements, members or characters matches.
    Length(Box<Pattern>),
    AtLeast(f64),
    AtMost(f64),
    /// Has an element for each of these.
    Has(Vec<Pattern>),
    /// Has no element that matches one of these.
    Lacks(Vec<Pattern>),
    /// Every element matches, and there is at least one.
    Each(Box<Pattern>),
    /// Equals the value at this path of the whole result.
    Same(Path),
}

impl Pattern {
    /// Parses a pattern.
    ///
    /// # Errors
    ///
    /// Returns a message if an operator is unknown or used incorrectly.
    pub(super) fn parse(value: &Value) -> Result<Self, String> {
        match value {
            Value::String(text) => Ok(Self::Text(text.clone())),
            Value::Array(list) => Ok(Self::List(Self::parse_list(list)?)),
            Value::Object(map) if map.keys().any(|key| key.starts_with('$')) => {
                Self::operators(map)
            }
            Value::Object(map) => {
                let member = |(name, value): (&String, &Value)| {
                    Ok::<_, String>((Path::of_member(name)?, Self::parse(value)?))
                };
                Ok(Self::Object(
                    map.iter().map(member).collect::<Result<_, _>>()?,
                ))
            }
            _ => Ok(Self::Is(value.clone())),
        }
    }

    fn parse_list(list: &[Value]) -> Result<Vec<Self>, String> {
        list.iter().map(Self::parse).collect()
    }

    fn operators(map: &Map<String, Value>) -> Result<Self, String> {
        let all = map.iter().map(|(name, value)| Self::operator(name, value));
        let mut all = all.collect::<Result<Vec<_>, _>>()?;
        match (all.pop(), all.is_empty()) {
            (Some(only), true) => Ok(only),
            (last, _) => {
                all.extend(last);
                Ok(Self::All(all))
            }
        }
    }

    fn operator(name: &str, value: &Value) -> Result<Self, String> {
        let wrong = |what: &str| format!("`{name}` takes {what}, not {value}");
        let text = || value.as_str().ok_or_else(|| wrong("a text"));
        let number = || value.as_f64().ok_or_else(|| wrong("a number"));
        let boxed = || Self::parse(value).map(Box::new);
        let list = || match value {
            Value::Array(list) => Self::parse_list(list),
            one => Ok(vec![Self::parse(one)?]),
        };
        Ok(match name {
            "$is" => Self::Is(value.clone()),
            "$not" => Self::Not(boxed()?),
            "$all" => Self::All(list()?),
            "$one_of" => Self::OneOf(list()?),
            "$present" => Self::Present(value.as_bool().ok_or_else(|| wrong("true or false"))?),
            "$contains" => match value {
                Value::Array(texts) => {
                    let one = |text: &Value| Self::operator(name, text);
                    Self::All(texts.iter().map(one).collect::<Result<_, _>>()?)
                }
                _ => Self::Contains(text()?.to_lowercase()),
            },
            "$matches" => {
                let regex = Regex::new(text()?).map_err(|error| format!("`{name}`: {error}"))?;
                Self::Matches(regex)
            }
            "$json" => Self::Json(boxed()?),
            "$length" => Self::Length(boxed()?),
            "$at_least" => Self::AtLeast(number()?),
            "$at_most" => Self::AtMost(number()?),
            "$has" => Self::Has(list()?),
            "$lacks" => Self::Lacks(list()?),
            "$each" => Self::Each(boxed()?),
            "$same" => Self::Same(Path::parse(text()?)?),
            _ => return Err(format!("there is no operator `{name}`")),
        })
    }

    /// Compares a value with the pattern and adds the differences to `found`, each with its
    /// location. `whole` is the whole result.
    pub(super) fn check(
        &self,
        at: &str,
        seen: Option<&Value>,
        whole: &Value,
        found: &mut Vec<String>,
    ) {
        let Some(seen) = seen else {
            if !self.fits(None, whole) {
                found.push(format!("{at}: expected {self}, but there is nothing"));
            }
            return;
        };
        match (self, seen) {
            (Self::Object(members), Value::Object(_) | Value::Array(_)) => {
                for (path, pattern) in members {
                    let at = format!("{at}{path}");
                    let values = path.find(seen);
                    if values.is_empty() {
                        pattern.check(&at, None, whole, found);
                    }
                    for value in values {
                        pattern.check(&at, Some(value), whole, found);
                    }
                }
            }
            (Self::List(patterns), Value::Array(values)) if patterns.len() == values.len() => {
                for (number, (pattern, value)) in patterns.iter().zip(values).enumerate() {
                    pattern.check(&format!("{at}/{number}"), Some(value), whole, found);
                }
            }
            (Self::All(patterns), _) => {
                for pattern in patterns {
                    pattern.check(at, Some(seen), whole, found);
                }
            }
            _ if self.fits(Some(seen), whole) => {}
            _ => found.push(format!("{at}: expected {self}, got {}", shown(seen))),
        }
    }

    /// Returns `true` if a value matches; `None` means absent.
    fn fits(&self, seen: Option<&Value>, whole: &Value) -> bool {
        let fits = |pattern: &Self, value: &Value| pattern.fits(Some(value), whole);
        let text = seen.and_then(Value::as_str);
        let list = || {
            seen.and_then(Value::as_array)
                .map_or(&[][..], Vec::as_slice)
        };
        match self {
            Self::Present(present) => seen.is_some_and(|value| !value.is_null()) == *present,
            Self::Not(pattern) => !pattern.fits(seen, whole),
            Self::All(patterns) => patterns.iter().all(|pattern| pattern.fits(seen, whole)),
            Self::OneOf(patterns) => patterns.iter().any(|pattern| pattern.fits(seen, whole)),
            Self::Is(Value::Null) => seen.is_none_or(Value::is_null),
            Self::Is(value) => seen == Some(value),
            Self::Text(name) => {
                text == Some(name) || seen.is_some_and(|seen| is_called(seen, name))
            }
            Self::Contains(part) => text.is_some_and(|text| text.to_lowercase().contains(part)),
            Self::Matches(regex) => text.is_some_and(|text| regex.is_match(text)),
            Self::Json(pattern) => {
                let value = text.and_then(|text| serde_json::from_str(text).ok());
                value.is_some_and(|value| fits(pattern, &value))
            }
            Self::Length(pattern) => length(seen).is_some_and(|own| fits(pattern, &own.into())),
            Self::AtLeast(least) => seen
                .and_then(Value::as_f64)
                .is_some_and(|own| own >= *least),
            Self::AtMost(most) => seen.and_then(Value::as_f64).is_some_and(|own| own <= *most),
            Self::Has(patterns) => {
                let has = |pattern: &Self| list().iter().any(|value| fits(pattern, value));
                patterns.iter().all(has)
            }
            Self::Lacks(patterns) => {
                let has = |pattern: &Self| list().iter().any(|value| fits(pattern, value));
                !patterns.iter().any(has)
            }
            Self::Each(pattern) => {
                !list().is_empty() && list().iter().all(|value| fits(pattern, value))
            }
            Self::Same(path) => path.find(whole).first().copied() == seen && seen.is_some(),
            Self::List(patterns) => {
                let values = seen.and_then(Value::as_array);
                values.is_some_and(|values| {
                    let pairs = || patterns.iter().zip(values);
                    values.len() == patterns.len()
                        && pairs().all(|(pattern, value)| fits(pattern, value))
                })
            }
            Self::Object(members) => seen.is_some_and(|seen| {
                members.iter().all(|(path, pattern)| match path.find(seen) {
                    values if values.is_empty() => pattern.fits(None, whole),
                    values => values.into_iter().all(|value| fits(pattern, value)),
                })
            }),
        }
    }
}

fn is_called(value: &Value, name: &str) -> bool {
    let mut names = ["type", "kind", "name"].into_iter();
    names.any(|key| value.get(key).and_then(Value::as_str) == Some(name))
}

fn length(value: Option<&Value>) -> Option<usize> {
    match value? {
        Value::String(text) => Some(text.chars().count()),
        Value::Array(list) => Some(list.len()),
        Value::Object(map) => Some(map.len()),
        _ => None,
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let joined = |patterns: &[Self], by: &str| {
            let texts: Vec<_> = patterns.iter().map(ToString::to_string).collect();
            texts.join(by)
        };
        match self {
            Self::Is(value) => write!(f, "{value}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::List(patterns) => write!(f, "[{}]", joined(patterns, ", ")),
            Self::Object(members) => {
                let texts = members
                    .iter()
                    .map(|(path, pattern)| format!("{path}: {pattern}"));
                write!(f, "{{{}}}", texts.collect::<Vec<_>>().join(", "))
            }
            Self::All(patterns) => f.write_str(&joined(patterns, " and ")),
            Self::Not(pattern) => write!(f, "not {pattern}"),
            Self::OneOf(patterns) => f.write_str(&joined(patterns, " or ")),
            Self::Present(true) => f.write_str("something"),
            Self::Present(false) => f.write_str("nothing"),
            Self::Contains(part) => write!(f, "a text with {part:?} in it"),
            Self::Matches(regex) => write!(f, "a text that matches {}", regex.as_str()),
            Self::Json(pattern) => write!(f, "the text of {pattern}"),
            Self::Length(pattern) => write!(f, "a length of {pattern}"),
            Self::AtLeast(least) => write!(f, "at least {least}"),
            Self::AtMost(most) => write!(f, "at most {most}"),
            Self::Has(patterns) => write!(f, "elements {}", joined(patterns, " and ")),
            Self::Lacks(patterns) => write!(f, "no element {}", joined(patterns, " or ")),
            Self::Each(pattern) => write!(f, "elements that are all {pattern}"),
            Self::Same(path) => write!(f, "the same as at {path}"),
        }
    }
}
