//! The reference of events.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::source::{Kind, Member, Source};
use super::values::Values;
use crate::docs::page::slug;
use crate::error::Error;
use crate::tidy::tree::Tree;

const KIND: &str = "crates/events/src/kind.rs";
const EVENT: &str = "crates/events/src/event.rs";
const SERVER_TOOL: &str = "crates/events/src/kind/server_tool.rs";
const MACRO: &str = "event_kinds";
/// The files with the types of the fields.
const PAYLOADS: &[&str] = &[
    "crates/events/src/kind/run.rs",
    "crates/events/src/kind/segment.rs",
    "crates/events/src/kind/tool.rs",
    "crates/events/src/kind/citation.rs",
    "crates/events/src/kind/queue.rs",
    "crates/events/src/kind/input.rs",
];

pub(super) fn render(part: &str, tree: &Tree, values: &Values) -> Result<String, Error> {
    match part {
        "types" => types(tree, values),
        "fields" => fields(tree, values),
        "server tools" => Ok(server_tools(values)),
        "ServerTool" => Ok(table(&Source::load(tree, SERVER_TOOL)?.fields(part)?)),
        name => Ok(table(&Source::load(tree, EVENT)?.fields(name)?)),
    }
}

/// Returns the kinds listed in the source, which must equal those of the code.
fn kinds(tree: &Tree, values: &Values) -> Result<Vec<Kind>, Error> {
    let kinds = Source::load(tree, KIND)?.kinds(MACRO)?;
    let names: Vec<_> = kinds.iter().map(|kind| kind.wire.as_str()).collect();
    if names != values.event_types {
        return Err(Error::Generate {
            what: KIND.to_owned(),
            problem: "its list is not the one of the code".to_owned(),
        });
    }
    Ok(kinds)
}

/// Returns one line per type, with a link to its fields.
fn types(tree: &Tree, values: &Values) -> Result<String, Error> {
    let mut out = String::from("| type | says | fields | `EventKind::` |\n|---|---|---|---|\n");
    for kind in kinds(tree, values)? {
        let (doc, wire, payload) = (&kind.doc, &kind.wire, &kind.payload);
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "| `{wire}` | {doc} | [{payload}](#{}) | `{}` |",
            slug(payload),
            kind.variant
        );
    }
    Ok(out)
}

/// Returns one line per dedicated name of a server tool phase.
fn server_tools(values: &Values) -> String {
    let mut out = String::from("| type | tool | phase |\n|---|---|---|\n");
    for [name, tool, phase] in &values.server_tools {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "| `{name}` | `{tool}` | `{phase}` |");
    }
    out
}

/// Returns the fields of each payload, in the order in which the types first use them.
fn fields(tree: &Tree, values: &Values) -> Result<String, Error> {
    let sources: Vec<_> = PAYLOADS
        .iter()
        .map(|path| Source::load(tree, path))
        .collect::<Result<_, _>>()?;
    let mut out = String::new();
    let mut seen = BTreeMap::new();
    for kind in kinds(tree, values)? {
        if seen.insert(kind.payload.clone(), ()).is_some() {
            continue;
        }
        let found = sources
            .iter()
            .find_map(|source| Some((source.about(&kind.payload).ok()?, source)));
        let (about, source) = found.ok_or_else(|| Error::Generate {
            what: kind.payload.clone(),
            problem: "its fields are in none of the files that xtask knows; add the file to \
                      PAYLOADS in xtask/src/docs/generated/events.rs"
                .to_owned(),
        })?;
        let fields = source.fields(&kind.payload)?;
        let body = if fields.is_empty() {
            "No fields of its own.\n".to_owned()
        } else {
            table(&fields)
        };
        let _ = write!(out, "### {}\n\n{about}\n\n{body}\n", kind.payload);
    }
    Ok(out.trim_end().to_owned() + "\n")
}

fn table(fields: &[Member]) -> String {
    let mut out = String::from("| field | type | what |\n|---|---|---|\n");
    for field in fields.iter().filter(|field| !field.skipped) {
        let optional = if field.optional {
            ", may be absent"
        } else {
            ""
        };
        let _ = writeln!(
            out,
            "| `{}` | {}{optional} | {} |",
            field.name,
            field.types.concat(),
            field.doc
        );
    }
    out
}
