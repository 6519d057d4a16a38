//! The parts of the pages that are generated from the code, so that they cannot become outdated.
//!
//! A part is enclosed in `<!-- generated: NAME -->` and `<!-- /generated -->`.

mod config;
mod crates;
mod events;
mod settings;
mod source;
mod values;

use std::fs;

use crate::cargo::Metadata;
use crate::error::Error;
use crate::tidy::finding::Finding;
use crate::tidy::tree::Tree;
use values::Values;

const BEGIN: &str = "<!-- generated: ";
const BEGIN_END: &str = " -->\n";
const END: &str = "<!-- /generated -->";

/// Reports the parts that differ from the code.
pub(super) fn check(tree: &Tree, metadata: &Metadata) -> Result<Vec<Finding>, Error> {
    let stale = changed(tree, metadata)?;
    Ok(stale
        .into_iter()
        .map(|(path, _)| {
            let message = "a generated part is out of date; run `cargo xtask docs --write`";
            Finding::error(message).at(path)
        })
        .collect())
}

/// Regenerates the parts; returns the paths of the files that changed.
pub(super) fn write(tree: &Tree, metadata: &Metadata) -> Result<Vec<String>, Error> {
    let mut written = Vec::new();
    for (path, text) in changed(tree, metadata)? {
        let full = metadata.workspace_root.join(&path);
        fs::write(&full, text).map_err(|source| Error::Write { path: full, source })?;
        written.push(path);
    }
    Ok(written)
}

/// Returns the files with outdated parts, with the new contents.
fn changed(tree: &Tree, metadata: &Metadata) -> Result<Vec<(String, String)>, Error> {
    let mut changed = Vec::new();
    let values = Values::load(&metadata.workspace_root)?;
    for file in tree.files.iter().filter(|file| file.path.ends_with(".md")) {
        let text = renewed(&file.text, |name| render(name, tree, metadata, &values))?;
        if text != file.text {
            changed.push((file.path.clone(), text));
        }
    }
    Ok(changed)
}

/// Returns `text` with each part replaced by the output of `render`.
fn renewed(text: &str, render: impl Fn(&str) -> Result<String, Error>) -> Result<String, Error> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let (name, after) = after.split_once(BEGIN_END).unwrap_or((after, ""));
        let Some((_, after)) = after.split_once(END) else {
            return Err(Error::Generate {
                what: name.to_owned(),
                problem: format!("nothing says where the part ends; add `{END}`"),
            });
        };
        out += &format!("{before}{BEGIN}{name}{BEGIN_END}\n{}\n{END}", render(name)?);
        rest = after;
    }
    Ok(out + rest)
}

fn render(name: &str, tree: &Tree, metadata: &Metadata, values: &Values) -> Result<String, Error> {
    match name.split_once(' ').unwrap_or((name, "")) {
        ("crates", "") => crates::render(tree, metadata),
        ("events", part) => events::render(part, tree, values),
        ("config", part) => config::render(part, tree, values),
        ("settings", section) => settings::render(section, values),
        _ => Err(Error::Generate {
            what: name.to_owned(),
            problem: "no part has this name; see xtask/src/docs/generated.rs".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests;
