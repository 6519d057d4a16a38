//! Nesting depth of a document, determined without parsing it, and detection of integers that the
//! parser would round.
//!
//! For each token, the parser takes time proportional to the depth of the brackets, and it checks
//! the depth only at the end: a text of 200 kB could occupy it for half a minute. So the text is
//! first searched for the positions at which the parser would begin a list or a map. The search
//! follows the parser (libyaml) in everything that determines these positions (quotes, comments,
//! plain and block scalars, keys, indentation), and ignores the rest. Where the parser would stop
//! with an error, the search stops, too, and leaves the error to the parser.

use std::ops::Range;

use super::{MAX_YAML_DEPTH, MAX_YAML_DIRECTIVES, cursor::Cursor, outline::Outline, scalar};
use crate::serial::{FormatError, surrogates};

/// The parser rejects longer keys; in characters.
const MAX_KEY: usize = 1024;

/// Rejects documents that are nested too deep or have too many directives, in linear time. Returns
/// the ranges of double-quoted scalars that may contain surrogates. `outline` receives the lines of
/// the keys.
pub(super) fn check(
    text: &str,
    outline: Option<&mut Outline>,
) -> Result<Vec<Range<usize>>, FormatError> {
    check_depth(text, MAX_YAML_DEPTH, outline)
}

pub(super) fn check_depth(
    text: &str,
    limit: usize,
    outline: Option<&mut Outline>,
) -> Result<Vec<Range<usize>>, FormatError> {
    let mut search = Search {
        quoted: surrogates::may_have_any(text).then(Vec::new),
        outline,
        cursor: Cursor::new(text),
        flow: 0,
        indent: -1,
        outer: Vec::new(),
        key_allowed: true,
        key: None,
        directives: 0,
        tagged: false,
        huge: None,
    };
    loop {
        match search.token() {
            Step::Next => {}
            Step::Over => return Ok(search.quoted.unwrap_or_default()),
            Step::Refused(message) => {
                let Cursor { line, column, .. } = search.cursor;
                return Err(FormatError::at(&message, line + 1, column + 1));
            }
        }
        if search.flow + search.outer.len() > limit {
            let Cursor { line, column, .. } = search.cursor;
            let message = format!("lists and maps are nested more than {limit} levels deep");
            return Err(FormatError::at(&message, line + 1, column));
        }
    }
}

enum Step {
    Next,
    /// The document has ended, or the parser will report an error here.
    Over,
    Refused(String),
}

/// A position in the document, and the state of the parser there.
struct Search<'t, 'o> {
    outline: Option<&'o mut Outline>,
    cursor: Cursor<'t>,
    /// Open brackets.
    flow: usize,
    /// The column of the innermost list or map in block style; -1 outside of all.
    indent: isize,
    /// The columns of the enclosing ones.
    outer: Vec<isize>,
    /// A key may begin here.
    key_allowed: bool,
    /// Position outside of brackets that may turn out to be the beginning of a key.
    key: Option<Key>,
    directives: usize,
    /// The next scalar has a tag.
    tagged: bool,
    /// Line and column of the last token, if it is an integer of more than 128 bits.
    huge: Option<(usize, usize)>,
    /// Byte ranges of double-quoted scalars; `None` if they are not recorded.
    quoted: Option<Vec<Range<usize>>>,
}

/// Position of a possible key.
#[derive(Clone, Copy)]
struct Key {
    index: usize,
    line: usize,
    column: isize,
}

impl Search<'_, '_> {
    /// Skips the next token.
    fn token(&mut self) -> Step {
        self.skip_to_token();
        let cursor = &self.cursor;
        if let Some(key) = self.key
            && (key.line < cursor.line || key.index + MAX_KEY < cursor.index)
        {
            self.key = None;
        }
        self.close_down_to(scalar::column(&self.cursor));
        // As a key it is text.
        if let Some((line, column)) = self.huge.take()
            && !self.cursor.is(b':')
        {
            (self.cursor.line, self.cursor.column) = (line, column);
            return Step::Refused(
                "the integer needs more than 64 bits; put it in quotes to keep it as text".into(),
            );
        }
        let Some(byte) = self.cursor.byte(0) else {
            return Step::Over;
        };
        if self.cursor.column == 0 && byte == b'%' {
            return self.directive();
        }
        if self.cursor.is_document_mark() {
            self.close_down_to(-1);
            self.key = None;
            self.key_allowed = false;
            (0..3).for_each(|_| self.cursor.skip());
            return Step::Next;
        }
        self.sign(byte).map_or(Step::Over, |()| Step::Next)
    }

