//! Escapes in JSON strings, decoded one character at a time.

/// Value of an escape sequence, complete or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    Partial,
    Char(char),
    Invalid,
}

/// Decodes an escape that starts with a backslash.
pub(super) fn read(escape: &str) -> Escape {
    let mut chars = escape.chars();
    chars.next();
    let plain = match chars.next() {
        None => return Escape::Partial,
        Some('u') => return unicode(chars.as_str()),
        Some(c @ ('"' | '\\' | '/')) => c,
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some(_) => return Escape::Invalid,
    };
    Escape::Char(plain)
}

/// Decodes the part after `\u`: four digits and, if they are the first half of a pair, `\u` and
/// four more.
fn unicode(text: &str) -> Escape {
    let (first, rest) = match hex(text) {
        Ok(found) => found,
        Err(escape) => return escape,
    };
    if let Some(c) = char::from_u32(first) {
        return if rest.is_empty() {
            Escape::Char(c)
        } else {
            Escape::Invalid
        };
    }
    if first >= 0xDC00 {
        return Escape::Invalid;
    }
    let Some(second) = rest.strip_prefix("\\u") else {
        return if "\\u".starts_with(rest) {
            Escape::Partial
        } else {
            Escape::Invalid
        };
    };
    match hex(second) {
        Ok((second @ 0xDC00..=0xDFFF, "")) => {
            let joined = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            char::from_u32(joined).map_or(Escape::Invalid, Escape::Char)
        }
        Ok(_) => Escape::Invalid,
        Err(escape) => escape,
    }
}

/// Decodes four hexadecimal digits and returns the rest.
fn hex(text: &str) -> Result<(u32, &str), Escape> {
    let digits = text.chars().take(4).take_while(char::is_ascii_hexdigit);
    let len = digits.count();
    match text.split_at_checked(4) {
        Some((digits, rest)) if len == 4 => u32::from_str_radix(digits, 16)
            .map(|number| (number, rest))
            .map_err(|_| Escape::Invalid),
        _ if len == text.len() => Err(Escape::Partial),
        _ => Err(Escape::Invalid),
    }
}
