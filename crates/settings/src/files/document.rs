//! [`Document`]: the contents of a configuration file.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use super::{File, Node, flat, head, january, own};
use crate::{
    Source, Warning, WarningKind,
    catalogue::{self, FOREIGN_SECTIONS, by_path},
    layer::Entry,
    nearest::nearest,
    profiles::Registry,
};

/// Contents of a configuration file.
pub(crate) struct Document {
    /// Its values; later ones replace earlier ones.
    pub(crate) entries: Vec<Entry>,
    /// Profiles defined in the file itself.
    pub(crate) profiles: Option<Registry>,
}

/// Keys of the program that wrote the file.
const FOREIGN_KEYS: &[&str] = &["app", "repositories"];

/// Keys of a profile file that may occur next to `profiles` in a configuration file.
const REGISTRY_KEYS: &[&str] = &["slug", "display_name", "description", "metadata"];

/// Known keys at the top level, for suggestions.
const KEYS: &[&str] = &[
    "app",
    "profile",
    "profiles",
    "repositories",
    "inference_settings",
];

/// Parses a configuration file.
pub(crate) fn read_config(file: &File, warnings: &mut Vec<Warning>) -> Document {
    let mut spellings = Spellings::new(&file.path, warnings);
    let mut profiles = None;
    for (key, node) in file.root.entries() {
        match key.as_str() {
            "profile" if node.is_map() => head::selection(node, &mut spellings),
            "profiles" if node.is_map() => profiles = Some(node),
            key if FOREIGN_KEYS.contains(&key) => {}
            key if REGISTRY_KEYS.contains(&key) && file.root.get("profiles").is_some() => {}
            _ => spellings.setting(key, node),
        }
    }
    let entries = spellings.finish();
    let profiles = profiles.map(|node| Registry::inline(node, &file.path, warnings));
    Document { entries, profiles }
}

/// Parses a document of settings: a configuration file, or only the contents of `inference_settings`.
pub(crate) fn read_settings(file: &File, warnings: &mut Vec<Warning>) -> Vec<Entry> {
    let is_tree = |key: &str| own::is_root(key) && !catalogue::is_section(key);
    if !file.root.entries().iter().any(|(key, _)| is_tree(key)) {
        return read_config(file, warnings).entries;
    }
    let mut spellings = Spellings::new(&file.path, warnings);
    own::tree(&file.root, &mut spellings);
    spellings.finish()
}

/// Parses the settings of a profile, in any of the formats.
pub(crate) fn settings_of(
    node: &Node,
    file: &Arc<Path>,
    warnings: &mut Vec<Warning>,
) -> Vec<Entry> {
    let mut spellings = Spellings::new(file, warnings);
    for (key, node) in node.entries() {
        spellings.setting(key, node);
    }
    spellings.finish()
}

/// The values of one document, by format.
pub(super) struct Spellings<'w> {
    pub(super) file: &'w Arc<Path>,
    warnings: &'w mut Vec<Warning>,
    flat: Vec<Entry>,
    january: Vec<Entry>,
    own: Vec<Entry>,
    /// Number of keys that are not settings and are named in a warning.
    named: usize,
    /// Number of those that are not named.
    unnamed: usize,
    /// Number of names of other APIs that were compared with the known ones.
    compared: usize,
}

/// Maximum number of unknown keys of one file or profile that are named in warnings.
const MAX_UNKNOWN: usize = 20;

/// Maximum number of names of other APIs in one file that are compared with the known ones.
const MAX_COMPARED: usize = 100;

/// Number of warnings from which on unknown keys are only counted.
const MAX_WARNINGS: usize = 200;

/// The format of a value.
#[derive(Clone, Copy)]
pub(super) enum Spelling {
    Flat,
    January,
    Own,
}

impl<'w> Spellings<'w> {
    fn new(file: &'w Arc<Path>, warnings: &'w mut Vec<Warning>) -> Self {
        Self {
            file,
            warnings,
            flat: Vec::new(),
            january: Vec::new(),
            own: Vec::new(),
            named: 0,
            unnamed: 0,
            compared: 0,
        }
    }

    /// Parses a key with settings: a tree, a section, or a flag.
    fn setting(&mut self, key: &str, node: &Node) {
        if node.is_null() || FOREIGN_SECTIONS.contains(&key) {
            return;
        }
        if key == "inference_settings" {
            own::tree(node, self);
        } else if node.is_map() && catalogue::is_section(key) {
            january::section(key, node, self);
        } else if catalogue::by_flag(key).is_some() {
            flat::flag(key, node, self);
        } else {
            self.unknown_setting(key, node);
        }
    }

    /// Adds a value.
    pub(super) fn push(&mut self, spelling: Spelling, entry: Entry) {
        let entries = match spelling {
            Spelling::Flat => &mut self.flat,
            Spelling::January => &mut self.january,
            Spelling::Own => &mut self.own,
        };
        entries.push(entry);
    }

    fn unknown_setting(&mut self, key: &str, node: &Node) {
        self.unknown(key, node, |key| {
            if own::is_root(key) {
                return Some(format!("inference_settings.{key}"));
            }
            let flags = catalogue::fields().filter_map(|field| field.flag);
            let sections = catalogue::fields().map(|field| field.section);
            let known = KEYS.iter().copied().chain(sections).chain(flags);
            nearest(key, known).map(str::to_owned)
        });
    }

    /// Returns `true` while more names may be compared with the known ones.
    pub(super) fn may_compare(&mut self) -> bool {
        self.compared += 1;
        self.compared <= MAX_COMPARED
    }

    /// Warns about a key that is not a setting. Only the first ones are named, because the search
    /// for the nearest known key takes time.
    pub(super) fn unknown(
        &mut self,
        key: &str,
        node: &Node,
        near: impl FnOnce(&str) -> Option<String>,
    ) {
        if self.named < MAX_UNKNOWN && self.warnings.len() < MAX_WARNINGS {
            self.named += 1;
            let source = node.source(self.file);
            let near = near(key);
            let warning = Warning::unknown(&source, key, near.as_deref());
            self.warnings.push(warning);
        } else {
            self.unnamed += 1;
        }
    }

    /// Returns the values, newest format last, with a warning for those that are also set in an
    /// older format.
    fn finish(self) -> Vec<Entry> {
        if self.unnamed > 0 && self.warnings.len() < MAX_WARNINGS * 2 {
            let more = self.unnamed;
            let message = format!("{}: {more} more keys are no settings", self.file.display());
            self.warnings
                .push(Warning::new(WarningKind::UnknownKey, message));
        }
        let mut seen: BTreeMap<String, Source> = BTreeMap::new();
        let mut entries = Vec::new();
        for spelling in [self.own, self.january, self.flat] {
            for entry in &spelling {
                if let Some(newer) = seen.get(&entry.path) {
                    self.warnings.push(mixed(entry, newer));
                }
            }
            for entry in &spelling {
                let source = || entry.source.clone();
                seen.entry(entry.path.clone()).or_insert_with(source);
            }
            entries.splice(0..0, spelling);
        }
        entries
    }
}

/// A value in an old format, and the same setting in a newer one.
fn mixed(old: &Entry, newer: &Source) -> Warning {
    let new = match by_path(&old.path) {
        Some(field) if field.path.starts_with("profile.") => old.path.clone(),
        _ => format!("inference_settings.{}", old.path),
    };
    let message = format!(
        "{}: an older spelling of `{new}`, which stands at {newer} as well and is used",
        old.source
    );
    Warning::new(WarningKind::MixedSpelling, message)
}
