//! [`table`].

use std::fmt::Write;

use geppetto_turns::printable_line;

use crate::{Resolved, Source, catalogue::by_path, trace::Traced};

/// Maximum width of an aligned value, in characters.
const WIDE: usize = 40;

/// Returns the settings in use as a table: name, value, source, and what the value overrides (`over`). A key that
/// belongs to another address is not overridden but not used (`not`); the warnings say why.
///
/// Defaults are omitted where no layer sets them, except the API. Files and values are safe to
/// print on a terminal.
#[must_use]
pub fn table(resolved: &Resolved) -> String {
    let mut rows = Vec::new();
    for (path, traced) in resolved.trace.iter() {
        let is_default = traced
            .log()
            .iter()
            .all(|said| said.source() == &Source::Default);
        if is_default && path != "chat.api_type" {
            continue;
        }
        let name = by_path(path).and_then(|field| field.flag).unwrap_or(path);
        let value = traced.value().map_or("-".to_owned(), ToString::to_string);
        let value = printable_line(&value).to_string();
        rows.push((name.to_owned(), value, sources(traced)));
    }
    if let Some(profile) = resolved
        .profile
        .as_ref()
        .filter(|profile| profile.is_default)
    {
        let value = printable_line(&profile.slug).to_string();
        rows.push((
            "profile".to_owned(),
            value,
            format!("default ({})", profile.place),
        ));
    }
    let width = |column: fn(&(String, String, String)) -> &str| {
        let widths = rows.iter().map(|row| column(row).chars().count());
        widths
            .filter(|width| *width <= WIDE)
            .max()
            .unwrap_or_default()
    };
    let (names, values) = (width(|row| &row.0), width(|row| &row.1));
    let mut out = String::new();
    for (name, value, sources) in &rows {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{name:names$}  {value:values$}  {sources}");
    }
    out
}

fn sources(traced: &Traced) -> String {
    let mut text = match traced.source() {
        Some(source) => source.to_string(),
        None => "not used".to_owned(),
    };
    let others = traced.overridden();
    let others = others.filter(|said| said.source() != &Source::Default);
    let others: Vec<_> = others
        .map(|said| {
            let word = said.note().map_or("over", |_| "not");
            format!("{word} {}", said.source())
        })
        .collect();
    if !others.is_empty() {
        let _ = write!(text, " ({})", others.join("; "));
    }
    printable_line(&text).to_string()
}
