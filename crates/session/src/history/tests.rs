use geppetto_engine::{RunTotals, SeededIds};

use super::*;

fn totals(calls: u64) -> SessionTotals {
    let mut totals = SessionTotals::default();
    totals.provider_calls = calls;
    totals
}

#[test]
fn every_change_gives_a_new_version() {
    let ids = SeededIds::new(1);
    let mut history = History::default();
    let mut versions = vec![history.version()];
    let mut changed = |history: &History| {
        assert!(!versions.contains(&history.version()), "{versions:?}");
        versions.push(history.version());
    };
    history.append(Turn::default(), "s", &ids);
    changed(&history);
    history.append_prompt(vec![Block::user("a")], "s", &ids);
    changed(&history);
    history.begin(Turn::default(), &Place::New);
    changed(&history);
    history.begin(Turn::default(), &Place::Latest);
    changed(&history);
    history.commit(Turn::default(), totals(1));
    changed(&history);
    history.begin(Turn::default(), &Place::New);
    changed(&history);
    assert!(history.undo().is_some());
    changed(&history);
    let version = history.version();
    assert!(history.replace_latest(Turn::default(), version));
    changed(&history);
    assert!(!history.replace_latest(Turn::default(), version));
    assert_eq!(history.version(), version + 1);
}

#[test]
fn the_totals_of_an_appended_turn_count() {
    let appended = |history: &mut History, turn: &Turn| {
        history.append(turn.clone(), "s", &SeededIds::new(1));
        history.totals().provider_calls
    };
    let mut history = History::default();
    let mut stored = Turn::default();
    let set = |turn: &mut Turn, calls| {
        turn.metadata
            .set(&keys::SESSION_TOTALS, &totals(calls))
            .unwrap();
    };
    set(&mut stored, 5);
    assert_eq!(appended(&mut history, &stored), 5);
    // An older turn of the same session: its totals are part of the newer ones.
    set(&mut stored, 3);
    assert_eq!(appended(&mut history, &stored), 5);
    set(&mut stored, 8);
    assert_eq!(appended(&mut history, &stored), 8);
    // A turn without totals of a session adds those of its run.
    let mut run = RunTotals::default();
    run.provider_calls = 2;
    let mut single = Turn::default();
    single.metadata.set(&keys::RUN_TOTALS, &run).unwrap();
    assert_eq!(appended(&mut history, &single), 10);
}

/// The base ended with a user's message, and a middleware inserted a block before it.
#[test]
fn the_prompt_starts_after_the_last_block_of_the_turn_before() {
    let mut base = Turn::default();
    base.push(Block::user("first"));
    let mut latest = base.clone();
    latest.prepend(Block::system("inserted"));
    latest.push(Block::user("second"));
    let history = History::new(vec![base, latest]);
    assert_eq!(history.last_prompt(), [Block::user("second")]);
}
