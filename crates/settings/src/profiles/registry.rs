//! [`Registry`] and [`Profile`].

use std::{collections::BTreeMap, fmt, path::Path, sync::Arc};

use crate::{Place, SettingsError, Source, Table, Value, Warning, files, layer::Entry};

use super::{reading, writing};

/// A profile file.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Registry {
    /// The registry's name.
    pub slug: String,
    /// Display name.
    pub display_name: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// The profiles, by name.
    pub profiles: BTreeMap<String, Profile>,
    /// Name of the profile to use if none is chosen. `None` means `default`, otherwise the first;
    /// in files of January 2026, only `default`.
    pub default_profile: Option<String>,
    /// The file.
    pub file: Arc<Path>,
    /// The file has the format of January 2026: `name: {section: {flag: value}}`.
    pub is_january: bool,
    /// Whether the name of the registry is set in the file.
    pub(crate) is_named: bool,
}

/// Named settings.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Profile {
    /// The profile's name.
    pub slug: String,
    /// Display name.
    pub display_name: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// The profiles that this one inherits from, base first.
    pub stack: Vec<ProfileRef>,
    /// Settings of applications, by `namespace.feature@vN`.
    pub extensions: Table,
    /// Unknown keys.
    pub metadata: Table,
    /// Position of the profile.
    pub place: Place,
    /// Whether the profile is in a file of the current folder, which may be untrusted.
    pub(crate) is_project: bool,
    pub(crate) entries: Vec<Entry>,
}

/// Name of a profile, in a given registry or in that of the referring profile.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ProfileRef {
    /// The registry. `None` means that of the referring profile.
    pub registry: Option<String>,
    /// The profile.
    pub profile: String,
}

impl ProfileRef {
    /// Parses `NAME` or `REGISTRY/NAME`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.trim().split_once('/') {
            Some((registry, profile)) if !registry.is_empty() => Self {
                registry: Some(registry.to_owned()),
                profile: profile.to_owned(),
            },
            _ => Self {
                registry: None,
                profile: text.trim().to_owned(),
            },
        }
    }
}

impl fmt::Display for ProfileRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.registry {
            Some(registry) => write!(f, "{registry}/{}", self.profile),
            None => f.write_str(&self.profile),
        }
    }
}

impl Registry {
    /// Parses the registries of a document: one, or those of an older file with several.
    ///
    /// `path` is used in messages and for the registry's name, and determines the format: TOML by
    /// its extension, otherwise YAML. Nothing is read from disk. Unused content is reported as
    /// warnings.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not a valid document.
    pub fn parse(path: &Path, text: &str) -> Result<(Vec<Self>, Vec<Warning>), SettingsError> {
        let root = files::parse(path, text.as_bytes())?;
        let file = files::File {
            path: path.into(),
            root,
        };
        let mut warnings = Vec::new();
        let registries = reading::registries(&file, &mut warnings);
        Ok((registries, warnings))
    }

    /// Parses the registries of a file that was read.
    pub(crate) fn of_file(file: &files::File, warnings: &mut Vec<Warning>) -> Vec<Self> {
        reading::registries(file, warnings)
    }

    /// Adds profiles, replacing those of the same name.
    pub(crate) fn extend(&mut self, other: Self) {
        self.file = other.file;
        self.profiles.extend(other.profiles);
    }

    /// The profiles in a configuration file.
    pub(crate) fn inline(
        profiles: &files::Node,
        file: &Arc<Path>,
        warnings: &mut Vec<Warning>,
    ) -> Self {
        reading::inline(profiles, file, warnings)
    }

    /// Returns the registry as YAML in the format of today's pinocchio, which converts files of older versions.
    ///
    /// The text has the API keys in clear: it is for a file that replaces the one that was read. Comments and
    /// unknown keys are lost, and so are values that are not valid.
    ///
    /// # Errors
    ///
    /// Returns an error if a value cannot be written as YAML.
    pub fn to_yaml(&self) -> Result<String, SettingsError> {
        writing::registry(self)
    }

    /// Returns a profile by its name.
    #[must_use]
    pub fn get(&self, slug: &str) -> Option<&Profile> {
        self.profiles.get(slug)
    }

    /// Returns the profile to use if none is chosen.
    pub(crate) fn default(&self) -> Option<&Profile> {
        self.get(self.default_profile.as_deref().unwrap_or("default"))
    }
}

impl Profile {
    /// Returns the values that the profile itself sets, by path, with their positions.
    pub fn values(&self) -> impl Iterator<Item = (&str, &Value, &Source)> {
        self.entries.iter().filter_map(|entry| {
            let value = entry.value.as_ref().ok()?;
            Some((entry.path.as_str(), value, &entry.source))
        })
    }
}
