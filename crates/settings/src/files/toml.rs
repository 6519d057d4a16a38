//! TOML files.

use serde_json::{Number, Value as Json};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Node, Shape, yaml::Wrong};

pub(super) fn read(text: &str) -> Result<Node, Wrong> {
    let lines = Lines::of(text);
    match DeTable::parse(text) {
        Ok(table) => Ok(map(table.get_ref(), &lines, None)),
        // The error's own text shows the line, which may contain a key; its message does not.
        Err(error) => Err(Wrong {
            line: error.span().map(|span| lines.at(span.start)),
            message: format!("not valid TOML: {}", error.message()),
        }),
    }
}

fn map(table: &DeTable<'_>, lines: &Lines, line: Option<usize>) -> Node {
    let entries = table.iter().map(|(key, value)| {
        let line = lines.at(key.span().start);
        (key.get_ref().to_string(), node(value, lines, line))
    });
    Node {
        line,
        shape: Shape::Map(entries.collect()),
    }
}

fn node(value: &Spanned<DeValue<'_>>, lines: &Lines, line: usize) -> Node {
    let shape = match value.get_ref() {
        DeValue::Table(table) => return map(table, lines, Some(line)),
        DeValue::Array(items) => {
            let items = items.iter();
            Shape::List(
                items
                    .map(|item| node(item, lines, lines.at(item.span().start)))
                    .collect(),
            )
        }
        DeValue::String(text) => Shape::Scalar(text.to_string().into()),
        DeValue::Boolean(flag) => Shape::Scalar((*flag).into()),
        DeValue::Integer(number) => {
            let parsed = i64::from_str_radix(number.as_str(), number.radix());
            Shape::Scalar(parsed.map_or_else(|_| number.as_str().into(), Json::from))
        }
        // No setting allows infinity or NaN; as text, they are rejected by name.
        DeValue::Float(number) => {
            let parsed = number.as_str().parse().ok().and_then(Number::from_f64);
            Shape::Scalar(parsed.map_or_else(|| number.as_str().into(), Json::Number))
        }
        DeValue::Datetime(time) => Shape::Scalar(time.to_string().into()),
    };
    Node {
        line: Some(line),
        shape,
    }
}

/// Line numbers by byte position.
struct Lines {
    /// The first byte of each line.
    starts: Vec<usize>,
}

impl Lines {
    fn of(text: &str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            starts: std::iter::once(0).chain(breaks).collect(),
        }
    }

    /// Returns the line of a byte, starting at 1.
    fn at(&self, byte: usize) -> usize {
        self.starts.partition_point(|start| *start <= byte)
    }
}
