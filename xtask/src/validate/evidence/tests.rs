use super::{Finished, Outcome, outcome};

fn failed(output: &str) -> String {
    let outcome = read(false, output);
    assert_eq!(outcome, Outcome::failed(outcome.evidence.clone()));
    outcome.evidence
}

fn read(success: bool, output: &str) -> Outcome {
    outcome(&Finished {
        success,
        output: output.to_owned(),
    })
}

#[test]
fn the_last_line_is_the_evidence() {
    assert_eq!(
        read(true, "   Compiling a v0.1.0\n2 turns, 4 calls\n\n"),
        Outcome::passed("2 turns, 4 calls")
    );
    assert_eq!(read(true, ""), Outcome::passed("nothing to report"));
    assert_eq!(
        read(true, "skipped: no Ctrl-C here\n"),
        Outcome::skipped("no Ctrl-C here")
    );
}

#[test]
fn an_unformatted_file_is_named_with_its_line() {
    let output = "Diff in crates/a/src/lib.rs:12:\n-a\n+b\nDiff in b.rs:1:\n";
    assert_eq!(
        failed(output),
        "crates/a/src/lib.rs:12 is not formatted (and 1 more)"
    );
}

#[test]
fn a_compilers_error_is_named_with_its_place_and_cargos_summary_is_not_counted() {
    let output = "    Checking a v0.1.0\n\
        error: used `unwrap()` on a `Result` value\n  --> crates/a/src/lib.rs:3:5\n   |\n\
        error[E0308]: mismatched types\n  --> crates/a/src/b.rs:9:1\n\n\
        error: could not compile `a` (lib) due to 2 previous errors\n";
    assert_eq!(
        failed(output),
        "crates/a/src/lib.rs:3:5: error: used `unwrap()` on a `Result` value (and 1 more)"
    );
}

#[test]
fn a_failure_without_a_place_is_told_in_its_own_words() {
    let output = "{\"type\":\"run-started\"}\nerror: no tool was called\n";
    assert_eq!(failed(output), "error: no tool was called");
    assert_eq!(failed("killed\n\n"), "killed");
    assert_eq!(failed(""), "it failed and said nothing");
}

#[test]
fn a_failing_test_is_named_with_the_place_and_the_reason() {
    let output = "test a::fine ... ok\ntest a::broken ... FAILED\ntest b ... FAILED\n\nfailures:\n\n\
        ---- a::broken stdout ----\n\nthread 'a::broken' (77) panicked at crates/a/src/t.rs:5:9:\n\
        assertion failed: 1 > 2\nnote: run with RUST_BACKTRACE=1\n\n\
        test result: FAILED. 1 passed; 2 failed;\nerror: 1 target failed:\n    `-p a --lib`\n";
    assert_eq!(
        failed(output),
        "a::broken failed at crates/a/src/t.rs:5:9: assertion failed: 1 > 2 (and 1 more)"
    );
}

#[test]
fn the_two_sides_of_a_failed_equation_are_told() {
    let output = "test a ... FAILED\nthread 'a' (7) panicked at t.rs:5:9:\n\
        assertion `left == right` failed\n  left: 14\n right: 15\nnote: run with\n";
    assert_eq!(
        failed(output),
        "a failed at t.rs:5:9: assertion `left == right` failed, left: 14, right: 15"
    );
}

#[test]
fn tests_that_do_not_compile_or_crash_are_failures() {
    let output = "error[E0425]: cannot find value `x`\n --> tests/a.rs:2:3\n";
    assert_eq!(
        failed(output),
        "tests/a.rs:2:3: error[E0425]: cannot find value `x`"
    );
    let output = "test result: ok. 9 passed; 0 failed;\nerror: test failed, to rerun pass `-p a`\n";
    assert_eq!(failed(output), "error: test failed, to rerun pass `-p a`");
}

#[test]
fn passed_tests_are_counted_and_none_is_a_failure() {
    let output = "test result: ok. 12 passed; 0 failed;\ntest result: ok. 30 passed; 0 failed;\n";
    assert_eq!(
        read(true, output),
        Outcome::passed("42 tests passed in 2 test programs")
    );
    let none = "test result: ok. 0 passed; 0 failed;\n";
    assert_eq!(read(true, none), Outcome::failed("no test ran"));
}
