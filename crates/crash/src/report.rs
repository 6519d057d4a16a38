//! [`Report`]: what the kills have shown.

use std::collections::BTreeMap;

/// Counts of a campaign.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) kills: u64,
    /// Kills by place; `time` for those at a random time.
    pub(crate) places: BTreeMap<String, u64>,
    /// Children that ended before the place was reached.
    pub(crate) spared: u64,
    pub(crate) stores: u64,
    pub(crate) prompts: u64,
    pub(crate) effects: u64,
    pub(crate) violations: Vec<String>,
}

impl Report {
    /// Adds the report of another job.
    pub(crate) fn add(&mut self, other: Self) {
        self.kills += other.kills;
        self.spared += other.spared;
        self.stores += other.stores;
        self.prompts += other.prompts;
        self.effects += other.effects;
        self.violations.extend(other.violations);
        for (place, n) in other.places {
            *self.places.entry(place).or_default() += n;
        }
    }

    /// Returns the table that is printed at the end.
    pub(crate) fn table(&self, seconds: f64) -> String {
        let places: Vec<String> = self
            .places
            .iter()
            .map(|(place, n)| format!("{place} {n}"))
            .collect();
        let mut text = format!(
            "{} kills of {} stores in {seconds:.0} s; {} children ended first\n\
             {} prompts acknowledged, {} effects witnessed\nat: {}\n",
            self.kills,
            self.stores,
            self.spared,
            self.prompts,
            self.effects,
            places.join(", "),
        );
        for violation in &self.violations {
            text.push_str(&format!("VIOLATED {violation}\n"));
        }
        text.push_str(&format!(
            "{} passed, {} failed\n",
            self.kills - self.failed(),
            self.failed()
        ));
        text
    }

    fn failed(&self) -> u64 {
        (self.violations.len() as u64).min(self.kills)
    }
}
