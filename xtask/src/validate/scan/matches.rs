//! Finding the names in a source file.

use serde::Serialize;

use super::{
    files::Language,
    imports,
    places::{self, Place},
};
use crate::retired::{RETIRED, Retired};
use crate::tidy::text::is_identifier;

/// Maximum length of a quoted line, in characters.
const SHOWN: usize = 160;

/// A place that names the retired API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Match {
    /// Relative to the scanned path, with forward slashes.
    pub(super) file: String,
    /// Counted from 1.
    pub(super) line: usize,
    /// Counted from 1, in characters.
    pub(super) column: usize,
    pub(super) place: Place,
    /// The name as written there.
    pub(super) name: String,
    /// The line, trimmed and truncated.
    pub(super) text: String,
    /// The retired name, in the guide's spelling.
    pub(super) retired: &'static str,
    /// The retired concept.
    pub(super) concept: &'static str,
    /// Its replacement.
    pub(super) instead: &'static str,
    /// The section of the migration guide.
    pub(super) guide: String,
}

/// Returns all matches in a source, in order.
pub(super) fn find(path: &str, text: &str, language: Language) -> Vec<Match> {
    let names = names(text, language);
    // Most files contain no names, so their comments need not be parsed.
    if !names.iter().any(|(name, _)| text.contains(name.as_str())) {
        return Vec::new();
    }
    let places = places::of(text, language);
    let mut found = Vec::new();
    let mut start = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        for (name, retired) in &names {
            for at in words(line, name) {
                let place = places.get(start + at).copied().unwrap_or(Place::Prose);
                let imported = language == Language::Go
                    && name.contains('/')
                    && place == Place::String
                    && imports::is_import(line);
                found.push(Match {
                    file: path.to_owned(),
                    line: number,
                    column: line.get(..at).map_or(0, |before| before.chars().count()) + 1,
                    place: if imported { Place::Code } else { place },
                    name: name.clone(),
                    text: line.trim().chars().take(SHOWN).collect(),
                    retired: retired.name,
                    concept: retired.concept,
                    instead: retired.instead,
                    guide: retired.link(),
                });
            }
        }
        start += line.len();
    }
    found.sort_by_key(|found| (found.line, found.column));
    found
}

/// Returns the names to search for in a file: those of the table, and those of packages that it
/// imports under other names.
fn names(text: &str, language: Language) -> Vec<(String, &'static Retired)> {
    let mut names: Vec<_> = RETIRED
        .iter()
        .flat_map(|retired| retired.names().map(move |name| (name.to_owned(), retired)))
        .collect();
    if language == Language::Go {
        for (own, local) in imports::renamed(text) {
            let qualified = RETIRED.iter().filter_map(|retired| {
                let (package, name) = retired.name.split_once('.')?;
                (package == own).then(|| (format!("{local}.{name}"), retired))
            });
            names.extend(qualified);
        }
    }
    names
}

/// Returns the byte positions at which a name occurs in a line as a whole word.
fn words<'a>(line: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    let whole = move |at: &usize| {
        let before = line.get(..*at).and_then(|s| s.chars().next_back());
        let after = line.get(at + name.len()..).and_then(|s| s.chars().next());
        !before.is_some_and(is_identifier) && !after.is_some_and(is_identifier)
    };
    line.match_indices(name).map(|(at, _)| at).filter(whole)
}
