//! Recognition of secrets by their format.

use super::{MASK, is_auth_scheme};

/// Key prefixes of common services, and the minimum number of characters that follow.
const PREFIXES: [(&str, usize); 14] = [
    ("sk-", 8),
    ("sk_", 8),
    ("rk_", 8),
    ("gsk_", 8),
    ("xai-", 8),
    ("pplx-", 8),
    ("nvapi-", 8),
    ("tgp_", 8),
    ("hf_", 16),
    ("r8_", 16),
    ("ghp_", 16),
    ("AIza", 20),
    ("AKIA", 12),
    ("eyJ", 20),
];

/// Returns `text` with everything that looks like a key masked; `None` if nothing does.
pub(super) fn mask(text: &str) -> Option<String> {
    let mut masked = false;
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut after_scheme = false;
    while let Some((gap, word, tail)) = next_word(rest, after_scheme) {
        out.push_str(gap);
        let scheme_applies = after_scheme && gap.chars().all(|c| c == ' ' || c == ':');
        let replacement = match key_prefix(word) {
            Some(prefix) => Some(prefix),
            None if scheme_applies && looks_random(word) => Some(""),
            None => None,
        };
        match replacement {
            Some(prefix) => {
                masked = true;
                out.push_str(prefix);
                out.push_str(MASK);
            }
            None => out.push_str(word),
        }
        after_scheme = is_auth_scheme(word);
        rest = tail;
    }
    out.push_str(rest);
    masked.then_some(out)
}

/// Splits a text into the part before the next word, the word, and the rest.
fn next_word(text: &str, after_scheme: bool) -> Option<(&str, &str, &str)> {
    let is_word = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, '-' | '_' | '.')
            || (after_scheme && matches!(c, '+' | '/' | '=' | '~'))
    };
    let start = text.find(is_word)?;
    let (gap, from) = text.split_at_checked(start)?;
    let len = from.find(|c| !is_word(c)).unwrap_or(from.len());
    let (word, tail) = from.split_at_checked(len)?;
    Some((gap, word, tail))
}

/// Returns the prefix of the key that `word`, or a dotted part of it, is.
fn key_prefix(word: &str) -> Option<&'static str> {
    word.split('.').find_map(|part| {
        PREFIXES
            .iter()
            .find(|(prefix, follow)| {
                part.strip_prefix(prefix)
                    .is_some_and(|rest| rest.len() >= *follow)
            })
            .map(|(prefix, _)| *prefix)
    })
}

/// Returns `true` if a word after `Bearer` is a token rather than prose such as `authentication`.
fn looks_random(word: &str) -> bool {
    word.len() >= 16 || (word.len() >= 8 && word.bytes().any(|b| b.is_ascii_digit()))
}
