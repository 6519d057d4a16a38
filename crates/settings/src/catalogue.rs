//! The fields: the only source of flags, environment variables, file keys, reference pages and traces.
//!
//! ```
//! use geppetto_settings::catalogue;
//!
//! let model = catalogue::by_flag("ai-engine").unwrap();
//! assert_eq!(model.path, "chat.engine");
//! assert_eq!(model.variable("PINOCCHIO_").as_deref(), Some("PINOCCHIO_AI_ENGINE"));
//! ```

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

mod api;
mod chat;
mod client;
mod field;
mod inference;
mod model_info;
mod ollama;
mod others;
mod profile;
mod providers;

#[cfg(test)]
mod tests;

pub use api::own_address;
pub use field::{Field, Kind, State};

/// All fields, section by section.
const ALL: &[&[Field]] = &[
    chat::FIELDS,
    inference::FIELDS,
    client::FIELDS,
    api::FIELDS,
    providers::FIELDS,
    ollama::FIELDS,
    others::FIELDS,
    model_info::FIELDS,
    profile::FIELDS,
];

static BY_PATH: LazyLock<HashMap<&str, &Field>> =
    LazyLock::new(|| fields().map(|field| (field.path, field)).collect());

static BY_FLAG: LazyLock<HashMap<&str, &Field>> = LazyLock::new(|| {
    fields()
        .filter_map(|field| Some((field.flag?, field)))
        .collect()
});

static SECTIONS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| fields().map(|field| field.section).collect());

/// Sections of files that do not contain settings of this library, but of the program that wrote
/// them. They are skipped without a warning.
pub(crate) const FOREIGN_SECTIONS: &[&str] = &[
    "command-settings",
    "create-command-settings",
    "geppetto-helpers",
    "glazed-command",
    "glazed-command-settings",
    "logging",
    "profile-helpers",
];

/// Returns all fields, section by section.
pub fn fields() -> impl Iterator<Item = &'static Field> {
    ALL.iter().copied().flatten()
}

/// Returns the field at a path, such as `chat.engine`. A path ending in `*` in the catalogue matches
/// any name: `api.api_keys.my-gateway-api-key` is a secret.
#[must_use]
pub fn by_path(path: &str) -> Option<&'static Field> {
    if let Some(field) = BY_PATH.get(path) {
        return Some(field);
    }
    let (parent, name) = path.rsplit_once('.')?;
    let any = BY_PATH.get(format!("{parent}.*").as_str())?;
    is_name(name).then_some(*any)
}

/// Returns `true` if a `*` matches the name: it consists of letters, digits, `_` and `-`.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Returns the field with a flag, such as `ai-engine`. Underscores are equivalent to dashes.
#[must_use]
pub fn by_flag(flag: &str) -> Option<&'static Field> {
    BY_FLAG.get(&*dashed(flag)).copied()
}

/// Returns `true` for the name of a section, such as `ai-chat`.
#[must_use]
pub fn is_section(name: &str) -> bool {
    SECTIONS.contains(name)
}

fn dashed(name: &str) -> Cow<'_, str> {
    if name.contains('_') {
        name.replace('_', "-").into()
    } else {
        name.into()
    }
}
