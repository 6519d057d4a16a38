//! The ends of scalars. `None` if the parser would stop with an error.

use super::cursor::Cursor;

/// Skips a quoted scalar.
pub(super) fn skip_quoted(cursor: &mut Cursor<'_>, quote: u8) -> Option<()> {
    cursor.skip();
    loop {
        if cursor.is_document_mark() {
            return None;
        }
        match cursor.byte(0)? {
            byte if byte == quote => {
                cursor.skip();
                if quote == b'"' || !cursor.is(b'\'') {
                    return Some(());
                }
                cursor.skip();
            }
            b'\\' if quote == b'"' => {
                cursor.skip();
                step(cursor);
            }
            _ => step(cursor),
        }
    }
}

/// Advances by one character, which may be a line break.
fn step(cursor: &mut Cursor<'_>) {
    if cursor.is_break() {
        cursor.skip_break();
    } else {
        cursor.skip();
    }
}

/// Skips a plain scalar within an indentation (`-1` outside of all); returns `true` if line breaks
/// follow it.
pub(super) fn skip_plain(cursor: &mut Cursor<'_>, indent: isize, in_flow: bool) -> Option<bool> {
    let mut broken = false;
    loop {
        if cursor.is_document_mark() || cursor.is(b'#') {
            return Some(broken);
        }
        while !cursor.is_blank_or_end(0) {
            match cursor.byte(0)? {
                b':' if in_flow && is_flow_sign(cursor.byte(1)) => return None,
                b':' if cursor.is_blank_or_end(1) => break,
                b',' | b'[' | b']' | b'{' | b'}' if in_flow => break,
                _ => cursor.skip(),
            }
            broken = false;
        }
        if !cursor.is_blank() && !cursor.is_break() {
            return Some(broken);
        }
        while cursor.is_blank() || cursor.is_break() {
            if cursor.is_break() {
                broken = true;
            } else if broken && cursor.is(b'\t') && column(cursor) <= indent {
                return None;
            }
            step(cursor);
        }
        if !in_flow && column(cursor) <= indent {
            return Some(broken);
        }
    }
}

fn is_flow_sign(byte: Option<u8>) -> bool {
    matches!(byte, Some(b',' | b'?' | b'[' | b']' | b'{' | b'}'))
}

pub(super) fn column(cursor: &Cursor<'_>) -> isize {
    isize::try_from(cursor.column).unwrap_or(isize::MAX)
}

/// Skips a `|` or `>` scalar within an indentation (`-1` outside of all).
pub(super) fn skip_block(cursor: &mut Cursor<'_>, indent: isize) -> Option<()> {
    cursor.skip();
    let mut given = 0;
    for _ in 0..2 {
        match cursor.byte(0) {
            Some(b'+' | b'-') => cursor.skip(),
            Some(digit @ b'1'..=b'9') if given == 0 => {
                given = isize::from(digit - b'0');
                cursor.skip();
            }
            _ => break,
        }
    }
    while cursor.is_blank() {
        cursor.skip();
    }
    if cursor.is(b'#') {
        cursor.skip_line();
    }
    if !cursor.is_end() && !cursor.is_break() {
        return None;
    }
    cursor.skip_break();
    let known = (given > 0).then_some(indent.max(0) + given);
    let within = skip_breaks(cursor, known, indent)?;
    while column(cursor) == within && !cursor.is_end() {
        cursor.skip_line();
        cursor.skip_break();
        skip_breaks(cursor, Some(within), indent)?;
    }
    Some(())
}

/// Advances to the next line of a block scalar that is not blank; returns the indentation of the
/// text.
fn skip_breaks(cursor: &mut Cursor<'_>, known: Option<isize>, indent: isize) -> Option<isize> {
    let mut deepest = 0;
    loop {
        let outside = |cursor: &Cursor<'_>| known.is_none_or(|known| column(cursor) < known);
        while outside(cursor) && cursor.is(b' ') {
            cursor.skip();
        }
        deepest = deepest.max(column(cursor));
        if outside(cursor) && cursor.is(b'\t') {
            return None;
        }
        if !cursor.is_break() {
            break;
        }
        cursor.skip_break();
    }
    Some(known.unwrap_or_else(|| deepest.max(indent + 1).max(1)))
}
