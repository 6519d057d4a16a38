//! Newline-delimited JSON.
//!
//! - If each line of a text is blank or an object, the values are these objects.
//! - The values do not depend on how the bytes are split, even with a limit on their size.

use std::num::NonZeroUsize;

use bytes::Bytes;
use geppetto_transport::{Body, JsonLines, TransportErrorKind};
use serde_json::Value;

use crate::{chunks, replay::block_on};

/// The outcome of a body: its values with the mark of a cut one, and how it ended.
#[derive(Debug, PartialEq)]
struct Seen {
    values: Vec<(String, bool)>,
    end: Result<u64, TransportErrorKind>,
}

/// A limit that the inputs of a fuzzer reach.
const LIMIT: NonZeroUsize = NonZeroUsize::new(32).unwrap();

/// Checks one input.
pub fn check(data: &[u8]) {
    for limit in [None, Some(LIMIT)] {
        let whole = read(chunks::whole(data), limit);
        assert_eq!(whole, read(chunks::small(data), limit), "limit {limit:?}");
        assert_eq!(whole, read(chunks::bytes(data), limit), "limit {limit:?}");
        if limit.is_none()
            && let Some(objects) = objects(data)
        {
            assert_eq!(parsed(&whole), objects);
            assert_eq!(whole.end, Ok(0));
        }
    }
}

fn read(chunks: Vec<Bytes>, limit: Option<NonZeroUsize>) -> Seen {
    block_on(async {
        let mut lines = JsonLines::new(Body::from_chunks(chunks));
        if let Some(limit) = limit {
            lines = lines.with_max_line_bytes(limit);
        }
        let mut values = Vec::new();
        let end = loop {
            match lines.next().await {
                Ok(Some(line)) => values.push((line.text.to_owned(), line.is_cut)),
                Ok(None) => break Ok(lines.invalid_utf8()),
                Err(error) => break Err(error.kind()),
            }
        };
        Seen { values, end }
    })
}

/// The objects of a text that has one on each line that is not blank.
fn objects(data: &[u8]) -> Option<Vec<Value>> {
    let text = std::str::from_utf8(data).ok()?;
    let lines = text.split('\n').map(|line| line.trim_matches([' ', '\t', '\r']));
    let values = lines.filter(|line| !line.is_empty()).map(|line| {
        let value: Value = serde_json::from_str(line).ok()?;
        value.is_object().then_some(value)
    });
    values.collect()
}

fn parsed(seen: &Seen) -> Vec<Value> {
    let values = seen.values.iter().map(|(text, is_cut)| {
        assert!(!is_cut, "{text}");
        serde_json::from_str(text).expect("an object that was read is one")
    });
    values.collect()
}
