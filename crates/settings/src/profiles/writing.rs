//! Registries as files.

use std::collections::BTreeMap;

use geppetto_turns::serial::yaml_string;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::{Profile, ProfileRef, Registry};
use crate::{SettingsError, SettingsErrorKind, resolver::insert};

#[derive(Serialize)]
struct RegistryFile<'r> {
    slug: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'r str>,
    profiles: BTreeMap<&'r str, ProfileFile<'r>>,
}

#[derive(Serialize)]
struct ProfileFile<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'r str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stack: Vec<Json>,
    inference_settings: Map<String, Json>,
    // As they are: a `Table` is written without credentials.
    #[serde(skip_serializing_if = "Map::is_empty")]
    extensions: Map<String, Json>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    metadata: Map<String, Json>,
}

pub(super) fn registry(registry: &Registry) -> Result<String, SettingsError> {
    let profiles = registry.profiles.iter();
    let file = RegistryFile {
        slug: &registry.slug,
        display_name: registry.display_name.as_deref(),
        description: registry.description.as_deref(),
        profiles: profiles
            .map(|(slug, profile)| (slug.as_str(), of_profile(profile)))
            .collect(),
    };
    yaml_string(&file).map_err(|_| {
        let message = format!("the registry `{}` cannot be written as YAML", registry.slug);
        SettingsError::new(SettingsErrorKind::Syntax, message)
    })
}

fn of_profile(profile: &Profile) -> ProfileFile<'_> {
    let mut settings = Map::new();
    for entry in &profile.entries {
        if let Ok(value) = &entry.value {
            insert(&mut settings, &entry.path, value.exposed());
        }
    }
    ProfileFile {
        display_name: profile.display_name.as_deref(),
        description: profile.description.as_deref(),
        stack: profile.stack.iter().map(reference).collect(),
        inference_settings: settings,
        extensions: profile.extensions.clone().into_map(),
        metadata: profile.metadata.clone().into_map(),
    }
}

fn reference(reference: &ProfileRef) -> Json {
    match &reference.registry {
        Some(registry) => json!({ "registry_slug": registry, "profile_slug": reference.profile }),
        None => json!({ "profile_slug": reference.profile }),
    }
}
