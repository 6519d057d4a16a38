//! Ids of tool calls in the form that a server accepts.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

#[cfg(test)]
mod tests;

/// Form of tool call ids that a server accepts. Other ids are translated in requests,
/// deterministically; the turn keeps the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum CallIdForm {
    /// Any text.
    #[default]
    Any,
    /// At most this many letters, digits, `_` and `-`.
    Plain(usize),
    /// Exactly this many letters and digits.
    Exactly(usize),
}

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl CallIdForm {
    fn fits(self, id: &str) -> bool {
        let letters = id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        match self {
            Self::Any => true,
            Self::Plain(longest) => id.len() <= longest && id.bytes().all(plain),
            Self::Exactly(length) => id.len() == length && letters,
        }
    }

    /// Returns a valid id, derived from all of `id` and the number of the attempt.
    fn translate(self, id: &str, attempt: u32) -> String {
        let length = match self {
            Self::Any => return format!("{id}_{}", attempt.saturating_add(2)),
            Self::Plain(longest) => longest.min(20),
            Self::Exactly(length) => length,
        };
        // FNV-1a, twice: the same on every platform and in every version.
        let hash = |seed: u64| {
            // A single byte as long as that suffices, so that ids stay the same as in earlier
            // versions.
            let [first, rest @ ..] = attempt.to_le_bytes();
            let rest = rest.into_iter().filter(|byte| *byte != 0);
            let bytes = id.bytes().chain([first]).chain(rest);
            bytes.fold(0xcbf2_9ce4_8422_2325_u64 ^ seed, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            })
        };
        let mut rest = (u128::from(hash(0)) << 64) | u128::from(hash(0x9e37_79b9_7f4a_7c15));
        let digits = (0..length).map(|_| {
            let digit = usize::try_from(rest % 62).unwrap_or_default();
            rest /= 62;
            char::from(DIGITS.get(digit).copied().unwrap_or(b'0'))
        });
        digits.collect()
    }
}

/// Ids of one request.
///
/// Some servers number calls anew in each reply, so that several calls of a history have the same
/// id (<https://github.com/oguzbilgic/kern-ai/issues/412>), which Gemini and others reject. The ids
/// in a request are distinct, and depend only on the preceding calls.
#[derive(Debug)]
pub struct CallIds<'a> {
    form: CallIdForm,
    /// The last id sent for an id, and the number of attempts at a distinct one.
    last: HashMap<&'a str, (Cow<'a, str>, u32)>,
    taken: HashSet<Cow<'a, str>>,
}

/// Maximum number of attempts at a distinct id for one call. Reached only by id formats that are
/// too short for the number of calls.
const MOST_ATTEMPTS: u32 = 255;

impl<'a> CallIds<'a> {
    /// Creates the ids of a request to a server that accepts this form.
    #[must_use]
    pub fn new(form: CallIdForm) -> Self {
        Self {
            form,
            last: HashMap::new(),
            taken: HashSet::new(),
        }
    }

    /// Returns the id to send for the next call: unchanged if the server accepts it and no preceding
    /// call has it.
    pub fn call(&mut self, id: &'a str) -> Cow<'a, str> {
        let mut attempt = self.last.get(id).map_or(0, |(_, attempts)| *attempts);
        let limit = attempt.saturating_add(MOST_ATTEMPTS);
        let mut sent = Cow::Borrowed(id);
        while !self.form.fits(&sent) || self.taken.contains(&sent) {
            sent = Cow::Owned(self.form.translate(id, attempt));
            attempt += 1;
            if attempt >= limit {
                break;
            }
        }
        self.taken.insert(sent.clone());
        self.last.insert(id, (sent.clone(), attempt));
        sent
    }

    /// Returns the id to send for the answer to the last call with this id.
    pub fn answer(&mut self, id: &'a str) -> Cow<'a, str> {
        match self.last.get(id) {
            Some((sent, _)) => sent.clone(),
            // The call is not part of the request.
            None => self.call(id),
        }
    }
}
