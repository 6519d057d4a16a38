//! Finding the names in one source.

use serde::Serialize;

use super::{
    files::Language,
    imports,
    places::{self, Place},
};
use crate::retired::{RETIRED, Retired};
use crate::tidy::text::is_identifier;

/// The longest piece of a line that is repeated, in characters.
const SHOWN: usize = 160;

/// One place that names the retired API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Match {
    /// Relative to what was scanned, with forward slashes.
    pub(super) file: String,
    /// Counted from 1.
    pub(super) line: usize,
    /// Counted from 1, in characters.
    pub(super) column: usize,
    pub(super) place: Place,
    /// The name as it stands there.
    pub(super) name: String,
    /// The line, without the blanks around it, cut where it is long.
    pub(super) text: String,
    /// The retired name, in the guide's spelling.
    pub(super) retired: &'static str,
    /// What it was.
    pub(super) concept: &'static str,
    /// What stands in its place.
    pub(super) instead: &'static str,
    /// Where the migration guide says how.
    pub(super) guide: String,
}

/// All matches of a source, in the order of the text.
pub(super) fn find(path: &str, text: &str, language: Language) -> Vec<Match> {
    let names = names(text, language);
    // Most files name nothing, and need no look at their comments.
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

/// The names to look for in a file: the table's, and those of packages that it imports under
/// other names.
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

/// Where a name stands in a line as a whole, in bytes.
fn words<'a>(line: &'a str, name: &'a str) -> impl Iterator<Item = usize> + 'a {
    let whole = move |at: &usize| {
        let before = line.get(..*at).and_then(|s| s.chars().next_back());
        let after = line.get(at + name.len()..).and_then(|s| s.chars().next());
        !before.is_some_and(is_identifier) && !after.is_some_and(is_identifier)
    };
    line.match_indices(name).map(|(at, _)| at).filter(whole)
}
