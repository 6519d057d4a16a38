//! [`Lexer`]: the state of the parser between two characters of a JSON document.

use serde_json::Value;

use super::{
    escape::{self, Escape},
    tree::{MAX_DEPTH, Tree},
};
use crate::{partial::PartialError, scanner::split};

#[derive(Debug, Clone, Default)]
pub(super) struct Lexer {
    state: State,
    tree: Tree,
    /// The current token: the new part of a string, or all of a key, number or literal.
    token: String,
    /// The current escape in a string or key.
    escape: String,
    /// `true` if the string being read is already in the tree.
    text_is_put: bool,
    fenced: bool,
    /// Number of bytes read.
    at: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// Before the document, where a code fence may begin.
    #[default]
    Start,
    /// After this many backticks of a code fence.
    Fence(u8),
    /// In the rest of the line that opens a code fence.
    FenceInfo,
    Value,
    /// After `[`.
    FirstItem,
    /// After `{`.
    FirstKey,
    /// After `,` in an object.
    NextKey,
    Key,
    Colon,
    Text,
    /// A number or literal.
    Bare,
    /// After a value in an array or object.
    After,
    /// After the document.
    End,
    /// After the closing code fence.
    Ignored,
}

type Step<'t> = Result<&'t str, PartialError>;

impl Lexer {
    pub(super) fn value(&self) -> Option<&Value> {
        self.tree.root()
    }

    pub(super) fn is_complete(&self) -> bool {
        matches!(self.state, State::End | State::Ignored)
    }

