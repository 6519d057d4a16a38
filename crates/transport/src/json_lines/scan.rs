//! [`Scan`]: detection of the end of a value.

/// Finds the end of each value. Each byte is inspected once, for any chunk boundaries.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scan {
    /// Between two values.
    #[default]
    Between,
    Object {
        depth: usize,
        in_string: bool,
        escaped: bool,
    },
    /// Any value other than an object; ends with its line.
    Line,
}

impl Scan {
    pub(super) fn is_in_object(self) -> bool {
        matches!(self, Self::Object { .. })
    }

    /// Returns the number of bytes before the next value.
    pub(super) fn blanks(self, bytes: &[u8]) -> usize {
        if self != Self::Between {
            return 0;
        }
        let is_blank = |byte: &u8| byte.is_ascii_whitespace();
        (bytes.iter().position(|byte| !is_blank(byte))).unwrap_or(bytes.len())
    }

    /// Continues in a value; returns how many bytes belong to it, and whether it is complete.
    pub(super) fn value(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (at, byte) in bytes.iter().enumerate() {
            *self = self.step(*byte);
            if *self == Self::Between {
                return (at + 1, true);
            }
        }
        (bytes.len(), false)
    }

    fn step(self, byte: u8) -> Self {
        match self {
            Self::Between if byte == b'{' => object(1, false, false),
            Self::Between => Self::Line,
            Self::Line if byte == b'\n' => Self::Between,
            Self::Line => Self::Line,
            Self::Object {
                depth,
                in_string,
                escaped,
            } => match byte {
                _ if escaped => object(depth, true, false),
                b'\\' if in_string => object(depth, true, true),
                b'"' => object(depth, !in_string, false),
                b'{' if !in_string => object(depth + 1, false, false),
                b'}' if !in_string && depth == 1 => Self::Between,
                b'}' if !in_string => object(depth - 1, false, false),
                _ => self,
            },
        }
    }
}

fn object(depth: usize, in_string: bool, escaped: bool) -> Scan {
    Scan::Object {
        depth,
        in_string,
        escaped,
    }
}
