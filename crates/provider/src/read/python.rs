//! Arguments that a model wrote as a Python dictionary instead of JSON: `{'city': 'Paris', 'full': True,}`.
//!
//! Reports: <https://github.com/agno-agi/agno/issues/10231>,
//! <https://github.com/wanxingai/LightAgent/pull/31>.

use std::str::Chars;

use serde_json::Number;

#[cfg(test)]
mod tests;

/// Maximum nesting of values.
const DEEPEST: usize = 64;

/// Returns the JSON object that a Python dictionary means; `None` if the text is anything else. Commas at the
/// end of objects and lists are accepted.
pub(super) fn object(text: &str) -> Option<String> {
    let mut reader = Reader {
        rest: text.trim(),
        json: String::with_capacity(text.len()),
    };
    reader.rest.starts_with('{').then_some(())?;
    reader.value(0)?;
    reader.rest.trim().is_empty().then_some(reader.json)
}

struct Reader<'t> {
    rest: &'t str,
    json: String,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Option<()> {
        self.rest = self.rest.trim_start();
        match self.rest.chars().next()? {
            '{' if depth < DEEPEST => self.items(('{', '}'), |own| {
                own.string()?;
                own.take(':')?;
                own.json.push(':');
                own.value(depth + 1)
            }),
            '[' if depth < DEEPEST => self.items(('[', ']'), |own| own.value(depth + 1)),
            '\'' | '"' => self.string(),
            _ => self.word(),
        }
    }

    /// Reads items between brackets.
    fn items(
        &mut self,
        (open, close): (char, char),
        mut item: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.take(open)?;
        self.json.push(open);
        let mut is_first = true;
        while self.take(close).is_none() {
            if !is_first {
                self.json.push(',');
            }
            is_first = false;
            item(self)?;
            if self.take(',').is_none() {
                self.take(close)?;
                break;
            }
        }
        self.json.push(close);
        Some(())
    }

    /// Reads a character after white space.
    fn take(&mut self, expected: char) -> Option<()> {
        self.rest = self.rest.trim_start().strip_prefix(expected)?;
        Some(())
    }

    /// Reads a string in either kind of quotes.
    fn string(&mut self) -> Option<()> {
        let mut chars = self.rest.trim_start().chars();
        let quote = chars.next().filter(|own| matches!(own, '\'' | '"'))?;
        let mut text = String::new();
        loop {
            match chars.next()? {
                '\\' => escaped(&mut chars, &mut text)?,
                own if own == quote => break,
                own => text.push(own),
            }
        }
        self.rest = chars.as_str();
        self.json.push_str(&serde_json::to_string(&text).ok()?);
        Some(())
    }

    /// Reads a constant or a number.
    fn word(&mut self) -> Option<()> {
        let ends = |c: char| c.is_whitespace() || matches!(c, ',' | ']' | '}');
        let (word, rest) = self.rest.split_at(self.rest.find(ends)?);
        let word = match word {
            "True" | "true" => "true",
            "False" | "false" => "false",
            "None" | "null" => "null",
            number => {
                serde_json::from_str::<Number>(number).ok()?;
                number
            }
        };
        self.json.push_str(word);
        self.rest = rest;
        Some(())
    }
}

/// Reads the part of an escape after its backslash. A backslash before any other character stands for itself.
fn escaped(chars: &mut Chars<'_>, text: &mut String) -> Option<()> {
    let code = |chars: &mut Chars<'_>, digits: usize| {
        let hex = chars.as_str().get(..digits)?;
        *chars = chars.as_str().get(digits..)?.chars();
        char::from_u32(u32::from_str_radix(hex, 16).ok()?)
    };
    let own = match chars.next()? {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'x' => code(chars, 2)?,
        'u' => code(chars, 4)?,
        own @ ('\\' | '\'' | '"' | '/') => own,
        other => {
            text.push('\\');
            other
        }
    };
    text.push(own);
    Some(())
}
