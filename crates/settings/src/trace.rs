//! [`Trace`]: what every layer says about every setting.

use std::collections::BTreeMap;

use crate::{Field, Source, Value, catalogue::by_path, layer::Group, value::Invalid};

/// What every layer says about every setting that any layer sets.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Trace {
    pub(crate) settings: BTreeMap<String, Traced>,
}

/// What every layer says about one setting.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Traced {
    pub(crate) log: Vec<Said>,
}

/// What one layer says about a setting.
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

    /// Returns the field of a path that the trace has.
    #[must_use]
    pub fn field(&self, path: &str) -> Option<&'static Field> {
        by_path(path)
    }
}

impl Traced {
    /// Returns what the layers say, weakest first.
    #[must_use]
    pub fn log(&self) -> &[Said] {
        &self.log
    }

    /// Returns what is used: the strongest layer's, except for API keys that belong to another address.
    /// `None` if nothing of the log is used.
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

    /// Returns what is set and not used, strongest first.
    pub fn overridden(&self) -> impl Iterator<Item = &Said> {
        let used = self.used();
        self.log
            .iter()
            .rev()
            .filter(move |said| !used.is_some_and(|used| std::ptr::eq(*said, used)))
    }
}

impl Said {
    /// Returns the value. `None` if it is not valid.
    #[must_use]
    pub fn value(&self) -> Option<&Value> {
        self.value.as_ref().ok()
    }

    /// Returns where the value comes from.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Returns why the value is not used although its layer is the strongest: an API key that belongs to
    /// another address.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}
