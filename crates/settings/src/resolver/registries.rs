//! Selection of profile files and of a profile.

use std::path::PathBuf;

use super::{Resolver, pick::strongest};
use crate::{
    SettingsError, SettingsErrorKind, Source, Value, Warning, WarningKind,
    files::{File, expand, load_named, look_for, profile_files},
    layer::{Group, Layer},
    profiles::{Profiles, Registry, Stack},
};

type Chosen = (Profiles, Option<Stack>, Vec<PathBuf>);

/// Reads the profile files and chooses a profile.
pub(super) fn choose<'l>(
    resolver: &Resolver<'_>,
    layers: impl Iterator<Item = &'l Layer> + Clone,
    inline: Option<Registry>,
    warnings: &mut Vec<Warning>,
) -> Result<Chosen, SettingsError> {
    let mut registries = Vec::new();
    let mut read = Vec::new();
    let mut add = |file: &File, is_project: bool, warnings: &mut Vec<Warning>| {
        read.push(file.path.to_path_buf());
        for mut registry in Registry::of_file(file, warnings) {
            for profile in registry.profiles.values_mut() {
                profile.is_project = is_project;
            }
            registries.push(registry);
        }
    };
    let mut is_named = false;
    for path in ["profile.file", "profile.registries"] {
        let Some((value, source, group)) = strongest(layers.clone(), path)? else {
            continue;
        };
        is_named = true;
        for given in names(&value) {
            if is_database(given) {
                let message = format!("{source}: {given}: databases with profiles are not read");
                warnings.push(Warning::new(WarningKind::File, message));
            } else {
                let path = path_of(given, &source, group, resolver)?;
                let file = load_named(resolver.platform, &path, &source)?;
                add(&file, group.is_project(), warnings);
            }
        }
    }
    if !is_named && resolver.plan.profiles {
        for path in profile_files(resolver.app, resolver.platform) {
            if let Some(file) = look_for(resolver.platform, &path, warnings)? {
                add(&file, false, warnings);
            }
        }
    }
    registries.extend(inline);
    let profiles = Profiles::new(registries)?;
    let active = strongest(layers, "profile.active")?;
    let active = active
        .as_ref()
        .and_then(|(value, source, _)| Some((value.as_text()?, source)));
    let stack = profiles.choose(active)?;
    Ok((profiles, stack, read))
}

fn names(value: &Value) -> Vec<&str> {
    match value {
        Value::List(items) => items.iter().map(String::as_str).collect(),
        Value::Text(text) => vec![text],
        _ => Vec::new(),
    }
}

fn is_database(given: &str) -> bool {
    let given = given.to_ascii_lowercase();
    given.starts_with("sqlite")
        || [".sqlite", ".sqlite3", ".db"]
            .iter()
            .any(|end| given.ends_with(end))
}

/// Returns the path named by a source; in a file, it is relative to that file's folder.
fn path_of(
    given: &str,
    source: &Source,
    group: Group,
    resolver: &Resolver<'_>,
) -> Result<PathBuf, SettingsError> {
    let platform = resolver.platform;
    // A variable may contain a key, which the path would show to a file server and to readers of errors.
    if group.is_project() && (given.contains('$') || is_on_network(given)) {
        let problem = "a file of the current folder cannot name variables or network folders";
        return Err(unreadable(source, problem));
    }
    let of_file = source.place().and_then(|place| place.file.parent());
    let current = platform.current_dir();
    let folder = of_file.or(current.as_deref());
    let given = given.strip_prefix("yaml:").unwrap_or(given);
    expand(given, folder, platform).map_err(|problem| unreadable(source, &problem))
}

fn is_on_network(given: &str) -> bool {
    let given = given.strip_prefix("yaml:").unwrap_or(given);
    let mut begin = given.chars().map(|c| c == '/' || c == '\\');
    begin.next() == Some(true) && begin.next() == Some(true)
}

pub(super) fn unreadable(source: &Source, problem: &str) -> SettingsError {
    let message = format!("{source}: the file cannot be found: {problem}");
    SettingsError::new(SettingsErrorKind::Unreadable, message)
}
