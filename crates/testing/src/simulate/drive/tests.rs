use super::*;
use crate::simulate::{Seam, corpus};

/// Returns all events of a simulated session, serialized.
fn events(case: &Case, seed: u64, cut: Cut) -> Vec<String> {
    let probe = Probe::new().unwrap();
    let seen = drive(case, seed, cut, &probe).unwrap();
    let json = |event| serde_json::to_string(event).unwrap();
    seen.events.iter().map(json).collect()
}

#[test]
fn a_seed_and_a_cut_repeat_a_run_to_the_last_byte() {
    for case in corpus::cases() {
        for cut in [Cut::Event(7), Cut::Error(Seam::Journal, 2)] {
            let first = events(&case, 5, cut);
            assert_eq!(first, events(&case, 5, cut), "{} {cut}", case.name());
        }
    }
}

#[test]
fn another_seed_is_another_run() {
    let cases = corpus::cases();
    let case = cases.first().unwrap();
    assert_ne!(events(case, 1, Cut::None), events(case, 2, Cut::None));
}
