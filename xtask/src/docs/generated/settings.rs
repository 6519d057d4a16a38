//! The reference of user settings (files, variables and flags), generated from their catalogue.

use std::fmt::Write;

use super::values::{Setting, Values};
use crate::error::Error;

#[cfg(test)]
mod tests;

/// Renders the table of a section; for `ignored`, that of all settings that are read but not used.
pub(super) fn render(section: &str, values: &Values) -> Result<String, Error> {
    if section == "ignored" {
        return Ok(ignored(&values.settings));
    }
    let settings = values.settings.iter();
    let settings: Vec<_> = settings
        .filter(|setting| setting.section == section && setting.ignored.is_none())
        .collect();
    if settings.is_empty() {
        return Err(Error::Generate {
            what: format!("settings {section}"),
            problem: "the catalogue of settings has no such section".to_owned(),
        });
    }
    let mut out = String::from("| flag | path | value | what |\n|---|---|---|---|\n");
    for setting in settings {
        let flag = flag(setting);
        let Setting { path, help, .. } = setting;
        let default = match &setting.default {
            Some(default) => format!(" Default: `{default}`."),
            None => String::new(),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "| {flag} | `{path}` | {} | {help}{default} |",
            value(setting)
        );
    }
    Ok(out)
}

fn ignored(settings: &[Setting]) -> String {
    let mut out = String::from("| flag | path | why |\n|---|---|---|\n");
    for setting in settings {
        if let Some(why) = &setting.ignored {
            let _ = writeln!(out, "| {} | `{}` | {why} |", flag(setting), setting.path);
        }
    }
    out
}

fn flag(setting: &Setting) -> String {
    match &setting.flag {
        Some(flag) => format!("`--{flag}`"),
        None => "-".to_owned(),
    }
}

/// Returns a short description of the allowed values.
fn value(setting: &Setting) -> &str {
    match setting.kind.as_str() {
        "text" | "choice" | "integer" | "number" => &setting.allowed,
        kind => kind,
    }
}
