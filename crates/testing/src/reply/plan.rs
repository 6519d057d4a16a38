//! Conversion of a reply to the steps that send it. Pure: nothing here waits or writes.

mod events;

#[cfg(test)]
mod tests;

use std::ops::Range;

use bytes::Bytes;

use self::events::Events;
use super::{
    Delivery, KeepAlive, Rendered, Stop,
    delivery::{Broken, Writes},
};

/// Steps for one reply after its headers were sent.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) body: Bytes,
    pub(crate) steps: Vec<Step>,
    pub(crate) ending: Ending,
}

/// One step of sending a body.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Write(Range<usize>),
    Wait {
        stop: Stop,
        keep_alive: Option<KeepAlive>,
    },
}

/// Action after the last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Complete,
    Broken(Broken),
}

impl Ending {
    pub(crate) const CUT: Self = Self::Broken(Broken::Cut);
    pub(crate) const RESET: Self = Self::Broken(Broken::Reset);
    pub(crate) const ENDLESS: Self = Self::Broken(Broken::Endless);
}

impl Plan {
    pub(crate) fn new(rendered: &Rendered, delivery: &Delivery) -> Self {
        let events = Events::new(rendered, delivery).edited(delivery);
        let (limit, ending) = match delivery.end {
            Some((at, broken)) => (events.position(at), Ending::Broken(broken)),
            None => (events.bytes.len(), Ending::Complete),
        };
        let stops = stops(&events, delivery, limit);
        let steps = steps(&cuts(&events, delivery, limit), &stops, delivery.keep_alive);
        Self {
            body: events.bytes,
            steps,
            ending,
        }
    }
}

/// Returns all waits with their positions, in chronological order.
fn stops(events: &Events, delivery: &Delivery, limit: usize) -> Vec<(usize, Stop)> {
    let mut stops: Vec<(usize, Stop)> = delivery
        .stops
        .iter()
        .map(|(at, stop)| (events.position(*at), stop.clone()))
        .collect();
    if let Some(pace) = delivery.pace {
        stops.extend(events.starts().map(|start| (start, Stop::Pause(pace))));
    }
    stops.retain(|(position, _)| *position <= limit);
    stops.sort_by_key(|(position, _)| *position);
    stops
}

/// Returns the ends of the writes, according to their configured sizes, up to the limit.
fn cuts(events: &Events, delivery: &Delivery, limit: usize) -> Vec<usize> {
    let mut cuts = match delivery.writes {
        Writes::PerEvent => events.ends.clone(),
        Writes::Whole => Vec::new(),
        Writes::Random { seed, max } => random_cuts(seed, max.max(1), limit),
    };
    cuts.retain(|cut| *cut < limit);
    cuts.push(limit);
    cuts
}

fn random_cuts(seed: u64, max: usize, limit: usize) -> Vec<usize> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut cuts = Vec::new();
    let mut position = 0;
    while position < limit {
        position += random.usize(1..=max);
        cuts.push(position);
    }
    cuts
}

/// Merges writes and waits; both are sorted.
fn steps(cuts: &[usize], stops: &[(usize, Stop)], keep_alive: Option<KeepAlive>) -> Vec<Step> {
    let mut steps = Vec::with_capacity(cuts.len() + stops.len());
    let mut stops = stops.iter().peekable();
    let mut sent = 0;
    for &cut in cuts {
        while let Some((position, stop)) = stops.next_if(|(position, _)| *position <= cut) {
            write(&mut steps, &mut sent, *position);
            steps.push(Step::Wait {
                stop: stop.clone(),
                keep_alive,
            });
        }
        write(&mut steps, &mut sent, cut);
    }
    steps
}

fn write(steps: &mut Vec<Step>, sent: &mut usize, to: usize) {
    if to > *sent {
        steps.push(Step::Write(*sent..to));
        *sent = to;
    }
}
