//! [`ObjectEnd`]: the end of the JSON object at the beginning of a text.

use serde::de::IgnoredAny;

#[cfg(test)]
mod tests;

/// Finds the end of the object at the beginning of a growing text. Each byte is examined once.
#[derive(Debug, Default)]
pub(crate) struct ObjectEnd {
    state: State,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Only white space so far.
    #[default]
    Before,
    Inside {
        depth: usize,
        in_string: bool,
        escaped: bool,
    },
    /// The object is over, or the text starts with something else.
    Over,
}

impl ObjectEnd {
    /// Reads the next piece; returns the position in it right after the object.
    pub(crate) fn read(&mut self, piece: &str) -> Option<usize> {
        for (at, byte) in piece.bytes().enumerate() {
            let before = self.state;
            self.state = match (self.state, byte) {
                (State::Over, _) => return None,
                (State::Before, byte) if byte.is_ascii_whitespace() => State::Before,
                (State::Before, b'{') => State::Inside {
                    depth: 1,
                    in_string: false,
                    escaped: false,
                },
                (State::Before, _) => State::Over,
                (
                    State::Inside {
                        depth,
                        in_string,
                        escaped,
                    },
                    byte,
                ) => Self::inside(depth, in_string, escaped, byte),
            };
            if self.state == State::Over {
                return (before != State::Before).then_some(at + 1);
            }
        }
        None
    }

    fn inside(depth: usize, in_string: bool, escaped: bool, byte: u8) -> State {
        let next = |depth, in_string, escaped| State::Inside {
            depth,
            in_string,
            escaped,
        };
        match (in_string, byte) {
            (true, _) if escaped => next(depth, true, false),
            (true, b'\\') => next(depth, true, true),
            (in_string, b'"') => next(depth, !in_string, false),
            (false, b'{' | b'[') => next(depth + 1, false, false),
            (false, b'}' | b']') if depth == 1 => State::Over,
            (false, b'}' | b']') => next(depth - 1, false, false),
            (in_string, _) => next(depth, in_string, false),
        }
    }
}

/// Returns `true` if a text is one complete JSON object, even with numbers and surrogates that a
/// parser of values cannot represent.
pub(crate) fn is_object(text: &str) -> bool {
    let text = text.trim();
    text.starts_with('{') && serde_json::from_str::<IgnoredAny>(text).is_ok()
}
