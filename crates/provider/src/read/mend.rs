//! Repair of JSON that a strict parser rejects although it can be understood.
//!
//! Servers slice UTF-16 text between the halves of a surrogate pair, print `NaN` and `Infinity`
//! like Python's `json.dumps`, or forget to escape control characters. Rejecting such an event
//! loses an entire reply, and treating the field as absent loses the model's text. So the text is
//! repaired before it is parsed: unreadable parts are replaced, and the rest is unchanged.
//!
//! Surrogates: <https://www.rfc-editor.org/rfc/rfc8259#section-8.2>.

use memchr::memchr;
use serde_json::Value;

use super::halves;

#[cfg(test)]
mod tests;

/// JSON that a strict parser accepts, repaired from JSON that it rejects.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mended {
    /// The repaired JSON.
    pub(crate) text: String,
    /// Number of replacements, not counting halves that are left to be joined.
    pub(crate) replaced: u64,
}

/// Repairs `json` if it contains a lone half of a surrogate pair, which parsers of raw values
/// detect only later. Halves at the ends of strings at the `joined` paths are left to
/// [`Half`](super::halves::Half). A path has the keys from the root, without lists, joined by dots.
pub(crate) fn halved(json: &str, joined: &'static [&'static str]) -> Option<Mended> {
    has_half(json).then(|| mend(json, joined)).flatten()
}

/// Repairs `json`; `None` if there is nothing to repair. Other syntax errors remain.
pub(crate) fn mend(json: &str, joined: &'static [&'static str]) -> Option<Mended> {
    let mut mender = Mender {
        json,
        out: String::new(),
        copied: 0,
        containers: Vec::new(),
        key: "",
        joined,
        replaced: 0,
        changed: false,
    };
    mender.run();
    mender.changed.then(|| {
        let rest = json.get(mender.copied..).unwrap_or_default();
        mender.out.push_str(rest);
        Mended {
            text: mender.out,
            replaced: mender.replaced,
        }
    })
}

/// Parses a raw value that is passed through, with unreadable parts replaced. `None` if it is
/// nested too deep.
#[must_use]
pub fn raw_value(json: &str) -> Option<Value> {
    let read = serde_json::from_str(json);
    read.ok()
        .or_else(|| serde_json::from_str(&mend(json, &[])?.text).ok())
}

/// Returns `true` if a string in `json` contains a lone half of a surrogate pair. Costs a search
/// for backslashes.
fn has_half(json: &str) -> bool {
    let bytes = json.as_bytes();
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr(b'\\', rest)) {
        at += found;
        at += match unit(bytes, at) {
            Some(high) if is_high(high) => match unit(bytes, at + 6) {
                Some(low) if is_low(low) => 12,
                _ => return true,
            },
            Some(low) if is_low(low) => return true,
            _ => 2,
        };
    }
    false
}

/// Returns the UTF-16 unit of the escape `\uXXXX` at `at`.
fn unit(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    let digits = std::str::from_utf8(digits).ok()?;
    u16::from_str_radix(digits, 16)
        .ok()
        .filter(|_| !digits.starts_with('+'))
}

fn is_high(unit: u16) -> bool {
    (0xd800..0xdc00).contains(&unit)
}

fn is_low(unit: u16) -> bool {
    (0xdc00..0xe000).contains(&unit)
}

struct Mender<'t> {
    json: &'t str,
    out: String,
    /// Number of bytes of `json` already in `out`.
    copied: usize,
    /// Open objects and lists: `true` for an object, and the key under which it occurs.
    containers: Vec<(bool, &'t str)>,
    /// The last key.
    key: &'t str,
    joined: &'static [&'static str],
    replaced: u64,
    changed: bool,
}

impl<'t> Mender<'t> {
    fn run(&mut self) {
        let bytes = self.json.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            at = match byte {
                b'"' => self.string(at),
                b'{' | b'[' => {
                    self.containers.push((*byte == b'{', self.key));
                    at + 1
                }
                b'}' | b']' => {
                    self.key = self.containers.pop().map_or("", |(_, key)| key);
                    at + 1
                }
                b'-' | b'0'..=b'9' | b'N' | b'I' => self.number(at),
                _ => at + 1,
            };
        }
    }

    /// Repairs a number that no parser can represent, and number names that JSON does not have:
    /// they become null.
    fn number(&mut self, from: usize) -> usize {
        let rest = self.json.get(from..).unwrap_or_default();
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.');
        let len = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let token = rest.get(..len).unwrap_or_default();
        let is_odd = matches!(token, "NaN" | "Infinity" | "-Infinity" | "-NaN")
            || (token.len() > 3 && token.parse().is_ok_and(f64::is_infinite));
        if is_odd {
            self.replace(from, from + len, "null");
            self.replaced += 1;
        }
        from + len.max(1)
    }

    /// Repairs a string; returns its end.
    fn string(&mut self, from: usize) -> usize {
        let bytes = self.json.as_bytes();
        let joins = self.joins();
        let mut at = from + 1;
        while let Some(byte) = bytes.get(at) {
            at = match byte {
                b'"' => break,
                b'\\' => self.escape(at, joins, at == from + 1),
                0..=0x1f => {
                    self.replace(at, at + 1, &format!("\\u{byte:04x}"));
                    at + 1
                }
                _ => at + 1,
            };
        }
        let is_key = bytes
            .get(at + 1..)
            .and_then(|rest| rest.iter().find(|byte| !byte.is_ascii_whitespace()))
            .is_some_and(|byte| *byte == b':');
        if is_key {
            self.key = self.json.get(from + 1..at).unwrap_or_default();
        }
        at + 1
    }

    fn escape(&mut self, at: usize, joins: bool, is_first: bool) -> usize {
        let bytes = self.json.as_bytes();
        match (unit(bytes, at), unit(bytes, at + 6)) {
            (Some(high), Some(low)) if is_high(high) && is_low(low) => return at + 12,
            (Some(half), _) if is_high(half) || is_low(half) => {
                let is_last = bytes.get(at + 6) == Some(&b'"');
                if joins && is_high(half) && is_last {
                    self.replace(at, at + 6, &halves::trailing(half));
                } else if joins && is_low(half) && is_first {
                    self.replace(at, at + 6, &halves::leading(half));
                } else {
                    self.replace(at, at + 6, "\u{fffd}");
                    self.replaced += 1;
                }
                return at + 6;
            }
            _ => {}
        }
        match bytes.get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u') => at + 2,
            // Not an escape of JSON: the backslash is meant literally.
            _ => {
                self.replace(at, at + 1, "\\\\");
                at + 1
            }
        }
    }

    /// Returns `true` if halves at the ends of the string at the current path are joined with those
    /// of the next one.
    fn joins(&self) -> bool {
        if self.joined.is_empty() {
            return false;
        }
        let objects = self.containers.iter().filter(|(is_object, _)| *is_object);
        let keys = objects.map(|(_, key)| *key).chain([self.key]);
        let path: Vec<&str> = keys.filter(|key| !key.is_empty()).collect();
        self.joined.contains(&path.join(".").as_str())
    }

    fn replace(&mut self, from: usize, to: usize, with: &str) {
        let before = self.json.get(self.copied..from).unwrap_or_default();
        self.out.push_str(before);
        self.out.push_str(with);
        self.copied = to;
        self.changed = true;
    }
}
