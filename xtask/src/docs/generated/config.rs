//! The reference of settings. Defaults are taken from values that the code creates, not from
//! documentation.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::source::{Member, Source};
use super::values::Values;
use crate::error::Error;
use crate::tidy::tree::Tree;

/// Types whose fields are settings: name and file. Their defaults come from
/// `doctests/src/bin/values.rs`.
const FIELDS: &[(&str, &str)] = &[
    ("InferenceConfig", "crates/engine/src/config/inference.rs"),
    ("StructuredOutput", "crates/engine/src/config/structured.rs"),
    ("ToolConfig", "crates/engine/src/config/tool.rs"),
    ("RetryConfig", "crates/engine/src/config/tool.rs"),
    ("ToolTraits", "crates/toolloop/src/tool.rs"),
    ("Resampling", "crates/engine/src/sampling.rs"),
    ("Limits", "crates/engine/src/runner/totals.rs"),
    ("Timeouts", "crates/transport/src/timeouts.rs"),
    ("ChatOptions", "crates/providers-openai/src/chat/options.rs"),
    (
        "ResponsesOptions",
        "crates/providers-openai/src/responses/options.rs",
    ),
    ("GeminiOptions", "crates/providers-gemini/src/options.rs"),
];

/// A builder, whose methods are settings.
struct Setters {
    name: &'static str,
    path: &'static str,
}

const SETTERS: &[Setters] = &[
    Setters {
        name: "Builder",
        path: "crates/enginebuilder/src/builder.rs",
    },
    Setters {
        name: "SessionBuilder",
        path: "crates/session/src/session/builder.rs",
    },
    Setters {
        name: "Prompt",
        path: "crates/session/src/prompt.rs",
    },
    Setters {
        name: "StepController",
        path: "crates/toolloop/src/step.rs",
    },
    Setters {
        name: "WireEngineBuilder",
        path: "crates/provider/src/builder.rs",
    },
    Setters {
        name: "RetryPolicy",
        path: "crates/transport/src/retry.rs",
    },
    Setters {
        name: "StructuredSink",
        path: "crates/structured/src/sink.rs",
    },
];

/// Constants: name and file.
const CONSTANTS: &[(&str, &str)] = &[
    ("ABANDON_AFTER", "crates/session/src/run/drive.rs"),
    ("JOURNAL_TIMEOUT", "crates/engine/src/hooks.rs"),
    ("PERSIST_TIMEOUT", "crates/session/src/run/drive.rs"),
    ("TOOL_CANCEL_GRACE", "crates/engine/src/steps.rs"),
    ("DEFAULT_PAUSE", "crates/toolloop/src/step.rs"),
    ("DEFAULT_OUTPUT_LIMIT", "crates/toolloop/src/tool.rs"),
    ("DEFAULT_RETAINED_BYTES", "crates/events/src/stream.rs"),
    ("DEFAULT_MAX_BLOCK_BYTES", "crates/structured/src/block.rs"),
    ("MAX_TAG_BYTES", "crates/structured/src/tag.rs"),
    ("DEFAULT_MAX_EVENT_BYTES", "crates/transport/src/sse.rs"),
];

pub(super) fn render(part: &str, tree: &Tree, values: &Values) -> Result<String, Error> {
    if part == "constants" {
        return constants(tree);
    }
    if let Some((_, path)) = FIELDS.iter().find(|(name, _)| *name == part) {
        let members = Source::load(tree, path)?.fields(part)?;
        let defaults = fields_of(values.default_of(part)?);
        if let Some(member) = members.iter().find(|m| !defaults.contains_key(&m.name)) {
            return Err(Error::Generate {
                what: format!("config {part}"),
                problem: format!("the default does not show `{}`", member.name),
            });
        }
        return Ok(table("setting", &members, &defaults));
    }
    let Some(setters) = SETTERS.iter().find(|setters| setters.name == part) else {
        return Err(Error::Generate {
            what: format!("config {part}"),
            problem: "no settings have this name; add them to \
                      xtask/src/docs/generated/config.rs"
                .to_owned(),
        });
    };
    let members = Source::load(tree, setters.path)?.setters(part, tree)?;
    let mut out = table("method", &members, &BTreeMap::new());
    if part == "RetryPolicy" {
        let policy = listed(values.default_of(part)?);
        let budget = listed(values.default_of("RetryBudget")?);
        // Writing to a string cannot fail.
        let _ = writeln!(out, "\nDefaults: {policy}. Of its budget: {budget}.");
    }
    Ok(out)
}

/// Returns the values of a struct's fields in one line, without those that are structs themselves.
fn listed(debug: &str) -> String {
    let values = fields_of(debug).into_iter();
    let values = values.filter(|(_, value)| value != "see below");
    let values = values.map(|(name, value)| format!("`{name}` {value}"));
    values.collect::<Vec<_>>().join(", ")
}

/// Parses the fields of a struct from its `{:#?}` output: a line indented by one level is a field.
fn fields_of(debug: &str) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for line in debug.lines() {
        let Some(field) = line
            .strip_prefix("    ")
            .filter(|l| !l.starts_with([' ', '}', ')', ']']))
        else {
            continue;
        };
        let Some((name, value)) = field.split_once(": ") else {
            continue;
        };
        let value = match value.trim_end_matches(',') {
            "None" | "\"\"" | "Null" => "not set".to_owned(),
            // A value of several lines has a separate table.
            open if open.ends_with(['{', '(', '[']) => "see below".to_owned(),
            value => format!("`{}`", value.trim_matches('"')),
        };
        values.insert(name.to_owned(), value);
    }
    values
}

fn table(what: &str, members: &[Member], values: &BTreeMap<String, String>) -> String {
    let with_values = !values.is_empty();
    let mut out = if with_values {
        format!("| {what} | default | what |\n|---|---|---|\n")
    } else {
        format!("| {what} | what |\n|---|---|\n")
    };
    for member in members {
        // Writing to a string cannot fail.
        let _ = if with_values {
            let value = values.get(&member.name).map_or("?", String::as_str);
            writeln!(out, "| `{}` | {value} | {} |", member.name, member.doc)
        } else {
            let (name, arguments) = (&member.name, member.types.join(", "));
            writeln!(out, "| `{name}({arguments})` | {} |", member.doc)
        };
    }
    out
}

fn constants(tree: &Tree) -> Result<String, Error> {
    let mut out = String::from("| constant | crate | what |\n|---|---|---|\n");
    for (name, path) in CONSTANTS {
        let doc = Source::load(tree, path)?.constant(name)?;
        let folder = path.split('/').nth(1).unwrap_or_default();
        let _ = writeln!(out, "| `{name}` | `geppetto-{folder}` | {doc} |");
    }
    Ok(out)
}

#[cfg(test)]
mod tests;
