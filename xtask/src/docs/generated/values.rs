//! [`Values`]: values taken from the code at run time.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::cargo;
use crate::error::Error;

/// The output of `doctests/src/bin/values.rs`, a program that depends on the documented crates.
#[derive(Debug, Deserialize)]
pub(super) struct Values {
    /// `{:#?}` of the defaults of settings, by type.
    defaults: BTreeMap<String, String>,
    /// The wire names of the events.
    pub(super) event_types: Vec<String>,
    /// Wire name, tool and phase of the events of server tools.
    pub(super) server_tools: Vec<[String; 3]>,
    /// The catalogue of settings.
    pub(super) settings: Vec<Setting>,
}

/// A field of the catalogue of settings.
#[derive(Debug, Deserialize)]
pub(super) struct Setting {
    pub(super) section: String,
    pub(super) path: String,
    pub(super) flag: Option<String>,
    pub(super) kind: String,
    pub(super) allowed: String,
    pub(super) default: Option<String>,
    pub(super) help: String,
    /// Why the setting is not used.
    pub(super) ignored: Option<String>,
}

impl Values {
    /// Builds and runs the program.
    pub(super) fn load(workspace: &Path) -> Result<Self, Error> {
        cargo::json(
            workspace,
            &["run", "--quiet", "--package", "doctests", "--bin", "values"],
        )
    }

    /// Returns the default of a type.
    pub(super) fn default_of(&self, name: &str) -> Result<&str, Error> {
        let found = self.defaults.get(name).map(String::as_str);
        found.ok_or_else(|| Error::Generate {
            what: format!("config {name}"),
            problem: "its default is not printed; add it to doctests/src/bin/values.rs".to_owned(),
        })
    }

    #[cfg(test)]
    pub(super) fn of_default(name: &str, shown: &str) -> Self {
        Self {
            defaults: BTreeMap::from([(name.to_owned(), shown.to_owned())]),
            event_types: Vec::new(),
            server_tools: Vec::new(),
            settings: Vec::new(),
        }
    }
}
