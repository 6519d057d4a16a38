//! [`parsed_fields`].

use geppetto_turns::serial::yaml_string;

use super::said::Tree;
use crate::{Resolved, catalogue::by_path};

/// Returns every setting by section and flag as YAML: the output of `--print-parsed-fields`.
///
/// The structure is that of glazed: `section: {flag: {value, log: [{source, value, metadata}]}}`.
/// Settings without a flag have their path instead.
#[must_use]
pub fn parsed_fields(resolved: &Resolved) -> String {
    let mut sections = Tree::default();
    for (path, traced) in resolved.trace.iter() {
        if let Some(field) = by_path(path) {
            let name = field.flag.unwrap_or(path);
            sections.insert([field.section, name].into_iter(), traced);
        }
    }
    yaml_string(&sections).unwrap_or_default()
}
