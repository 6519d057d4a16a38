//! A timeline made from events, and one made from turns, show the same: in runs of the simulator,
//! cut and broken everywhere, at every snapshot and at the end of every run.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers panic too"
)]

use geppetto_engine::Phase;
use geppetto_events::{Event, EventKind};
use geppetto_testing::simulate::{Observation, Report, Step, corpus};
use geppetto_timeline::{Content, Entity, PatchQueue, State, Timeline, View};
use geppetto_turns::Turn;

/// Number of cuts per case.
const CUTS: usize = 12;

/// Returns what both ways must show, in order.
fn shown(view: &View, is_running: bool) -> Vec<(String, Content)> {
    let lasting = view.entities().filter(|own| !own.is_live_only());
    let lasting = lasting.map(|own| (own.id.clone(), normal(own, is_running)));
    lasting.collect()
}

fn normal(entity: &Entity, is_running: bool) -> Content {
    let mut content = entity.content.clone();
    if let Content::ToolCall(own) = &mut content {
        own.progress.clear();
        // A turn does not tell whether the tool has started.
        if is_running && matches!(own.state, State::Running | State::NotRun) {
            own.state = State::Requested;
        }
    }
    content
}

/// A timeline with its readers.
struct Readers {
    live: Timeline,
    turns: Vec<Turn>,
    /// Applies each patch.
    screen: View,
    /// Applies merged patches now and then.
    slow: View,
    queue: PatchQueue,
    /// Views at earlier versions.
    earlier: Vec<View>,
    /// `true` if a broken reply may be set aside: it is shown, and not in the turn.
    is_set_aside: bool,
    problems: Vec<String>,
}

impl Readers {
    fn new(history: &[Turn]) -> Self {
        let live = Timeline::from_turns(history);
        let view = live.view().clone();
        Self {
            live,
            turns: history.to_vec(),
            screen: view.clone(),
            slow: view.clone(),
            queue: PatchQueue::new(),
            earlier: vec![view],
            is_set_aside: false,
            problems: Vec::new(),
        }
    }

    fn event(&mut self, event: &Event) {
        for patch in self.live.apply(event) {
            // As a web page receives it.
            let json = serde_json::to_string(&patch).unwrap();
            self.screen.apply(serde_json::from_str(&json).unwrap());
            self.queue.push(patch);
        }
        if self.screen != *self.live.view() {
            self.problem(event.seq, "the patches do not give the view");
        }
        if event.seq.is_multiple_of(5) {
            for patch in self.queue.take() {
                self.slow.apply(patch);
            }
            if self.slow != *self.live.view() {
                self.problem(event.seq, "the merged patches do not give the view");
            }
            self.earlier.push(self.slow.clone());
        }
        match &event.kind {
            EventKind::ProviderCallFinished(e) => self.is_set_aside = e.incomplete.is_some(),
            EventKind::ProviderCallDiscarded(_) => self.is_set_aside = false,
            _ => {}
        }
    }

    /// Compares with a timeline made from the turns.
    fn compare(&mut self, turn: &Turn, is_running: bool, when: &str) {
        match self.turns.last_mut() {
            Some(last) if last.id == turn.id => *last = turn.clone(),
            _ => self.turns.push(turn.clone()),
        }
        let again = Timeline::from_turns(&self.turns);
        let live = shown(self.live.view(), is_running);
        let again = shown(again.view(), is_running);
        if live != again {
            let text = format!("{when}: events show\n{live:#?}\nand turns show\n{again:#?}");
            self.problem(self.live.seq(), &text);
        }
    }

    fn end(&mut self, turn: &Turn) {
        self.compare(turn, false, "at the end");
        if let Some(run) = &self.live.view().status.run {
            let text = format!("the run {run} is still shown as running");
            self.problem(self.live.seq(), &text);
        }
        let is_active = |own: &&Entity| own.state().is_some_and(State::is_active);
        let active = self.live.view().entities().find(is_active);
        if let Some(text) = active.map(|own| format!("{own:?} is still active")) {
            self.problem(self.live.seq(), &text);
        }
        let missing = self.live.clone().sync(turn);
        if !missing.is_empty() {
            let text = format!("the turn changes {missing:?}");
            self.problem(self.live.seq(), &text);
        }
    }

    /// Brings readers with earlier versions up to date.
    fn catch_up(&mut self) {
        for mut view in std::mem::take(&mut self.earlier) {
            let version = view.version;
            for patch in self.live.since(version).unwrap() {
                view.apply(patch);
            }
            if view != *self.live.view() {
                self.problem(
                    version,
                    "the changes since this version do not give the view",
                );
            }
        }
        let json = serde_json::to_string(self.live.view()).unwrap();
        if serde_json::from_str::<View>(&json).unwrap() != *self.live.view() {
            self.problem(0, "the view is not read as it was written");
        }
    }

    fn problem(&mut self, seq: u64, what: &str) {
        self.problems.push(format!("event {seq}: {what}"));
    }
}

fn check(seen: &Observation) -> Vec<String> {
    let mut readers = Readers::new(&seen.history);
    for step in &seen.steps {
        match step {
            Step::Event(event) => readers.event(event),
            Step::Snapshot(Phase::PreInference, _) if readers.is_set_aside => {}
            Step::Snapshot(phase, turn) => readers.compare(turn, true, phase.as_str()),
            Step::End(turn) => readers.end(turn),
            _ => {}
        }
    }
    readers.catch_up();
    readers.problems
}

#[test]
fn in_runs_that_are_cut_or_broken_anywhere() {
    let mut report = Report::default();
    for (case, seed) in corpus::cases().into_iter().zip(1..) {
        report += case.with_check(check).simulate_some(seed, CUTS);
    }
    report.assert_clean();
    let tried = report.total();
    assert!(tried.cuts > 150 && tried.faults > 150, "{tried:?}");
}

#[test]
fn in_runs_whose_streams_break_off() {
    let mut report = Report::default();
    for case in corpus::loops() {
        report += case.with_check(check).break_streams(7, 30);
    }
    report.assert_clean();
}
