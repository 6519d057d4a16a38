//! [`Value`]: a value of a setting in a layer.

use std::fmt;

use serde_json::Value as Json;

use crate::{Address, Field, Kind, MASK, Secret, Table};

mod file;
mod text;

#[cfg(test)]
mod tests;

/// A value of a setting. `Debug` and `Display` mask credentials.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Text, or one of the allowed choices.
    Text(String),
    /// An integer, or whole seconds.
    Int(i64),
    /// A finite number.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
    /// A list of texts.
    List(Vec<String>),
    /// A JSON object.
    Json(Json),
    /// A map of any values.
    Map(Table),
    /// A credential.
    Secret(Secret),
    /// A URL.
    Url(Address),
}

impl Value {
    /// Parses the value of a variable or a flag. `None` for an empty text, which leaves a setting
    /// unset; `[]` is an empty list.
    ///
    /// # Errors
    ///
    /// Returns an error if the field does not allow the value.
    pub fn parse(field: &Field, text: &str) -> Result<Option<Self>, Invalid> {
        text::read(field, text)
    }

    /// Parses the value of a file. `None` for `null` and an empty text.
    pub(crate) fn of_file(field: &Field, json: &Json) -> Result<Option<Self>, Invalid> {
        file::read(field, json)
    }

    /// Returns the value in its printed form, with credentials masked.
    #[must_use]
    pub fn masked(&self) -> Json {
        match self {
            Self::Secret(_) => MASK.into(),
            Self::Url(address) => address.masked().into(),
            Self::Map(table) => Json::Object(table.masked()),
            other => other.exposed(),
        }
    }

    /// Returns the value including credentials, for the typed settings.
    pub(crate) fn exposed(&self) -> Json {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Int(number) => (*number).into(),
            Self::Float(number) => (*number).into(),
            Self::Bool(flag) => (*flag).into(),
            Self::List(items) => items.clone().into(),
            Self::Json(json) => json.clone(),
            Self::Map(table) => Json::Object(table.clone().into_map()),
            Self::Secret(secret) => secret.expose().into(),
            Self::Url(address) => address.as_str().into(),
        }
    }

    /// Returns the text of a text value.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.masked() {
            Json::String(text) => f.write_str(&text),
            other => write!(f, "{other}"),
        }
    }
}

/// A value that its field does not allow. Contains no credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    shown: String,
    allowed: String,
}

/// Maximum length of a value in an error, in characters.
const MAX_SHOWN: usize = 60;

impl Invalid {
    /// Rejects a value for a field.
    pub(crate) fn new(field: &Field, given: &str) -> Self {
        Self {
            shown: shown(field, given),
            allowed: field.allowed(),
        }
    }

    /// Replaces the description of the allowed values.
    pub(crate) fn allowed(mut self, allowed: impl Into<String>) -> Self {
        self.allowed = allowed.into();
        self
    }
}

/// Returns the value in a form that an error may show.
fn shown(field: &Field, given: &str) -> String {
    if field.is_secret() || may_be_secret(given) {
        return MASK.to_owned();
    }
    let given = if field.kind == Kind::Url || given.contains("://") || given.contains('@') {
        Address::new(given).masked()
    } else {
        given.to_owned()
    };
    let mut short: String = given.chars().take(MAX_SHOWN).collect();
    if short.len() < given.len() {
        short.push('…');
    }
    format!("{short:?}")
}

/// Returns `true` for text that looks like a key in the wrong place.
pub(crate) fn may_be_secret(text: &str) -> bool {
    const PREFIXES: [&str; 12] = [
        "sk-", "sk_", "pk-", "rk-", "AIza", "gsk_", "xai-", "hf_", "ghp_", "r8_", "eyJ", "Bearer ",
    ];
    let has_digits = text.bytes().any(|byte| byte.is_ascii_digit());
    let opaque = text.len() >= 24
        && has_digits
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_+/=".contains(&byte));
    let begins = |prefix: &&str| {
        let mut found = text.match_indices(*prefix);
        found.any(|(at, _)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            before.is_none_or(|c| !c.is_alphanumeric())
        })
    };
    opaque || PREFIXES.iter().any(begins)
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is not valid; allowed is {}",
            self.shown, self.allowed
        )
    }
}
