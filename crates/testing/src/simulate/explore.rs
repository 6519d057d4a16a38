//! Exploration of the cuts of a case.

use super::{
    Case, Cut, Failure, Report, SetupError, check,
    drive::{self, Observed},
    wire::Probe,
};

impl Case {
    /// Cancels the run at every point at which it waits, just before every poll, and within every
    /// event, and shuts the runtime down at every point at which it waits: one simulated session
    /// each, with checks.
    pub fn cut_everywhere(&self, seed: u64) -> Report {
        self.explore(seed, cancels)
    }

    /// Makes every call of every seam fail, and panic: one simulated session each, with checks.
    pub fn break_everywhere(&self, seed: u64) -> Report {
        self.explore(seed, faults)
    }

    /// Runs all of these: [`cut_everywhere`](Self::cut_everywhere),
    /// [`break_everywhere`](Self::break_everywhere) and, if replies may break off,
    /// [`break_streams`](Self::break_streams) in 100 ways.
    pub fn simulate(&self, seed: u64) -> Report {
        self.explore(seed, all)
    }

    /// Runs at most `most` of the sessions of [`simulate`](Self::simulate), selected by the seed:
    /// for tests that run all the time.
    pub fn simulate_some(&self, seed: u64, most: usize) -> Report {
        self.explore(seed, |whole| {
            let mut cuts = all(whole);
            fastrand::Rng::with_seed(seed).shuffle(&mut cuts);
            cuts.truncate(most);
            cuts
        })
    }

    /// Makes replies break off at random positions, in `ways` ways, one simulated session each,
    /// with checks, and checks that the turn equals the undisturbed one and that no tool ran twice.
    /// For cases whose provider has [`Breaks`](super::Breaks).
    pub fn break_streams(&self, seed: u64, ways: u64) -> Report {
        self.explore(seed, |_| (0..ways).map(Cut::Streams).collect())
    }

    /// Simulates one session, as named in a failure.
    pub fn replay(&self, seed: u64, cut: Cut) -> Report {
        self.explore(seed, |_| vec![cut])
    }

    fn explore(&self, seed: u64, cuts: impl Fn(&Observed) -> Vec<Cut>) -> Report {
        let mut report = Report::new(self.name());
        let undisturbed = Probe::new()
            .map_err(SetupError::from)
            .and_then(|probe| Ok((drive::drive(self, seed, Cut::None, &probe)?, probe)));
        let (whole, probe) = match undisturbed {
            Ok(undisturbed) => undisturbed,
            Err(error) => {
                report.failed(Failure::new(self, seed, Cut::None, [error.to_string()]));
                return report;
            }
        };
        let mut problems = check::problems(&whole, &whole);
        problems.extend(self.own_problems(&whole));
        if !problems.is_empty() {
            report.failed(Failure::new(self, seed, Cut::None, problems));
            return report;
        }
        for cut in cuts(&whole) {
            let problems = match drive::drive(self, seed, cut, &probe) {
                Ok(seen) => {
                    let mut problems = check::problems(&seen, &whole);
                    problems.extend(self.own_problems(&seen));
                    problems
                }
                Err(error) => vec![error.to_string()],
            };
            report.tried(cut);
            if !problems.is_empty() {
                report.failed(Failure::new(self, seed, cut, problems));
            }
        }
        report
    }
}

/// Number of ways in which streams break off.
const WAYS: u64 = 100;

fn all(whole: &Observed) -> Vec<Cut> {
    let mut cuts = cancels(whole);
    cuts.extend(faults(whole));
    if whole.world.seen().has_breaks {
        cuts.extend((0..WAYS).map(Cut::Streams));
    }
    cuts
}

fn cancels(whole: &Observed) -> Vec<Cut> {
    let (polls, waits, events) = whole.world.first_counts();
    let mut cuts: Vec<Cut> = (0..polls).map(Cut::Poll).collect();
    cuts.extend((0..waits).map(Cut::Wait));
    cuts.extend((0..events).map(Cut::Event));
    cuts.extend((0..waits).map(Cut::Shutdown));
    cuts
}

fn faults(whole: &Observed) -> Vec<Cut> {
    let calls = whole.world.seen().calls.clone();
    let mut cuts = Vec::new();
    for (seam, calls) in calls {
        if seam.can_fail() {
            cuts.extend((0..calls).map(|n| Cut::Error(seam, n)));
        }
        cuts.extend((0..calls).map(|n| Cut::Panic(seam, n)));
    }
    cuts
}
