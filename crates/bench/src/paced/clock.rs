//! The delays between sending and arrival of deltas, and the CPU time in between.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use crate::{Failure, cpu, table::median};

/// The time of day in nanoseconds, which two processes on one machine share.
pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| u64::try_from(now.as_nanos()).unwrap_or(u64::MAX))
}

/// Counts deltas as they arrive. It measures between the first and the last tenth of them, while
/// all streams are open.
#[derive(Debug)]
pub(super) struct Arrivals {
    begin: usize,
    end: usize,
    count: AtomicUsize,
    delays: Vec<AtomicUsize>,
    spent: Mutex<Option<(Duration, Duration)>>,
}

impl Arrivals {
    pub(super) fn new(deltas: usize) -> Self {
        let mut delays = Vec::new();
        delays.resize_with(deltas, AtomicUsize::default);
        Self {
            begin: deltas / 10,
            end: deltas - deltas / 10,
            count: AtomicUsize::new(0),
            delays,
            spent: Mutex::default(),
        }
    }

    /// Accepts the text of one delta, or of several merged ones: the times at which they were sent.
    pub(super) fn take(&self, text: &str) {
        let now = now();
        for sent in text.split_ascii_whitespace() {
            let sent: u64 = sent.parse().unwrap_or(now);
            let delay = usize::try_from(now.saturating_sub(sent)).unwrap_or(usize::MAX);
            let number = self.count.fetch_add(1, Ordering::Relaxed);
            if let Some(place) = self.delays.get(number) {
                place.store(delay, Ordering::Relaxed);
            }
            if number == self.begin || number == self.end {
                self.mark();
            }
        }
    }

    fn mark(&self) {
        let time = cpu::process_time().unwrap_or_default();
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let first = spent.map_or(time, |(first, _)| first);
        *spent = Some((first, time));
    }

    /// Returns the CPU time per delta, and the median and the 99th percentile of the delays, in
    /// microseconds.
    pub(super) fn result(&self) -> Result<(f64, f64, f64), Failure> {
        let count = self.count.load(Ordering::Relaxed);
        if count != self.delays.len() {
            return Err(format!("{count} deltas arrived instead of {}", self.delays.len()).into());
        }
        let spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let (first, last) = spent.ok_or("nothing was measured")?;
        let micros = |nanos: f64| nanos / 1000.0;
        let whole = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        let within = self.delays.get(self.begin..self.end).unwrap_or_default();
        let mut delays: Vec<f64> = within
            .iter()
            .map(|delay| micros(whole(delay.load(Ordering::Relaxed))))
            .collect();
        delays.sort_by(f64::total_cmp);
        let late = delays.get(delays.len() * 99 / 100).copied();
        let cost = last.saturating_sub(first).as_secs_f64() * 1e6 / whole(self.end - self.begin);
        Ok((cost, median(delays), late.unwrap_or(f64::NAN)))
    }
}
