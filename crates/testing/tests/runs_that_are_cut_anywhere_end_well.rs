//! Runs of the corpus are disturbed at many points, and the guarantees for applications hold.
//!
//! A sample of `cargo xtask simulate`, which covers every point, with any number of seeds.

use geppetto_testing::simulate::{Report, corpus};

/// Number of cuts per case.
const CUTS: usize = 40;

#[test]
fn a_run_that_is_cut_or_broken_anywhere_ends_well() {
    let mut report = Report::default();
    let cases = corpus::cases();
    for (case, seed) in cases.iter().zip(1..) {
        report += case.simulate_some(seed, CUTS);
    }
    println!("{:?}", report.total());
    report.assert_clean();
    let tried = report.total();
    assert!(tried.cuts > 500 && tried.faults > 500, "{tried:?}");
}

#[test]
fn a_run_whose_streams_break_off_comes_to_the_same_end() {
    let mut report = Report::default();
    for case in corpus::loops() {
        for seed in 0..10 {
            report += case.break_streams(seed, 10);
        }
    }
    println!("{:?}", report.total());
    report.assert_clean();
    assert_eq!(report.total().broken, 400);
}
