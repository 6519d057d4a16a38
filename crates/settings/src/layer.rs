//! [`Layer`]: the values of one source.

use crate::{
    Source, Value,
    catalogue::{by_flag, by_path},
    error::{SettingsError, SettingsErrorKind},
    nearest::{nearest, shown},
    source::Place,
    value::Invalid,
};

/// The values of one source, which stronger layers override.
///
/// The resolver creates the layers of files, profiles, variables and flags. A program adds those of
/// a prompt file and of the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    pub(crate) group: Group,
    pub(crate) entries: Vec<Entry>,
}

/// One value of a layer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// The path in the typed settings.
    pub(crate) path: String,
    pub(crate) value: Result<Value, Invalid>,
    pub(crate) source: Source,
}

/// Layers of one group have the same author: the key of one is meant for the address of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    Default,
    Fallback,
    WellKnown,
    PromptFile,
    /// A file of the user or of the system.
    File(usize),
    /// A file of the current folder, which may be untrusted.
    Project(usize),
    /// The profile and those that it inherits from, except those of project files.
    Stack,
    /// Those of project files.
    ProjectStack,
    Variables,
    Flags,
    Run,
}

impl Group {
    /// Returns `true` if the group has the unknown author of the current folder's contents.
    pub(crate) fn is_project(self) -> bool {
        matches!(self, Self::Project(_) | Self::ProjectStack)
    }

    /// A file, or a profile in one.
    pub(crate) fn is_file(self) -> bool {
        matches!(
            self,
            Self::PromptFile | Self::File(_) | Self::Project(_) | Self::Stack | Self::ProjectStack
        )
    }
}

impl Layer {
    pub(crate) fn new(group: Group) -> Self {
        Self {
            group,
            entries: Vec::new(),
        }
    }

    /// Creates the layer of values that the program falls back to, such as those of a server that it has
    /// detected. It is only stronger than the defaults.
    #[must_use]
    pub fn fallback() -> Self {
        Self::new(Group::Fallback)
    }

    /// Creates the layer of a prompt file, which is only stronger than the defaults.
    #[must_use]
    pub fn prompt_file() -> Self {
        Self::new(Group::PromptFile)
    }

    /// Creates the layer of the run, which is stronger than all others.
    #[must_use]
    pub fn run() -> Self {
        Self::new(Group::Run)
    }

    /// Creates the layer of command-line flags.
    #[must_use]
    pub fn flags() -> Self {
        Self::new(Group::Flags)
    }

    /// Sets a value, in the format of a variable. An empty text sets nothing.
    ///
    /// # Errors
    ///
    /// Returns an error if `name` is neither a path (`chat.engine`) nor a flag (`ai-engine`), or if
    /// the field does not allow the value.
    pub fn set(mut self, name: &str, text: &str) -> Result<Self, SettingsError> {
        let place = Place::new(std::path::Path::new("prompt file").into(), None);
        let source = match self.group {
            Group::PromptFile => Source::PromptFile { place },
            Group::Flags => Source::Flag {
                name: name.to_owned(),
            },
            Group::Fallback => Source::Fallback {
                what: "fallback".to_owned(),
            },
            _ => Source::Run,
        };
        self.push(name, text, source)?;
        Ok(self)
    }

    /// Sets a value from a prompt file, with its position.
    ///
    /// # Errors
    ///
    /// Same as [`set`](Self::set).
    pub fn set_at(mut self, name: &str, text: &str, place: Place) -> Result<Self, SettingsError> {
        self.push(name, text, Source::PromptFile { place })?;
        Ok(self)
    }

    /// Sets a value, with a source of the program's own: a short flag, or what a fallback comes from.
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set).
    pub fn set_from(
        mut self,
        name: &str,
        text: &str,
        source: Source,
    ) -> Result<Self, SettingsError> {
        self.push(name, text, source)?;
        Ok(self)
    }

    fn push(&mut self, name: &str, text: &str, source: Source) -> Result<(), SettingsError> {
        let Some(field) = by_path(name).or_else(|| by_flag(name)) else {
            return Err(unknown(name));
        };
        let path = if field.path.ends_with('*') {
            name
        } else {
            field.path
        };
        match Value::parse(field, text) {
            Ok(None) => {}
            Ok(Some(value)) => self.entries.push(Entry {
                path: path.to_owned(),
                value: Ok(value),
                source,
            }),
            Err(invalid) => {
                let message = format!("{source}: {name}: {invalid}");
                let kind = SettingsErrorKind::InvalidValue;
                return Err(SettingsError::new(kind, message));
            }
        }
        Ok(())
    }
}

/// Creates the error for a name that is not a setting, with the nearest known one.
pub(crate) fn unknown(name: &str) -> SettingsError {
    let flags = crate::catalogue::fields().filter_map(|field| field.flag);
    let hint = match nearest(name, flags) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    };
    let message = format!("`{}` is no setting{hint}", shown(name));
    SettingsError::new(SettingsErrorKind::UnknownSetting, message)
}
