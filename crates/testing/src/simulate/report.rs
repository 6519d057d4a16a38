//! [`Report`]: the results of a simulation.

use std::{collections::BTreeMap, fmt, ops::AddAssign};

use super::{Case, Cut};

/// Maximum number of failures in a report, in total and per case; further ones are only counted.
const KEPT: usize = 20;
const KEPT_OF_CASE: usize = 2;

/// Result of a simulation. Reports can be added.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
#[must_use]
pub struct Report {
    /// Simulated runs, by the name of their case.
    pub cases: BTreeMap<String, Tried>,
    /// The first failures.
    pub failures: Vec<Failure>,
    /// Number of failures.
    pub failed: u64,
}

/// Number of simulated runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Tried {
    /// Number of seeds.
    pub seeds: u64,
    /// Cancelled runs, and runs whose runtime was shut down.
    pub cuts: u64,
    /// Runs with an error or a panic.
    pub faults: u64,
    /// Runs with broken streams.
    pub broken: u64,
}

impl Tried {
    /// Returns the number of disturbed runs of any kind.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.cuts + self.faults + self.broken
    }
}

impl AddAssign for Tried {
    fn add_assign(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.cuts += other.cuts;
        self.faults += other.faults;
        self.broken += other.broken;
    }
}

impl AddAssign for Report {
    fn add_assign(&mut self, other: Self) {
        for (name, tried) in other.cases {
            *self.cases.entry(name).or_default() += tried;
        }
        self.failed += other.failed;
        for failure in other.failures {
            self.keep(failure);
        }
    }
}

impl Report {
    pub(super) fn new(case: &str) -> Self {
        let mut report = Self::default();
        let tried = Tried {
            seeds: 1,
            ..Tried::default()
        };
        report.cases.insert(case.to_owned(), tried);
        report
    }

    pub(super) fn tried(&mut self, cut: Cut) {
        for tried in self.cases.values_mut() {
            match cut {
                Cut::Error(..) | Cut::Panic(..) => tried.faults += 1,
                Cut::Streams(_) => tried.broken += 1,
                _ => tried.cuts += 1,
            }
        }
    }

    pub(super) fn failed(&mut self, failure: Failure) {
        self.failed += 1;
        self.keep(failure);
    }

    fn keep(&mut self, failure: Failure) {
        let of_case = self.failures.iter().filter(|own| own.case == failure.case);
        if of_case.count() < KEPT_OF_CASE && self.failures.len() < KEPT {
            self.failures.push(failure);
        }
    }

    /// Returns the totals of all cases.
    #[must_use]
    pub fn total(&self) -> Tried {
        let mut total = Tried::default();
        for tried in self.cases.values() {
            total += *tried;
        }
        total
    }

    /// Panics if any check failed.
    ///
    /// # Panics
    ///
    /// With all recorded failures, and how to replay them.
    #[track_caller]
    #[allow(clippy::panic, reason = "an assertion")]
    pub fn assert_clean(&self) {
        if self.failed > 0 {
            panic!("{self}");
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        write!(f, "{} runs, {} failed", total.total(), self.failed)?;
        for failure in &self.failures {
            write!(f, "\n\n{failure}")?;
        }
        Ok(())
    }
}

/// A disturbed run that failed a check.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The case.
    pub case: String,
    /// The seed that reproduces it.
    pub seed: u64,
    /// The cut, formatted.
    pub cut: String,
    /// The failed checks.
    pub problems: Vec<String>,
}

impl Failure {
    pub(super) fn new(
        case: &Case,
        seed: u64,
        cut: Cut,
        problems: impl IntoIterator<Item = String>,
    ) -> Self {
        Self {
            case: case.name().to_owned(),
            seed,
            cut: cut.to_string(),
            problems: problems.into_iter().collect(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            case, seed, cut, ..
        } = self;
        write!(f, "case {case}, seed {seed}, cut {cut}:")?;
        for problem in &self.problems {
            write!(f, "\n  - {problem}")?;
        }
        write!(
            f,
            "\n  replay: cargo xtask simulate --case {case} --seed {seed} --cut {cut}"
        )
    }
}
