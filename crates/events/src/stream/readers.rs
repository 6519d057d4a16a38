//! [`Readers`]: positions and wakers of the subscriptions.

use std::task::Waker;

use super::{SlowReaderPolicy, entry::Place};

/// The subscriptions of a stream. Slots of dropped subscriptions are reused.
#[derive(Debug, Default)]
pub(super) struct Readers {
    slots: Vec<Option<Reader>>,
    /// Number of subscriptions that wait for an event.
    waiting: usize,
}

#[derive(Debug)]
pub(super) struct Reader {
    /// Number of the next event to read.
    pub(super) next: u64,
    /// Position within the entry that begins with this number.
    pub(super) place: Option<(u64, Place)>,
    pub(super) policy: SlowReaderPolicy,
    /// Wakes the reader, if it waits.
    waker: Option<Waker>,
}

impl Readers {
    pub(super) fn add(&mut self, next: u64, policy: SlowReaderPolicy) -> usize {
        let reader = Reader {
            next,
            place: None,
            policy,
            waker: None,
        };
        let free = self.slots.iter().position(Option::is_none);
        let id = free.unwrap_or(self.slots.len());
        match self.slots.get_mut(id) {
            Some(slot) => *slot = Some(reader),
            None => self.slots.push(Some(reader)),
        }
        id
    }

    /// Removes a reader. Its waker, if it has one, must be dropped outside of the lock.
    pub(super) fn remove(&mut self, id: usize) -> Option<Waker> {
        let reader = self.slots.get_mut(id).and_then(Option::take)?;
        while let Some(None) = self.slots.last() {
            self.slots.pop();
        }
        self.waiting -= usize::from(reader.waker.is_some());
        reader.waker
    }

    pub(super) fn get(&self, id: usize) -> Option<&Reader> {
        self.slots.get(id)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, id: usize) -> Option<&mut Reader> {
        self.slots.get_mut(id)?.as_mut()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Reader> {
        self.slots.iter().flatten()
    }

    /// Lets a reader wait until `waker` is woken. A waker that this replaces must be dropped outside
    /// of the lock.
    pub(super) fn wait(&mut self, id: usize, waker: &Waker) -> Option<Waker> {
        let reader = self.slots.get_mut(id)?.as_mut()?;
        match &reader.waker {
            Some(known) if known.will_wake(waker) => None,
            Some(_) => reader.waker.replace(waker.clone()),
            None => {
                self.waiting += 1;
                reader.waker.replace(waker.clone())
            }
        }
    }

    /// Takes the wakers of all waiting readers, to be woken outside of the lock. A woken reader no
    /// longer waits, so further events do not wake it again.
    pub(super) fn take_waiting(&mut self) -> impl Iterator<Item = Waker> + use<> {
        let mut first = None;
        let mut others = Vec::new();
        if self.waiting > 0 {
            self.waiting = 0;
            let mut wakers = self
                .slots
                .iter_mut()
                .flatten()
                .filter_map(|r| r.waker.take());
            // Hardly any stream has more than one reader; a single one does not allocate.
            first = wakers.next();
            others.extend(wakers);
        }
        first.into_iter().chain(others)
    }
}
