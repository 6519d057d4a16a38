//! Every run of the corpus is cut everywhere, and what an application relies on holds.

use geppetto_testing::simulate::{Report, corpus};

const SEED: u64 = 1;

#[test]
fn a_run_that_is_cancelled_anywhere_ends_well() {
    let mut report = Report::default();
    for case in corpus::cases() {
        report += case.cut_everywhere(SEED);
    }
    println!("{:?} {:?}", report.total(), report.cases);
    report.assert_clean();
}

#[test]
fn a_run_in_which_anything_fails_or_panics_ends_well() {
    let mut report = Report::default();
    for case in corpus::cases() {
        report += case.break_everywhere(SEED);
    }
    println!("{:?}", report.total());
    report.assert_clean();
}
