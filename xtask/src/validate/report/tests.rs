use std::{path::Path, time::Duration};

use serde_json::{Value, json};

use super::{Report, width};
use crate::{
    Verdict,
    validate::{items::ITEMS, outcome::Outcome},
};

fn report(outcomes: &[Outcome]) -> (Report, String) {
    let items = &ITEMS[..2];
    let mut report = Report::new(items);
    let mut lines = Vec::new();
    report.write_header(&mut lines).unwrap();
    for (item, outcome) in items.iter().zip(outcomes) {
        let took = Duration::from_millis(1240);
        let row = report.push(item, outcome.clone(), took, Path::new("/repo"));
        row.write_lines(report.width(), &mut lines).unwrap();
    }
    report.write_summary(&mut lines).unwrap();
    (report, String::from_utf8(lines).unwrap())
}

fn failing() -> (Report, String) {
    let failed = Outcome::failed("a.rs:3 is not formatted");
    report(&[
        failed.with_log("/repo/target/validate/format.log".into()),
        Outcome::skipped("not asked for"),
    ])
}

#[test]
fn the_table_names_what_failed_and_where_the_rest_is() {
    let expected = "\
item           outcome  seconds  evidence
format         FAILED       1.2  a.rs:3 is not formatted
               in full: target/validate/format.log
retired-names  skipped      1.2  not asked for
0 passed, 1 failed, 1 skipped in 2.4 s
";
    assert_eq!(failing().1, expected);
}

#[test]
fn json_has_the_same_and_the_log_of_what_passed_too() {
    let mut out = Vec::new();
    failing().0.write_json(&mut out).unwrap();
    let expected = json!({
        "passed": 0, "failed": 1, "skipped": 1, "seconds": 2.4,
        "items": [
            {"item": "format", "about": ITEMS[0].about, "outcome": "failed", "seconds": 1.2,
             "evidence": "a.rs:3 is not formatted", "log": "target/validate/format.log"},
            {"item": "retired-names", "about": ITEMS[1].about, "outcome": "skipped", "seconds": 1.2,
             "evidence": "not asked for", "log": null},
        ],
    });
    assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), expected);
}

#[test]
fn one_failure_decides_and_a_skipped_item_does_not() {
    assert_eq!(failing().0.verdict(), Verdict::Findings);
    let (report, _) = report(&[Outcome::passed("fine"), Outcome::skipped("why")]);
    assert_eq!(report.verdict(), Verdict::Clean);
}

#[test]
fn the_column_fits_the_longest_name() {
    let longest = ITEMS.iter().map(|item| item.name.len()).max();
    assert_eq!(Some(width(ITEMS)), longest);
}
