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
    fn translate(self, id: &str, attempt: u8) -> String {
        let length = match self {
            Self::Any => return id.to_owned(),
            Self::Plain(longest) => longest.min(20),
            Self::Exactly(length) => length,
        };
        // FNV-1a, twice: the same on every platform and in every version.
        let hash = |seed: u64| {
            let bytes = id.bytes().chain([attempt]);
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
#[derive(Debug)]
pub struct CallIds<'a> {
    form: CallIdForm,
    sent: HashMap<&'a str, Cow<'a, str>>,
    taken: HashSet<Cow<'a, str>>,
}

impl<'a> CallIds<'a> {
    /// Creates the ids of a request to a server that accepts this form.
    #[must_use]
    pub fn new(form: CallIdForm) -> Self {
        Self {
            form,
            sent: HashMap::new(),
            taken: HashSet::new(),
        }
    }

    /// Returns the id to send: the same for the same id, and distinct for distinct ids.
    pub fn sent(&mut self, id: &'a str) -> Cow<'a, str> {
        if self.form == CallIdForm::Any {
            return Cow::Borrowed(id);
        }
        if let Some(known) = self.sent.get(id) {
            return known.clone();
        }
        let mut sent = Cow::Borrowed(id);
        let mut attempt = 0;
        while !self.form.fits(&sent) || self.taken.contains(&sent) {
            sent = Cow::Owned(self.form.translate(id, attempt));
            attempt += 1;
            if attempt == u8::MAX {
                break;
            }
        }
        self.taken.insert(sent.clone());
        self.sent.insert(id, sent.clone());
        sent
    }
}