    /// Skips a token that begins with `byte`; `None` if the parser would report an error.
    fn sign(&mut self, byte: u8) -> Option<()> {
        let blank_follows = self.cursor.is_blank_or_end(1);
        let in_flow = self.flow > 0;
        match byte {
            b'[' | b'{' => {
                self.may_be_key();
                self.tagged = false;
                self.outline(|outline, line| outline.open_flow(byte, line));
                self.flow += 1;
                self.key_allowed = true;
                self.cursor.skip();
            }
            b']' | b'}' => {
                self.no_key();
                self.outline(|outline, _| outline.close_flow());
                self.flow = self.flow.saturating_sub(1);
                self.key_allowed = false;
                self.cursor.skip();
            }
            b',' => {
                self.no_key();
                self.outline(Outline::comma);
                self.key_allowed = true;
                self.cursor.skip();
            }
            b'-' if blank_follows => {
                let column = scalar::column(&self.cursor);
                self.open_here()?;
                self.outline(|outline, line| outline.item(column, line));
                self.key_allowed = true;
                self.cursor.skip();
            }
            b'?' if in_flow || blank_follows => {
                self.open_here()?;
                self.key_allowed = !in_flow;
                self.cursor.skip();
            }
            b':' if in_flow || blank_follows => self.value()?,
            b'*' | b'&' => {
                if byte == b'*' {
                    self.outline(|outline, _| outline.alias());
                }
                self.name()?;
            }
            b'!' => self.tag()?,
            b'|' | b'>' if !in_flow => {
                self.no_key();
                self.key_allowed = true;
                scalar::skip_block(&mut self.cursor, self.indent)?;
            }
            b'\'' | b'"' => self.quoted(byte)?,
            _ => self.plain(byte, blank_follows)?,
        }
        Some(())
    }

    /// Skips a quoted scalar.
    fn quoted(&mut self, quote: u8) -> Option<()> {
        self.may_be_key();
        self.key_allowed = false;
        let (start, line) = (self.cursor.place(), self.cursor.line);
        scalar::skip_quoted(&mut self.cursor, quote)?;
        let written = self.cursor.since(start);
        self.outline(|outline, _| outline.scalar(written, line));
        if let (b'"', Some(quoted)) = (quote, &mut self.quoted) {
            quoted.push(start..self.cursor.place());
        }
        Some(())
    }

    fn plain(&mut self, byte: u8, blank_follows: bool) -> Option<()> {
        let may_begin = match byte {
            b'-' => true,
            b'?' | b':' => self.flow == 0 && !blank_follows,
            b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => false,
            _ => !self.cursor.is_blank_or_end(0),
        };
        if !may_begin {
            return None;
        }
        self.may_be_key();
        let Cursor { line, column, .. } = self.cursor;
        let place = self.cursor.place();
        self.key_allowed = scalar::skip_plain(&mut self.cursor, self.indent, self.flow > 0)?;
        let written = self.cursor.since(place);
        self.outline(|outline, _| outline.scalar(written, line));
        let tagged = std::mem::take(&mut self.tagged);
        if !tagged && is_huge_integer(self.cursor.since(place)) {
            self.huge = Some((line, column));
        }
        Some(())
    }

    /// Skips blanks, comments and line breaks.
    fn skip_to_token(&mut self) {
        loop {
            if self.cursor.column == 0 && self.cursor.is_mark() {
                self.cursor.skip();
            }
            let tabs = self.flow > 0 || !self.key_allowed;
            while self.cursor.is(b' ') || (tabs && self.cursor.is(b'\t')) {
                self.cursor.skip();
            }
            if self.cursor.is(b'#') {
                self.cursor.skip_line();
            }
            if !self.cursor.is_break() {
                return;
            }
            self.cursor.skip_break();
            if self.flow == 0 {
                self.key_allowed = true;
            }
        }
    }

