//! Files before 2026: flags at the top level, `openai-api-key: ...`.

use super::{
    Node,
    document::{Spelling, Spellings},
};
use crate::{Value, catalogue::by_flag, layer::Entry};

/// Parses a flag.
pub(super) fn flag(name: &str, node: &Node, into: &mut Spellings<'_>) {
    take(name, node, Spelling::Flat, into);
}

/// Parses a flag with a known name.
pub(super) fn take(name: &str, node: &Node, spelling: Spelling, into: &mut Spellings<'_>) {
    let Some(field) = by_flag(name) else { return };
    let value = match Value::of_file(field, &node.to_json()) {
        Ok(None) => return,
        Ok(Some(value)) => Ok(value),
        Err(invalid) => Err(invalid),
    };
    let entry = Entry {
        path: field.path.to_owned(),
        value,
        source: node.source(into.file),
    };
    into.push(spelling, entry);
}
