//! `inference_settings`: the typed settings as a tree, in profiles and in the library's own files.

use super::{
    Node,
    document::{Spelling, Spellings},
};
use crate::{
    Field, Value,
    catalogue::{by_path, fields},
    layer::Entry,
    nearest::nearest,
};

/// Returns `true` for the first component of a path: `chat`.
pub(super) fn is_root(key: &str) -> bool {
    has_children(key)
}

/// Parses a tree of settings.
pub(super) fn tree(node: &Node, into: &mut Spellings<'_>) {
    for (key, node) in node.entries() {
        branch(&canonical("", key, node), node, into);
    }
}

/// Parses the value at a path.
fn branch(path: &str, node: &Node, into: &mut Spellings<'_>) {
    if node.is_null() {
        return;
    }
    if let Some(field) = by_path(path) {
        leaf(field, path, node, into);
    } else if has_children(path) && node.is_map() {
        for (key, node) in node.entries() {
            branch(&canonical(path, key, node), node, into);
        }
    } else {
        let (parent, key) = path.rsplit_once('.').unwrap_or(("", path));
        into.unknown(&format!("inference_settings.{path}"), node, |_| {
            nearest(key, children(parent)).map(str::to_owned)
        });
    }
}

fn leaf(field: &Field, path: &str, node: &Node, into: &mut Spellings<'_>) {
    // Any name is allowed, because an application can have its own APIs; most unknown names are
    // misspellings.
    if let Some(parent) = field.path.strip_suffix(".*")
        && into.may_compare()
        && let name = path.get(field.path.len() - 1..).unwrap_or_default()
        && let Some(near) = nearest(name, children(parent))
    {
        into.unknown(&format!("inference_settings.{path}"), node, |_| {
            Some(near.to_owned())
        });
    }
    let value = match Value::of_file(field, &node.to_json()) {
        Ok(None) => return,
        Ok(Some(value)) => Ok(value),
        Err(invalid) => Err(invalid),
    };
    let entry = Entry {
        path: path.to_owned(),
        value,
        source: node.source(into.file),
    };
    into.push(Spelling::Own, entry);
}

/// Returns the path of a key below `parent`; older and alternative spellings are converted to the
/// current ones.
fn canonical(parent: &str, key: &str, node: &Node) -> String {
    let is_wrapper = || {
        ["api_keys", "base_urls"]
            .iter()
            .any(|key| node.get(key).is_some())
    };
    match (parent, key) {
        // In January 2026, the wrapper had the name of the keys themselves.
        ("", "api_keys") if is_wrapper() => "api".to_owned(),
        ("", "api_keys" | "base_urls" | "allow_http" | "allow_local_networks") => {
            format!("api.{key}")
        }
        ("client", "timeout_second" | "timeout-second" | "timeout_seconds") => {
            "client.timeout".to_owned()
        }
        ("", key) => key.replace('-', "_"),
        // Names of APIs contain dashes.
        (parent, key) if parent.starts_with("api.") => format!("{parent}.{key}"),
        (parent, key) => format!("{parent}.{}", key.replace('-', "_")),
    }
}

fn has_children(path: &str) -> bool {
    children(path).next().is_some()
}

/// Returns the names below a path.
fn children(path: &str) -> impl Iterator<Item = &'static str> {
    let of_run = |field: &&Field| {
        let root = field.path.split('.').next();
        !matches!(root, Some("profile" | "command"))
    };
    fields().filter(of_run).filter_map(move |field| {
        let below = if path.is_empty() {
            field.path
        } else {
            field.path.strip_prefix(path)?.strip_prefix('.')?
        };
        below.split('.').next()
    })
}
