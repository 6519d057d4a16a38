//! [`IdSource`]: where fresh ids come from.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use crate::isolate;

/// Gives fresh ids. Every id of a run comes from one source, so that a seeded source makes a
/// whole run repeatable.
pub trait IdSource: Send + Sync {
    /// An id that this source has not given before.
    fn next_id(&self) -> String;
}

/// Random ids in the form of version 4 UUIDs.
#[derive(Debug)]
pub struct RandomIds(SeededIds);

impl RandomIds {
    /// A source with a seed from the system.
    #[must_use]
    pub fn new() -> Self {
        Self(SeededIds::new(fastrand::u64(..)))
    }
}

impl Default for RandomIds {
    fn default() -> Self {
        Self::new()
    }
}

impl IdSource for RandomIds {
    fn next_id(&self) -> String {
        self.0.next_id()
    }
}

/// Ids in the form of version 4 UUIDs; the same seed gives the same ids.
#[derive(Debug)]
pub struct SeededIds(Mutex<fastrand::Rng>);

impl SeededIds {
    /// A source with a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(fastrand::Rng::with_seed(seed)))
    }
}

impl IdSource for SeededIds {
    fn next_id(&self) -> String {
        let bits = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .u128(..);
        uuid_v4(bits)
    }
}

/// A source whose panics do not get out: a random id is given instead, and the panic is
/// remembered. Cheap to clone; clones are the same source.
///
/// Ids are needed where a run ends, too, when its tasks are dropped and while a panic unwinds; a
/// second panic there would end the process.
#[derive(Clone)]
pub struct IsolatedIds {
    ids: Arc<dyn IdSource>,
    panic: Arc<Mutex<Option<String>>>,
}

impl IsolatedIds {
    /// Isolates `ids`.
    pub fn new(ids: Arc<dyn IdSource>) -> Self {
        Self {
            ids,
            panic: Arc::default(),
        }
    }

    /// Takes the message of the last panic, if it was not taken yet.
    #[must_use]
    pub fn take_panic(&self) -> Option<String> {
        self.panic
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

impl IdSource for IsolatedIds {
    fn next_id(&self) -> String {
        isolate::call(|| self.ids.next_id()).unwrap_or_else(|message| {
            *self.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(message);
            RandomIds::new().next_id()
        })
    }
}

impl fmt::Debug for IsolatedIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IsolatedIds").finish_non_exhaustive()
    }
}

/// RFC 9562, section 5.4: version and variant are fixed, the rest is random.
fn uuid_v4(bits: u128) -> String {
    let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let (a, b, c) = (bits >> 96, (bits >> 80) & 0xffff, (bits >> 64) & 0xffff);
    let (d, e) = ((bits >> 48) & 0xffff, bits & 0xffff_ffff_ffff);
    format!("{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}")
}
