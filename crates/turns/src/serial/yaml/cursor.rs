//! [`Cursor`]: a position in a text, with YAML's line and column counts.

/// A position in a text.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'t> {
    bytes: &'t [u8],
    at: usize,
    /// Characters since the beginning of the text.
    pub(super) index: usize,
    /// Characters since the beginning of the line.
    pub(super) column: usize,
    /// Lines before this one.
    pub(super) line: usize,
}

impl<'t> Cursor<'t> {
    /// The beginning of a text.
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            bytes: text.as_bytes(),
            at: 0,
            index: 0,
            column: 0,
            line: 0,
        }
    }

    /// Returns the byte `ahead` bytes from here; `None` past the end. NUL is not allowed in YAML
    /// and ends the text as well.
    pub(super) fn byte(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied().filter(|b| *b != 0)
    }

    pub(super) fn is(&self, byte: u8) -> bool {
        self.byte(0) == Some(byte)
    }

    pub(super) fn is_end(&self) -> bool {
        self.byte(0).is_none()
    }

    /// Returns the length in bytes of the line break `ahead` bytes from here; 0 if there is none.
    fn line_break(&self, ahead: usize) -> usize {
        match (self.byte(ahead), self.byte(ahead + 1)) {
            (Some(b'\r'), Some(b'\n')) => 2,
            (Some(b'\r' | b'\n'), _) => 1,
            // U+0085
            (Some(0xc2), Some(0x85)) => 2,
            // U+2028 and U+2029
            (Some(0xe2), Some(0x80)) if matches!(self.byte(ahead + 2), Some(0xa8 | 0xa9)) => 3,
            _ => 0,
        }
    }

    pub(super) fn is_break(&self) -> bool {
        self.line_break(0) > 0
    }

    /// Returns `true` at a space, a tab, a line break or the end.
    pub(super) fn is_blank_or_end(&self, ahead: usize) -> bool {
        matches!(self.byte(ahead), None | Some(b' ' | b'\t')) || self.line_break(ahead) > 0
    }

    /// Returns `true` at a byte order mark.
    pub(super) fn is_mark(&self) -> bool {
        let mark = self.bytes.get(self.at..self.at + 3);
        mark == Some("\u{feff}".as_bytes())
    }

    /// Returns `true` at a space or a tab.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self.byte(0), Some(b' ' | b'\t'))
    }

    /// Returns `true` at a `---` or `...` alone at the beginning of a line.
    pub(super) fn is_document_mark(&self) -> bool {
        let mark = self.bytes.get(self.at..self.at + 3);
        self.column == 0 && matches!(mark, Some(b"---" | b"...")) && self.is_blank_or_end(3)
    }

    /// Advances by one character, which must not be a line break.
    pub(super) fn skip(&mut self) {
        let width = match self.byte(0) {
            None => return,
            Some(0..0x80) => 1,
            Some(0x80..0xe0) => 2,
            Some(0xe0..0xf0) => 3,
            Some(0xf0..) => 4,
        };
        self.at += width;
        self.index += 1;
        self.column += 1;
    }

    /// Advances past the line break, if there is one.
    pub(super) fn skip_break(&mut self) {
        let width = self.line_break(0);
        if width > 0 {
            self.index += if self.is(b'\r') { width } else { 1 };
            self.at += width;
            self.column = 0;
            self.line += 1;
        }
    }

    /// Returns the position in bytes, for [`since`](Self::since).
    pub(super) fn place(&self) -> usize {
        self.at
    }

    /// Returns the text from `place` to here.
    pub(super) fn since(&self, place: usize) -> &'t [u8] {
        self.bytes.get(place..self.at).unwrap_or_default()
    }

    /// Advances to the end of the line.
    pub(super) fn skip_line(&mut self) {
        while !self.is_end() && !self.is_break() {
            self.skip();
        }
    }
}
