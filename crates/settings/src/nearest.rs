//! Search for the known name nearest to an unknown one.

use crate::{MASK, value::may_be_secret};

#[cfg(test)]
mod tests;

/// A longer name is not a misspelling of a setting.
const MAX_NAME: usize = 64;

/// Names of other programs and providers, and what they are called here.
const MEANT: &[(&str, &str)] = &[
    ("ai-max-tokens", "ai-max-response-tokens"),
    ("ai-model", "ai-engine"),
    ("anthropic-api-key", "claude-api-key"),
    ("anthropic-base-url", "claude-base-url"),
    ("api-key", "openai-api-key"),
    ("base-url", "openai-base-url"),
    ("google-api-key", "gemini-api-key"),
    ("max-tokens", "ai-max-response-tokens"),
    ("max-tokens", "max-response-tokens"),
    ("model", "ai-engine"),
    ("model", "engine"),
    ("provider", "ai-api-type"),
    ("provider", "api-type"),
    ("proxy", "proxy-url"),
    ("stop", "ai-stop"),
    ("temperature", "ai-temperature"),
    ("top-p", "ai-top-p"),
];

/// Returns the name of `known` that is meant: one with the same meaning, or the nearest if it is close
/// enough.
pub(crate) fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if name.len() > MAX_NAME {
        return None;
    }
    let name = name.to_ascii_lowercase().replace('_', "-");
    let meant = |spelled: &str| MEANT.contains(&(name.as_str(), spelled));
    let limit = (name.len() / 3).clamp(1, 3);
    let distances = known.into_iter().map(|known| {
        let spelled = known.to_ascii_lowercase().replace('_', "-");
        let distance = if meant(&spelled) {
            0
        } else {
            distance(&name, &spelled)
        };
        (distance, known)
    });
    let (distance, known) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= limit).then_some(known)
}

/// Returns the number of insertions, deletions, replacements and swaps of adjacent characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let (mut before, mut last) = (Vec::new(), (0..=b.len()).collect::<Vec<usize>>());
    let mut previous = None;
    for (row, from) in a.chars().enumerate() {
        let mut current = vec![row + 1];
        for (column, to) in b.iter().enumerate() {
            let at =
                |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX / 2);
            let replaced = at(&last, column) + usize::from(from != *to);
            let mut best = replaced
                .min(at(&last, column + 1) + 1)
                .min(at(&current, column) + 1);
            let swapped = column > 0 && Some(*to) == previous && b.get(column - 1) == Some(&from);
            if swapped {
                best = best.min(at(&before, column - 1) + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut last, current);
        previous = Some(from);
    }
    last.last().copied().unwrap_or_default()
}

/// Formats a name for messages: short, on one line, and without keys.
pub(crate) fn shown(name: &str) -> String {
    if may_be_secret(name) {
        return MASK.to_owned();
    }
    let mut short: String = name
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(MAX_NAME)
        .collect();
    if name.chars().count() > MAX_NAME {
        short.push('…');
    }
    short
}
