//! [`Change`]: what was done to a file, and what of it survives a loss of power.

use fastrand::Rng;

/// Unit in which a disk writes: a sector is written entirely or not at all.
const SECTOR: usize = 512;

/// A change of the content of a file.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Truncate(usize),
}

impl Change {
    pub(crate) fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write { at, bytes } => write(content, *at, bytes),
            Self::Truncate(len) => content.truncate(*len),
        }
    }

    /// Applies some of the sectors of a write.
    fn apply_torn(&self, content: &mut Vec<u8>, random: &mut Rng) {
        match self {
            Self::Write { at, bytes } => {
                let mut from = 0;
                while from < bytes.len() {
                    let len = SECTOR - (at + from) % SECTOR;
                    let to = (from + len).min(bytes.len());
                    if random.bool() {
                        write(content, at + from, bytes.get(from..to).unwrap_or_default());
                    }
                    from = to;
                }
            }
            Self::Truncate(len) => {
                if random.bool() {
                    content.truncate(*len);
                }
            }
        }
    }
}

fn write(content: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    if let Some(place) = content.get_mut(at..end) {
        place.copy_from_slice(bytes);
    }
}

/// Applies what a loss of power leaves of changes that were not synced.
pub(crate) fn survive(content: &mut Vec<u8>, pending: &[Change], random: &mut Rng) {
    match random.u8(0..4) {
        // Nothing was written yet.
        0 => {}
        // Everything was.
        1 => pending.iter().for_each(|change| change.apply(content)),
        // In order, up to one that was torn.
        2 => {
            let whole = random.usize(0..=pending.len());
            let (before, after) = pending.split_at(whole);
            before.iter().for_each(|change| change.apply(content));
            if let Some(torn) = after.first() {
                torn.apply_torn(content, random);
            }
        }
        // In any order, each as it happened.
        _ => {
            for change in pending {
                match random.u8(0..3) {
                    0 => {}
                    1 => change.apply(content),
                    _ => change.apply_torn(content, random),
                }
            }
        }
    }
}