    fn directive(&mut self) -> Step {
        self.directives += 1;
        if self.directives > MAX_YAML_DIRECTIVES {
            return Step::Refused(format!(
                "more than {MAX_YAML_DIRECTIVES} lines are directives"
            ));
        }
        self.close_down_to(-1);
        self.key = None;
        self.key_allowed = false;
        self.cursor.skip_line();
        Step::Next
    }

    /// Begins an entry of a list, or a key after `?`.
    fn open_here(&mut self) -> Option<()> {
        if self.flow == 0 {
            if !self.key_allowed {
                return None;
            }
            self.open_at(scalar::column(&self.cursor));
        }
        self.no_key();
        Some(())
    }

    /// Skips the `:` of a map.
    fn value(&mut self) -> Option<()> {
        if self.flow > 0 {
            self.outline(|outline, _| outline.flow_key());
            self.key_allowed = false;
        } else if let Some(key) = self.key.take() {
            self.outline(|outline, _| outline.block_key(key.column));
            self.open_at(key.column);
            self.key_allowed = false;
        } else {
            if !self.key_allowed {
                return None;
            }
            self.open_at(scalar::column(&self.cursor));
        }
        self.cursor.skip();
        Some(())
    }

    /// Skips an anchor or an alias.
    fn name(&mut self) -> Option<()> {
        self.may_be_key();
        self.key_allowed = false;
        self.cursor.skip();
        let mut len = 0;
        while matches!(
            self.cursor.byte(0),
            Some(b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-')
        ) {
            self.cursor.skip();
            len += 1;
        }
        let ends = self.cursor.is_blank_or_end(0)
            || matches!(
                self.cursor.byte(0),
                Some(b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`')
            );
        (len > 0 && ends).then_some(())
    }

    fn tag(&mut self) -> Option<()> {
        self.may_be_key();
        self.key_allowed = false;
        self.tagged = true;
        let verbatim = self.cursor.byte(1) == Some(b'<');
        let ends =
            |cursor: &Cursor<'_>, flow| cursor.is_blank_or_end(0) || (flow > 0 && cursor.is(b','));
        if verbatim {
            while !self.cursor.is(b'>') {
                if self.cursor.is_blank_or_end(0) {
                    return None;
                }
                self.cursor.skip();
            }
            self.cursor.skip();
            return ends(&self.cursor, self.flow).then_some(());
        }
        while !ends(&self.cursor, self.flow) {
            self.cursor.skip();
        }
        Some(())
    }

    /// Reports something on this line to the outline, if there is one.
    fn outline(&mut self, tell: impl FnOnce(&mut Outline, usize)) {
        if let Some(outline) = &mut self.outline {
            tell(outline, self.cursor.line);
        }
    }

    /// Records that a key may begin here.
    fn may_be_key(&mut self) {
        if self.flow == 0 && self.key_allowed {
            self.key = Some(Key {
                index: self.cursor.index,
                line: self.cursor.line,
                column: scalar::column(&self.cursor),
            });
        }
    }

    fn no_key(&mut self) {
        if self.flow == 0 {
            self.key = None;
        }
    }

    /// Opens a list or a map in block style, unless it is open.
    fn open_at(&mut self, column: isize) {
        if self.indent < column {
            self.outer.push(self.indent);
            self.indent = column;
        }
    }

    fn close_down_to(&mut self, column: isize) {
        if self.flow == 0 {
            while self.indent > column {
                self.indent = self.outer.pop().unwrap_or(-1);
            }
        }
    }
}

/// Returns `true` for the digits of an integer that the parser would read as a float, because it
/// has more than 128 bits.
fn is_huge_integer(scalar: &[u8]) -> bool {
    let scalar = scalar.trim_ascii();
    let digits = match scalar {
        [b'+' | b'-', digits @ ..] => digits,
        digits => digits,
    };
    digits.len() >= 39
        && digits.iter().all(u8::is_ascii_digit)
        && digits.first() != Some(&b'0')
        && str::from_utf8(digits).is_ok_and(|digits| digits.parse::<u128>().is_err())
}
