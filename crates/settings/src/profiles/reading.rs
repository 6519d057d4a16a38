//! Profile files of all generations.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use serde_json::Value as Json;

use super::{Profile, ProfileRef, Registry};
use crate::{
    Source, Table, Warning, WarningKind,
    files::{File, Node, Shape, settings_of},
    layer::Entry,
    nearest::{nearest, shown},
};

/// Name of the registry of a configuration file's own profiles.
const INLINE: &str = "config-inline";
/// Name of the registry of a file of January 2026.
const LEGACY: &str = "legacy";

/// Parses the registries of a file.
pub(super) fn registries(file: &File, warnings: &mut Vec<Warning>) -> Vec<Registry> {
    let root = &file.root;
    if let Some(several) = root.get("registries").filter(|node| node.is_map()) {
        let message = format!(
            "{}: several registries in one file are an older format, which is read; today each has a file",
            several.place(&file.path)
        );
        warnings.push(Warning::new(WarningKind::File, message));
        let several = several.entries().iter();
        return several
            .map(|(slug, node)| head(node, slug, &file.path, warnings))
            .collect();
    }
    let has_profiles = root
        .get("profiles")
        .is_some_and(|node| node.is_map() || node.is_null());
    if has_profiles || root.get("slug").and_then(Node::text).is_some() {
        let stem = file.path.file_stem().unwrap_or_default().to_string_lossy();
        return vec![head(root, &stem, &file.path, warnings)];
    }
    vec![january(root, &file.path, warnings)]
}

/// Parses the profiles of a configuration file.
pub(super) fn inline(node: &Node, file: &Arc<Path>, warnings: &mut Vec<Warning>) -> Registry {
    let mut registry = empty(INLINE, file);
    registry.is_named = true;
    registry.profiles = profiles(node, file, warnings);
    registry
}

fn empty(slug: &str, file: &Arc<Path>) -> Registry {
    Registry {
        slug: slug.to_owned(),
        display_name: None,
        description: None,
        profiles: BTreeMap::new(),
        default_profile: None,
        file: Arc::clone(file),
        is_january: false,
        is_named: false,
    }
}

/// `{slug, profiles: {name: {inference_settings, ..}}}`
fn head(node: &Node, slug: &str, file: &Arc<Path>, warnings: &mut Vec<Warning>) -> Registry {
    const KEYS: &[&str] = &[
        "slug",
        "display_name",
        "description",
        "profiles",
        "metadata",
        "default_profile_slug",
    ];
    for (key, child) in node.entries() {
        if !KEYS.contains(&key.as_str()) {
            let near = nearest(key, KEYS.iter().copied());
            warnings.push(Warning::unknown(&child.source(file), key, near));
        }
    }
    let named = node.get("slug").and_then(Node::text);
    let mut registry = empty(named.as_deref().unwrap_or(slug), file);
    registry.is_named = named.is_some();
    registry.display_name = node.get("display_name").and_then(Node::text);
    registry.description = node.get("description").and_then(Node::text);
    registry.default_profile = node.get("default_profile_slug").and_then(Node::text);
    if let Some(node) = node.get("profiles") {
        registry.profiles = profiles(node, file, warnings);
    }
    registry
}

fn profiles(
    node: &Node,
    file: &Arc<Path>,
    warnings: &mut Vec<Warning>,
) -> BTreeMap<String, Profile> {
    let entries = node.entries().iter();
    entries
        .map(|(slug, node)| (slug.clone(), profile(slug, node, file, warnings)))
        .collect()
}

fn profile(slug: &str, node: &Node, file: &Arc<Path>, warnings: &mut Vec<Warning>) -> Profile {
    let text = |key: &str| node.get(key).and_then(Node::text);
    let table = |key: &str| match node.get(key).map(Node::to_json) {
        Some(Json::Object(map)) => Table::new(map),
        _ => Table::default(),
    };
    let mut settings = node.clone();
    if let Shape::Map(entries) = &mut settings.shape {
        const OTHERS: &[&str] = &[
            "slug",
            "display_name",
            "description",
            "stack",
            "extensions",
            "metadata",
        ];
        entries.retain(|(key, _)| !OTHERS.contains(&key.as_str()));
    }
    Profile {
        slug: slug.to_owned(),
        display_name: text("display_name"),
        description: text("description"),
        stack: node
            .get("stack")
            .map(|node| stack(node, file, warnings))
            .unwrap_or_default(),
        extensions: table("extensions"),
        metadata: table("metadata"),
        place: node.place(file),
        is_project: false,
        entries: values(&settings, file, warnings),
    }
}

/// Parses the settings of a profile. A choice of profiles or files has no meaning in a profile.
fn values(node: &Node, file: &Arc<Path>, warnings: &mut Vec<Warning>) -> Vec<Entry> {
    let mut entries = settings_of(node, file, warnings);
    entries.retain(|entry| {
        let chooses = entry.path.starts_with("profile.") || entry.path.starts_with("command.");
        if chooses {
            let message = format!("{}: a profile cannot set `{}`", entry.source, entry.path);
            warnings.push(Warning::new(WarningKind::Ignored, message));
        }
        !chooses
    });
    entries
}

/// `[{registry_slug, profile_slug}]`; names alone are also accepted.
fn stack(node: &Node, file: &Arc<Path>, warnings: &mut Vec<Warning>) -> Vec<ProfileRef> {
    let one = [node.clone()];
    let items = match &node.shape {
        Shape::List(items) => items.as_slice(),
        _ => &one,
    };
    let mut stack = Vec::new();
    for item in items.iter().filter(|item| !item.is_null()) {
        let of_map = || {
            let registry = item.get("registry_slug").and_then(Node::text);
            Some(ProfileRef {
                registry: registry.filter(|registry| !registry.is_empty()),
                profile: item.get("profile_slug").and_then(Node::text)?,
            })
        };
        let of_text = || item.text().map(|text| ProfileRef::parse(&text));
        match of_text().or_else(of_map) {
            Some(reference) => stack.push(reference),
            None => {
                let message = format!(
                    "{}: an entry of `stack` must be a name, or `{{registry_slug, profile_slug}}`",
                    item.place(file)
                );
                warnings.push(Warning::new(WarningKind::File, message));
            }
        }
    }
    stack
}

/// `name: {section: {flag: value}}`
fn january(node: &Node, file: &Arc<Path>, warnings: &mut Vec<Warning>) -> Registry {
    let mut registry = empty(LEGACY, file);
    registry.is_january = true;
    for (slug, node) in node.entries() {
        if node.is_map() || node.is_null() {
            let profile = profile(slug, node, file, warnings);
            registry.profiles.insert(slug.clone(), profile);
        } else if slug == "default_profile_slug" {
            registry.default_profile = node.text();
        } else {
            let source = Source::Config {
                place: node.place(file),
            };
            let message = format!("{source}: `{}` is no profile", shown(slug));
            warnings.push(Warning::new(WarningKind::UnknownKey, message));
        }
    }
    registry
}
