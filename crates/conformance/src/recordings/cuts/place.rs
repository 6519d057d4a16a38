//! [`Place`]: where a stream is cut, and how.

use std::{collections::BTreeMap, fmt};

/// In how many parts a body is divided, each of which is cut once.
const SPREAD: usize = 12;

/// How many cuts are near the end, where what is missing is the least to see.
const LATE: usize = 8;

/// What counts as near the end, in bytes: the last events of a stream.
const NEAR: usize = 400;

/// One cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// How many bytes arrive.
    pub(super) at: usize,
    pub(super) end: End,
}

/// How a body ends where it is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    /// As if it were whole: a proxy closed it in order.
    Clean,
    /// As an error of the connection.
    Broken,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clean => "the body ends there",
            Self::Broken => "the connection breaks there",
        })
    }
}

/// Twenty places of a body of `length` bytes, fewer only if it is tiny: one in each twelfth of it
/// and eight near its end. At one of them, only the last byte is missing.
pub(super) fn places(name: &str, seed: u64, length: usize) -> Vec<Place> {
    let mut random = fastrand::Rng::with_seed(super::super::play::hash(name) ^ seed);
    let mut places = BTreeMap::new();
    for part in 0..SPREAD {
        let (from, to) = (length * part / SPREAD, length * (part + 1) / SPREAD);
        if from < to {
            places.insert(random.usize(from..to), end(part));
        }
    }
    let near = length.saturating_sub(NEAR)..length;
    places.extend(length.checked_sub(1).map(|last| (last, End::Clean)));
    let wanted = (SPREAD + LATE).min(length);
    // Where the end is full of places already, there is nothing to draw.
    for number in 0..1000 {
        if places.len() >= wanted || near.is_empty() {
            break;
        }
        places
            .entry(random.usize(near.clone()))
            .or_insert(end(number));
    }
    let place = |(at, end)| Place { at, end };
    places.into_iter().map(place).collect()
}

/// Both ways to end, in turn.
fn end(number: usize) -> End {
    match number % 2 {
        0 => End::Clean,
        _ => End::Broken,
    }
}