    pub(super) fn push(&mut self, chunk: &str) -> Result<(), PartialError> {
        let mut rest = chunk;
        while !rest.is_empty() {
            let left = match self.state {
                State::Text | State::Key => self.in_quotes(rest),
                State::Bare => self.bare(rest),
                State::Ignored => Ok(""),
                _ => self.structure(rest),
            };
            let read = |left: &str| (rest.len() - left.len()) as u64;
            match left {
                Ok(left) => {
                    self.at += read(left);
                    rest = left;
                }
                Err(error) => {
                    self.show_text();
                    return Err(error);
                }
            }
        }
        self.show_text();
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Value, PartialError> {
        if self.state == State::Bare {
            self.end_bare(self.at)?;
        }
        let whole = self.is_complete();
        match self.tree.into_root() {
            Some(value) if whole => Ok(value),
            _ => Err(PartialError::json("the document is not whole", self.at)),
        }
    }

    /// Reads one character between tokens.
    fn structure<'t>(&mut self, text: &'t str) -> Step<'t> {
        let mut chars = text.chars();
        let Some(c) = chars.next() else {
            return Ok(text);
        };
        let rest = chars.as_str();
        let fence = matches!(self.state, State::Fence(_) | State::FenceInfo);
        if !fence && matches!(c, ' ' | '\t' | '\n' | '\r') {
            return Ok(rest);
        }
        match (self.state, c) {
            (State::Start, '`') => self.state = State::Fence(1),
            (State::Fence(1), '`') => self.state = State::Fence(2),
            (State::Fence(2), '`') => {
                self.fenced = true;
                self.state = State::FenceInfo;
            }
            (State::FenceInfo, '\n') => self.state = State::Value,
            (State::FenceInfo, '{' | '[') => {
                self.state = State::Value;
                return Ok(text);
            }
            (State::FenceInfo, _) => {}
            (State::End, '`') if self.fenced => self.state = State::Ignored,
            (State::Start | State::Value | State::FirstItem, _) if c != ']' => {
                return self.start_value(c, text, rest);
            }
            (State::FirstItem | State::After, ']') if self.tree.in_object() == Some(false) => {
                self.close();
            }
            (State::FirstKey | State::After, '}') if self.tree.in_object() == Some(true) => {
                self.close();
            }
            (State::FirstKey | State::NextKey, '"') => self.state = State::Key,
            (State::Colon, ':') => self.state = State::Value,
            (State::After, ',') => {
                self.state = if self.tree.in_object() == Some(true) {
                    State::NextKey
                } else {
                    State::Value
                };
            }
            _ => return Err(self.unexpected(c)),
        }
        Ok(rest)
    }

    fn start_value<'t>(&mut self, c: char, text: &'t str, rest: &'t str) -> Step<'t> {
        match c {
            '"' => {
                self.state = State::Text;
                self.text_is_put = false;
            }
            '[' | '{' if self.tree.depth() >= MAX_DEPTH => {
                let message = format!("nested deeper than {MAX_DEPTH} levels");
                return Err(PartialError::json(message, self.at));
            }
            '[' => {
                self.tree.open_array();
                self.state = State::FirstItem;
            }
            '{' => {
                self.tree.open_object();
                self.state = State::FirstKey;
            }
            '-' | '0'..='9' | 't' | 'f' | 'n' => {
                self.state = State::Bare;
                return Ok(text);
            }
            _ => return Err(self.unexpected(c)),
        }
        Ok(rest)
    }

    /// Continues in a string or key: up to the next escape, one character of an escape, or the end.
    fn in_quotes<'t>(&mut self, text: &'t str) -> Step<'t> {
        if !self.escape.is_empty() {
            return self.in_escape(text);
        }
        let end = text
            .bytes()
            .position(|byte| byte == b'"' || byte == b'\\' || byte < 0x20);
        let (run, rest) = split(text, end.unwrap_or(text.len()));
        self.token.push_str(run);
        let mut chars = rest.chars();
        match chars.next() {
            None => {}
            Some('"') => self.end_quotes(),
            Some('\\') => self.escape.push('\\'),
            Some(_) => {
                let at = self.at + run.len() as u64;
                let message = "a control character in a text must be escaped";
                return Err(PartialError::json(message, at));
            }
        }
        Ok(chars.as_str())
    }

    fn in_escape<'t>(&mut self, text: &'t str) -> Step<'t> {
        let mut chars = text.chars();
        self.escape.extend(chars.next());
        match escape::read(&self.escape) {
            Escape::Partial => {}
            Escape::Char(c) => {
                self.token.push(c);
                self.escape.clear();
            }
            Escape::Invalid => {
                return Err(PartialError::json("not an escape", self.at));
            }
        }
        Ok(chars.as_str())
    }

    fn end_quotes(&mut self) {
        if self.state == State::Key {
            self.tree.set_key(std::mem::take(&mut self.token));
            self.state = State::Colon;
        } else {
            self.put_text();
            self.after_value();
        }
    }

    /// Adds the text read so far to the open string.
    fn show_text(&mut self) {
        if self.state == State::Text {
            self.put_text();
        }
    }

    fn put_text(&mut self) {
        if self.text_is_put {
            self.tree.grow_text(&self.token);
            self.token.clear();
        } else {
            self.tree
                .put(Value::String(std::mem::take(&mut self.token)));
            self.text_is_put = true;
        }
    }

    fn bare<'t>(&mut self, text: &'t str) -> Step<'t> {
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c));
        let (run, rest) = split(text, end.unwrap_or(text.len()));
        self.token.push_str(run);
        if !rest.is_empty() {
            self.end_bare(self.at + run.len() as u64)?;
        }
        Ok(rest)
    }

    /// Reads the number or literal that ends before byte `end`.
    fn end_bare(&mut self, end: u64) -> Result<(), PartialError> {
        let value = serde_json::from_str(&self.token).map_err(|_| {
            let at = end - self.token.len() as u64;
            PartialError::json("not a number, true, false or null", at)
        })?;
        self.token.clear();
        self.tree.put(value);
        self.after_value();
        Ok(())
    }

    fn close(&mut self) {
        self.tree.close();
        self.after_value();
    }

    fn after_value(&mut self) {
        self.state = match self.tree.in_object() {
            Some(_) => State::After,
            None => State::End,
        };
    }

    fn unexpected(&self, found: char) -> PartialError {
        let expected = match self.state {
            State::Fence(_) => "a code fence of three backticks",
            State::FirstKey => "`}` or a key in quotes",
            State::NextKey => "a key in quotes",
            State::Colon => "`:`",
            State::After if self.tree.in_object() == Some(true) => "`,` or `}`",
            State::After => "`,` or `]`",
            State::End | State::Ignored => "the end of the document",
            _ => "a value",
        };
        let found = found.escape_debug();
        PartialError::json(format!("expected {expected}, found `{found}`"), self.at)
    }
}
