use serde_json::{Value, json};

use super::{CheckReport, Report};
use crate::Verdict;
use crate::tidy::finding::Finding;

fn report() -> Report {
    let mut report = Report::default();
    report.push(CheckReport::new("clean", vec![]));
    report.push(CheckReport::new(
        "warned",
        vec![Finding::warning("look at it").at("a.rs")],
    ));
    report.push(CheckReport::new(
        "broken",
        vec![
            Finding::error("mend it").at("b.rs").line(3),
            Finding::error("somewhere"),
        ],
    ));
    report
}

#[test]
fn lines_end_with_the_counts() {
    let mut out = Vec::new();
    report().write_lines(&mut out).unwrap();
    let expected = "warning[warned] a.rs: look at it\n\
                    error[broken] b.rs:3: mend it\n\
                    error[broken] somewhere\n\
                    2 passed, 1 failed, 1 warning\n";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn json_carries_the_same() {
    let mut out = Vec::new();
    report().write_json(&mut out).unwrap();
    let value: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(value["passed"], 2);
    assert_eq!(value["failed"], 1);
    assert_eq!(value["warnings"], 1);
    assert_eq!(
        value["checks"][2],
        json!({"name": "broken", "passed": false, "findings": [
            {"severity": "error", "path": "b.rs", "line": 3, "message": "mend it"},
            {"severity": "error", "message": "somewhere"},
        ]})
    );
}

#[test]
fn warnings_do_not_fail_and_errors_do() {
    assert_eq!(report().verdict(), Verdict::Findings);
    let mut warned = Report::default();
    warned.push(CheckReport::new("warned", vec![Finding::warning("look")]));
    assert_eq!(warned.verdict(), Verdict::Clean);
}
