//! Selection of the value in use.

use serde_json::{Map, Value as Json};

use super::pairs;
use crate::{
    Field, InferenceSettings, SettingsError, SettingsErrorKind, Source, State, Trace, Value,
    Warning, WarningKind,
    catalogue::by_path,
    layer::{Group, Layer},
    trace::{Said, Traced},
    value::Invalid,
};

/// Returns the value of a path in the strongest of the given layers.
pub(super) fn strongest<'l>(
    layers: impl IntoIterator<Item = &'l Layer>,
    path: &str,
) -> Result<Option<(Value, Source, Group)>, SettingsError> {
    let mut found = None;
    for layer in layers {
        let entries = layer.entries.iter().filter(|entry| entry.path == path);
        for entry in entries {
            found = Some((entry, layer.group));
        }
    }
    match found {
        None => Ok(None),
        Some((entry, group)) => match &entry.value {
            Ok(value) => Ok(Some((value.clone(), entry.source.clone(), group))),
            Err(invalid) => Err(refused(path, &entry.source, invalid)),
        },
    }
}

/// Combines the layers, weakest first, into settings and a trace.
pub(super) fn settle(
    layers: impl Iterator<Item = Layer>,
    warnings: &mut Vec<Warning>,
) -> Result<(InferenceSettings, Trace), SettingsError> {
    let mut trace = Trace::default();
    for layer in layers {
        let group = layer.group;
        for entry in layer.entries {
            let traced = trace.settings.entry(entry.path).or_default();
            traced.log.push(Said {
                value: entry.value,
                source: entry.source,
                group,
                note: None,
            });
        }
    }
    pairs::settle(&mut trace.settings, warnings);
    let mut tree = Map::new();
    for (path, traced) in &mut trace.settings {
        let Some(field) = by_path(path) else { continue };
        if let Some(value) = value(field, path, traced, warnings)? {
            insert(&mut tree, path, value.exposed());
        }
    }
    // The kinds of the catalogue match those of the typed settings. The cause may contain a value.
    let settings = serde_json::from_value(Json::Object(tree)).map_err(|_| {
        let message = "the settings do not fit their types".to_owned();
        SettingsError::new(SettingsErrorKind::InvalidValue, message)
    })?;
    Ok((settings, trace))
}

/// Returns the value of a setting, with warnings about it.
fn value<'t>(
    field: &Field,
    path: &str,
    traced: &'t mut Traced,
    warnings: &mut Vec<Warning>,
) -> Result<Option<&'t Value>, SettingsError> {
    if let State::Ignored(why) = field.state {
        // Unused values need not be repaired.
        traced.log.retain(|said| said.value.is_ok());
        if let Some(said) = traced.used() {
            let name = field.flag.unwrap_or(path);
            let message = format!("{}: `{name}` is read and not used: {why}", said.source);
            warnings.push(Warning::new(WarningKind::Ignored, message));
        }
    }
    let Some(used) = traced.used() else {
        return Ok(None);
    };
    let value = match &used.value {
        Ok(value) => value,
        Err(invalid) => return Err(refused(path, &used.source, invalid)),
    };
    for said in traced.overridden() {
        if let Err(invalid) = &said.value {
            let error = refused(path, &said.source, invalid);
            let message = format!("{error}; {} replaces it", used.source);
            warnings.push(Warning::new(WarningKind::Invalid, message));
        }
    }
    Ok(Some(value))
}

fn refused(path: &str, source: &Source, invalid: &Invalid) -> SettingsError {
    let name = by_path(path).and_then(|field| field.flag).unwrap_or(path);
    let message = format!("{source}: {name}: {invalid}");
    SettingsError::new(SettingsErrorKind::InvalidValue, message)
}

/// Inserts a value at its path; paths have two or three components.
pub(crate) fn insert(tree: &mut Map<String, Json>, path: &str, value: Json) {
    match path.split_once('.') {
        None => {
            tree.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let branch = tree
                .entry(first.to_owned())
                .or_insert_with(|| Json::Object(Map::new()));
            if let Json::Object(branch) = branch {
                insert(branch, rest, value);
            }
        }
    }
}
