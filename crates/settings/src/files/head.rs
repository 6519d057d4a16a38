//! Files of today's pinocchio: `profile: {active, registries}`.

use super::{
    Node,
    document::{Spelling, Spellings},
};
use crate::{Value, catalogue::by_path, layer::Entry, nearest::nearest};

/// Parses the choice of a profile.
pub(super) fn selection(node: &Node, into: &mut Spellings<'_>) {
    for (key, node) in node.entries() {
        let path = format!("profile.{key}");
        let Some(field) = by_path(&path) else {
            into.unknown(&path, node, |_| {
                let near = nearest(key, ["active", "registries", "file"]);
                near.map(|near| format!("profile.{near}"))
            });
            continue;
        };
        let value = match Value::of_file(field, &node.to_json()) {
            Ok(None) => continue,
            Ok(Some(value)) => Ok(value),
            Err(invalid) => Err(invalid),
        };
        let entry = Entry {
            path,
            value,
            source: node.source(into.file),
        };
        into.push(Spelling::Own, entry);
    }
}
