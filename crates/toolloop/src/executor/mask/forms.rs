//! Notations of a value in a text.

use std::fmt::Write as _;

/// Minimum length of a line that is searched for by itself, in bytes.
const SHORTEST_LINE: usize = 8;

/// Returns the value and its other notations:
///
/// - in JSON, with only the required escapes, with all non-ASCII characters escaped, and with
///   escaped slashes; also in JSON nested in a JSON string;
/// - formatted with Rust's `{:?}`, and `{:?}` of JSON;
/// - percent-encoded, in upper and lower case, and as a form field (`+` for a space);
/// - in Base64, with the standard and the URL-safe alphabet, encoded by itself (with or without
///   padding). A value inside a longer encoded text is not found.
///
/// For a multi-line value, each line of at least eight bytes is included as well.
pub(super) fn of(value: &str) -> Vec<String> {
    let mut forms = escaped(value);
    let encoded = percent(value, false);
    forms.push(encoded.replace("%20", "+"));
    forms.push(percent(value, true));
    forms.push(encoded);
    forms.push(base64(value, b"+/"));
    forms.push(base64(value, b"-_"));
    let lines = value.split(['\n', '\r']);
    let lines = lines.filter(|line| line.len() >= SHORTEST_LINE && line.len() < value.len());
    for line in lines.collect::<Vec<_>>() {
        forms.extend(escaped(line));
    }
    forms.sort_unstable();
    forms.dedup();
    forms
}

fn escaped(value: &str) -> Vec<String> {
    let json = json(value, false);
    let ascii = json_ascii(&json);
    let debug: String = value.escape_debug().collect();
    let mut forms = vec![value.to_owned()];
    for once in [json, ascii, debug] {
        forms.push(once.replace('/', "\\/"));
        forms.push(self::json(&once, false));
        forms.push(once);
    }
    forms.push(json_upper(value));
    forms
}

/// Returns the contents of a JSON string.
fn json(value: &str, upper: bool) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if (c as u32) < 0x20 || (upper && !c.is_ascii()) => unit_escapes(c, upper, &mut out),
            c => out.push(c),
        }
    }
    out
}

fn json_upper(value: &str) -> String {
    json(value, true)
}

/// Returns JSON with all non-ASCII characters escaped, as Python writes it.
fn json_ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            c if c.is_ascii() => out.push(c),
            c => unit_escapes(c, false, &mut out),
        }
    }
    out
}

/// Appends `\u` escapes of the UTF-16 code units.
fn unit_escapes(c: char, upper: bool, out: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        // Writing to a string cannot fail.
        let _ = match upper {
            true => write!(out, "\\u{unit:04X}"),
            false => write!(out, "\\u{unit:04x}"),
        };
    }
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
fn percent(value: &str, lower: bool) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
            continue;
        }
        let _ = match lower {
            true => write!(out, "%{byte:02x}"),
            false => write!(out, "%{byte:02X}"),
        };
    }
    out
}

/// Encodes as Base64 (RFC 4648) without padding. The last character is omitted if it holds fewer
/// than six bits of the value, because it depends on the following bytes.
fn base64(value: &str, last: &[u8; 2]) -> String {
    let letter = |index: u32| match u8::try_from(index & 63).unwrap_or_default() {
        n @ 0..26 => char::from(b'A' + n),
        n @ 26..52 => char::from(b'a' + n - 26),
        n @ 52..62 => char::from(b'0' + n - 52),
        62 => char::from(last[0]),
        _ => char::from(last[1]),
    };
    let mut out = String::with_capacity(value.len().div_ceil(3) * 4);
    for chunk in value.as_bytes().chunks(3) {
        let bits = chunk
            .iter()
            .fold(0u32, |bits, byte| (bits << 8) | u32::from(*byte));
        match chunk.len() {
            3 => (0..4).for_each(|at| out.push(letter(bits >> (18 - 6 * at)))),
            2 => (0..2).for_each(|at| out.push(letter(bits >> (10 - 6 * at)))),
            _ => out.push(letter(bits >> 2)),
        }
    }
    out
}
