use super::{check, median};
use crate::tidy::finding::Severity;
use crate::tidy::tree::Tree;

fn found(files: &[(&str, usize)]) -> Vec<(Severity, String)> {
    let files: Vec<_> = files
        .iter()
        .map(|(path, n)| (*path, "x\n".repeat(*n)))
        .collect();
    let files: Vec<_> = files
        .iter()
        .map(|(path, text)| (*path, text.as_str()))
        .collect();
    let findings = check(&Tree::of(&files));
    findings
        .iter()
        .map(|f| (f.severity, f.to_string()))
        .collect()
}

const SMALL: [(&str, usize); 3] = [("a.rs", 1), ("b.rs", 1), ("c.rs", 1)];

#[test]
fn a_long_file_is_an_error_and_a_notable_one_a_warning() {
    let files = [&SMALL[..], &[("long.rs", 701), ("notable.rs", 401)]].concat();
    let expected = [
        (
            Severity::Error,
            "long.rs: 701 lines, at most 700 are allowed; split by concern",
        ),
        (
            Severity::Warning,
            "notable.rs: 401 lines, over 400; see whether it does two things",
        ),
    ];
    assert_eq!(found(&files), expected.map(|(s, m)| (s, m.to_owned())));
}

#[test]
fn the_limits_themselves_are_fine() {
    let files = [&SMALL[..], &[("d.rs", 400)]].concat();
    assert_eq!(found(&files), []);
}

#[test]
fn a_high_median_is_found() {
    let found = found(&[("a.rs", 10), ("b.rs", 151), ("c.rs", 160)]);
    assert_eq!(found.len(), 1);
    assert!(
        found[0]
            .1
            .starts_with("the median source file has 151 lines")
    );
}

#[test]
fn tests_benches_and_other_languages_do_not_count() {
    let files = [
        ("crates/a/tests/b.rs", 900),
        ("crates/a/src/b/tests.rs", 900),
        ("crates/a/benches/b.rs", 900),
        ("docs/b.md", 900),
    ];
    assert_eq!(found(&files), []);
}

#[test]
fn the_median_of_an_even_count_is_the_lower_middle() {
    assert_eq!(median(&mut [4, 1, 3, 2]), 2);
    assert_eq!(median(&mut [3, 1, 2]), 2);
    assert_eq!(median(&mut []), 0);
}
