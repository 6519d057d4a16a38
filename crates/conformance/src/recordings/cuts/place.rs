//! [`Place`]: the position and kind of a cut.

use std::{collections::BTreeMap, fmt};

/// The number of equal parts of a body, each of which is cut once.
const SPREAD: usize = 12;

/// The number of cuts near the end, where missing data is hardest to notice.
const LATE: usize = 8;

/// The distance from the end that counts as near, in bytes: the last events of a stream.
const NEAR: usize = 400;

/// One cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The number of bytes that arrive.
    pub(super) at: usize,
    pub(super) end: End,
}

/// How the body ends at the cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    /// In order, as if it were complete, for example closed by a proxy.
    Clean,
    /// With a connection error.
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

/// Returns twenty places in a body of `length` bytes, or fewer if it is tiny: one in each twelfth
/// and eight near the end. At one of them, only the last byte is missing.
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
    // If all places near the end are taken, there are none left to draw.
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

/// Alternates between the two ways to end.
fn end(number: usize) -> End {
    match number % 2 {
        0 => End::Clean,
        _ => End::Broken,
    }
}
