//! [`Trace`]: the values of all layers for every setting.

use std::collections::BTreeMap;

use crate::{Field, Source, Value, catalogue::by_path, layer::Group, value::Invalid};

/// Values of all layers, for every setting that any layer sets.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trace {
    pub(crate) settings: BTreeMap<String, Traced>,
}

/// Values of all layers for one setting.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Traced {
    pub(crate) log: Vec<Said>,
}

/// Value of one layer for a setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    pub(crate) value: Result<Value, Invalid>,
    pub(crate) source: Source,
    pub(crate) group: Group,
    pub(crate) note: Option<String>,
}

impl Trace {
    /// Returns the settings with their paths, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Traced)> {
        let settings = self.settings.iter();
        settings.map(|(path, traced)| (path.as_str(), traced))
    }

    /// Returns the setting at a path, such as `chat.engine`. `None` if no layer sets it.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Traced> {
        self.settings.get(path)
    }

    /// Returns the field of a path in the trace.
    #[must_use]
    pub fn field(&self, path: &str) -> Option<&'static Field> {
        by_path(path)
    }
}

impl Traced {
    /// Returns the values of the layers, weakest first.
    #[must_use]
    pub fn log(&self) -> &[Said] {
        &self.log
    }

    /// Returns the entry in use: that of the strongest layer, except for API keys that belong to
    /// another address. `None` if no entry is in use.
    #[must_use]
    pub fn used(&self) -> Option<&Said> {
        self.log.iter().rev().find(|said| said.note.is_none())
    }

    /// Returns the value in use.
    #[must_use]
    pub fn value(&self) -> Option<&Value> {
        self.used().and_then(Said::value)
    }

    /// Returns the source of the value in use.
    #[must_use]
    pub fn source(&self) -> Option<&Source> {
        self.used().map(Said::source)
    }

    /// Returns the entries that are set but not used, strongest first.
    pub fn overridden(&self) -> impl Iterator<Item = &Said> {
        let used = self.used();
        self.log
            .iter()
            .rev()
            .filter(move |said| !used.is_some_and(|used| std::ptr::eq(*said, used)))
    }
}

impl Said {
    /// Returns the value. `None` if it is invalid.
    #[must_use]
    pub fn value(&self) -> Option<&Value> {
        self.value.as_ref().ok()
    }

    /// Returns the source of the value.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Returns the reason why the value is not used although its layer is the strongest: it is an
    /// API key that belongs to another address.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}
