//! [`Log`]: the retained events, and the position of each reader.

use std::collections::VecDeque;

use super::{
    EventRow, Received, SlowReaderPolicy,
    entry::{Entry, Place},
    readers::Readers,
};
use crate::Event;

#[derive(Debug)]
pub(super) struct Log {
    entries: VecDeque<Entry>,
    next_seq: u64,
    /// Approximate size of the entries in bytes.
    bytes: usize,
    retained_bytes: usize,
    pub(super) readers: Readers,
}

impl Log {
    pub(super) fn new(retained_bytes: usize) -> Self {
        Self {
            entries: VecDeque::new(),
            next_seq: 1,
            bytes: 0,
            retained_bytes,
            readers: Readers::default(),
        }
    }

    /// Returns `true` before the first event and the first reader.
    pub(super) fn is_unused(&self) -> bool {
        self.entries.is_empty() && self.readers.iter().next().is_none()
    }

    /// Continues the numbering of another log, before the first event.
    pub(super) fn start_after(&mut self, seq: u64) {
        // Half of all numbers remain for future events.
        self.next_seq = seq.min(u64::MAX / 2) + 1;
    }

    pub(super) fn next_seq(&self) -> u64 {
        self.next_seq
    }

    pub(super) fn push(&mut self, event: &Event) {
        self.next_seq = event.seq + 1;
        if let Some(last) = self.entries.back_mut() {
            let before = last.weight();
            if last.merge(event) {
                self.bytes += last.weight().saturating_sub(before);
                self.evict();
                return;
            }
        }
        let entry = Entry::Single(event.clone());
        self.bytes += entry.weight();
        self.entries.push_back(entry);
        self.evict();
    }

    /// Drops the oldest entries that are no longer needed.
    pub(super) fn evict(&mut self) {
        if self.bytes <= self.retained_bytes {
            return;
        }
        let needed = self
            .readers
            .iter()
            .filter(|reader| reader.policy.loses_nothing())
            .map(|reader| reader.next)
            .min()
            .unwrap_or(u64::MAX);
        while self.bytes > self.retained_bytes
            && self.entries.len() > 1
            && self
                .entries
                .front()
                .is_some_and(|oldest| oldest.last_seq() < needed)
        {
            if let Some(oldest) = self.entries.pop_front() {
                self.bytes = self.bytes.saturating_sub(oldest.weight());
            }
        }
    }

    /// Returns the number of the oldest retained event.
    fn first_seq(&self) -> u64 {
        self.entries.front().map_or(self.next_seq, Entry::first_seq)
    }

    /// Returns the entry that contains event number `seq`.
    fn find(&self, seq: u64) -> Option<&Entry> {
        let after = self
            .entries
            .partition_point(|entry| entry.first_seq() <= seq);
        let entry = self.entries.get(after.checked_sub(1)?)?;
        (entry.last_seq() >= seq).then_some(entry)
    }

    pub(super) fn events_after(&self, seq: u64) -> Vec<Event> {
        let mut events = Vec::new();
        let mut next = seq.saturating_add(1).max(self.first_seq());
        while let Some((event, _)) = self
            .find(next)
            .and_then(|entry| entry.read_from(entry.place(next - entry.first_seq())))
        {
            next = event.seq + 1;
            events.push(event);
        }
        events
    }

    /// Returns the number of unread events of the reader.
    pub(super) fn behind(&self, id: usize) -> u64 {
        self.readers
            .get(id)
            .map_or(0, |reader| self.next_seq - reader.next)
    }

    /// Returns the next item for a reader; `None` if it has read everything.
    pub(super) fn read(&mut self, id: usize) -> Option<Received> {
        match self.read_with(id, |_, _, event| event)? {
            Ok(event) => Some(Received::Event(event)),
            Err(lost) => Some(Received::Lagged(lost)),
        }
    }

    /// Like [`read`](Self::read), with the lengths of merged deltas. The error is the number of
    /// missing events.
    pub(super) fn read_row(&mut self, id: usize) -> Option<Result<EventRow, u64>> {
        self.read_with(id, |entry, place, event| {
            EventRow::merged(event, entry.lens_from(place))
        })
    }

    fn read_with<T>(
        &mut self,
        id: usize,
        convert: impl FnOnce(&Entry, Place, Event) -> T,
    ) -> Option<Result<T, u64>> {
        let first_seq = self.first_seq();
        let reader = self.readers.get(id)?;
        let mut from = reader.next.max(first_seq);
        if let SlowReaderPolicy::Drop { max_behind } = reader.policy {
            from = from.max(self.next_seq.saturating_sub(max_behind.max(1)));
        }
        if from > reader.next {
            let lost = from - reader.next;
            self.moved(id, from, None);
            return Some(Err(lost));
        }
        let entry = self.find(from)?;
        let entry_seq = entry.first_seq();
        let place = match reader.place {
            Some((seq, place)) if seq == entry_seq && place.read == from - entry_seq => place,
            _ => entry.place(from - entry_seq),
        };
        let (event, end) = entry.read_from(place)?;
        let next = event.seq + 1;
        let read = convert(entry, place, event);
        self.moved(id, next, end.map(|place| (entry_seq, place)));
        Some(Ok(read))
    }

    /// Advances a reader past event number `seq`; never moves it back.
    pub(super) fn skip_to(&mut self, id: usize, seq: u64) {
        let next = seq.saturating_add(1).min(self.next_seq);
        if self
            .readers
            .get(id)
            .is_some_and(|reader| reader.next < next)
        {
            self.moved(id, next, None);
        }
    }

    fn moved(&mut self, id: usize, next: u64, place: Option<(u64, Place)>) {
        if let Some(reader) = self.readers.get_mut(id) {
            reader.next = next;
            reader.place = place;
        }
    }
}
