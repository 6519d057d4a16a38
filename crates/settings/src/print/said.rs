//! The values of a setting in all layers, as data in printing order.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use crate::{
    Source, Value,
    trace::{Said, Traced},
};

/// Settings at their paths.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Tree {
    Branch(BTreeMap<String, Tree>),
    Leaf(Setting),
}

impl Default for Tree {
    fn default() -> Self {
        Self::Branch(BTreeMap::new())
    }
}

impl Tree {
    /// Inserts a setting at a path.
    pub(super) fn insert<'p>(&mut self, mut path: impl Iterator<Item = &'p str>, traced: &Traced) {
        match (path.next(), self) {
            (None, place) => *place = Self::Leaf(Setting::of(traced)),
            (Some(name), Self::Branch(branch)) => {
                let below = branch.entry(name.to_owned()).or_default();
                below.insert(path, traced);
            }
            (Some(_), Self::Leaf(_)) => {}
        }
    }
}

/// A setting: the value in use, and the value of each layer, weakest first.
#[derive(Serialize)]
pub(super) struct Setting {
    value: Option<Json>,
    log: Vec<Entry>,
}

impl Setting {
    fn of(traced: &Traced) -> Self {
        Self {
            value: traced.value().map(Value::masked),
            log: traced.log().iter().map(Entry::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct Entry {
    source: &'static str,
    value: Json,
    #[serde(skip_serializing_if = "Map::is_empty")]
    metadata: Map<String, Json>,
}

impl Entry {
    fn of(said: &Said) -> Self {
        let mut metadata = metadata(said.source());
        if let Some(note) = said.note() {
            metadata.insert("not_used".to_owned(), note.into());
        }
        Self {
            source: said.source().kind(),
            value: match &said.value {
                Ok(value) => value.masked(),
                Err(invalid) => invalid.to_string().into(),
            },
            metadata,
        }
    }
}

fn metadata(source: &Source) -> Map<String, Json> {
    let mut metadata = Map::new();
    let mut set = |key: &str, value: Json| {
        metadata.insert(key.to_owned(), value);
    };
    match source {
        Source::WellKnown { variable: name } | Source::Variable { name } => {
            set("env_key", name.as_str().into());
        }
        Source::PromptFile { place } | Source::Config { place } => {
            set("config_file", place.file.to_string_lossy().into());
        }
        Source::Profile {
            registry,
            profile,
            place,
        } => {
            set("registry_slug", registry.as_str().into());
            set("profile_slug", profile.as_str().into());
            set("profile_source", place.file.to_string_lossy().into());
        }
        Source::Flag { name } => set("flag", name.as_str().into()),
        Source::Fallback { what } => set("what", what.as_str().into()),
        Source::Default | Source::Run => {}
    }
    if let Some(line) = source.place().and_then(|place| place.line) {
        set("line", line.into());
    }
    metadata
}
