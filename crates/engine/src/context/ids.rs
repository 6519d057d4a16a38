//! [`IdSource`]: the source of new ids.

use std::{
    fmt,
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::isolate;

/// Source of unique ids. Every id of a run comes from the same source, so a seeded source makes the
/// run reproducible.
pub trait IdSource: Send + Sync {
    /// Returns an id that this source has not returned before. Called synchronously, from any
    /// thread; must not block.
    fn next_id(&self) -> String;
}

/// Random ids formatted as version 4 UUIDs, unique across processes and machines.
///
/// An id is a hash of a counter. The keys of the hash, of 128 bits, are random numbers of the operating
/// system: [`RandomState`], whose hash (SipHash) does not reveal its keys. Other ids cannot be computed
/// from an id.
#[derive(Default)]
pub struct RandomIds {
    /// One for each half of an id.
    keys: [RandomState; 2],
    count: AtomicU64,
}

impl RandomIds {
    /// Creates a source with new keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl IdSource for RandomIds {
    fn next_id(&self) -> String {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let [high, low] = self
            .keys
            .each_ref()
            .map(|keys| u128::from(keys.hash_one(count)));
        uuid_v4(high << 64 | low)
    }
}

impl fmt::Debug for RandomIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RandomIds").finish_non_exhaustive()
    }
}

/// Reproducible ids formatted as version 4 UUIDs; the same seed results in the same ids.
#[derive(Debug)]
pub struct SeededIds(Mutex<fastrand::Rng>);

impl SeededIds {
    /// Creates a source with a seed.
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

/// Id source that isolates panics of another one: on a panic it returns a random id and keeps the
/// message. Cheap to clone; clones share their state.
///
/// Ids are also needed at the end of a run, when its tasks are dropped and while a panic unwinds; a
/// second panic at that point would abort the process.
#[derive(Clone)]
pub struct IsolatedIds {
    ids: Arc<dyn IdSource>,
    panic: Arc<Mutex<Option<String>>>,
}

impl IsolatedIds {
    /// Isolates the panics of `ids`.
    pub fn new(ids: Arc<dyn IdSource>) -> Self {
        Self {
            ids,
            panic: Arc::default(),
        }
    }

    /// Takes the message of the last panic, if it has not been taken yet.
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

/// Formats a version 4 UUID (RFC 9562, section 5.4): version and variant are fixed, the rest is
/// random.
fn uuid_v4(bits: u128) -> String {
    let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let (a, b, c) = (bits >> 96, (bits >> 80) & 0xffff, (bits >> 64) & 0xffff);
    let (d, e) = ((bits >> 48) & 0xffff, bits & 0xffff_ffff_ffff);
    format!("{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}")
}
