use std::path::PathBuf;

use super::{Finished, Reader, compiler, format, tests};
use crate::cargo::Metadata;

fn read(reader: Reader, success: bool, output: &str) -> Result<String, String> {
    let metadata = Metadata {
        packages: Vec::new(),
        workspace_root: PathBuf::from("/repo"),
    };
    let output = output.to_owned();
    reader(&Finished { success, output }, &metadata)
}

#[test]
fn an_unformatted_file_is_named_with_its_line() {
    let output = "Diff in /repo/crates/a/src/lib.rs:12:\n-a\n+b\nDiff in /repo/b.rs:1:\n";
    assert_eq!(
        read(format, false, output).unwrap_err(),
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
        read(compiler, false, output).unwrap_err(),
        "crates/a/src/lib.rs:3:5: error: used `unwrap()` on a `Result` value (and 1 more)"
    );
}

#[test]
fn a_failure_without_a_place_is_told_in_its_own_words() {
    let output = "error: no such command: `clippy`\n\ncargo clippy: exit status: 101\n";
    assert_eq!(
        read(compiler, false, output).unwrap_err(),
        "error: no such command: `clippy`"
    );
    assert_eq!(read(compiler, false, "killed\n\n").unwrap_err(), "killed");
}

#[test]
fn a_failing_test_is_named_with_the_place_and_the_reason() {
    let output = "test a::fine ... ok\ntest a::broken ... FAILED\ntest b ... FAILED\n\nfailures:\n\n\
        ---- a::broken stdout ----\n\nthread 'a::broken' (77) panicked at crates/a/src/t.rs:5:9:\n\
        assertion failed: 1 > 2\nnote: run with RUST_BACKTRACE=1\n\n\
        test result: FAILED. 1 passed; 2 failed;\nerror: 1 target failed:\n    `-p a --lib`\n";
    assert_eq!(
        read(tests, false, output).unwrap_err(),
        "a::broken failed at crates/a/src/t.rs:5:9: assertion failed: 1 > 2 (and 1 more)"
    );
}

#[test]
fn the_two_sides_of_a_failed_equation_are_told() {
    let output = "test a ... FAILED\nthread 'a' (7) panicked at t.rs:5:9:\n\
        assertion `left == right` failed\n  left: 14\n right: 15\nnote: run with\n";
    assert_eq!(
        read(tests, false, output).unwrap_err(),
        "a failed at t.rs:5:9: assertion `left == right` failed, left: 14, right: 15"
    );
}

#[test]
fn tests_that_do_not_compile_or_crash_are_failures() {
    let output = "error[E0425]: cannot find value `x`\n --> tests/a.rs:2:3\n";
    assert_eq!(
        read(tests, false, output).unwrap_err(),
        "tests/a.rs:2:3: error[E0425]: cannot find value `x`"
    );
    let output = "test result: ok. 9 passed; 0 failed;\nerror: test failed, to rerun pass `-p a`\n";
    assert_eq!(
        read(tests, false, output).unwrap_err(),
        "error: test failed, to rerun pass `-p a`"
    );
}

#[test]
fn passed_tests_are_counted_and_none_is_a_failure() {
    let output = "test result: ok. 12 passed; 0 failed;\ntest result: ok. 30 passed; 0 failed;\n";
    assert_eq!(
        read(tests, true, output).unwrap(),
        "42 tests passed in 2 test programs"
    );
    let none = "test result: ok. 0 passed; 0 failed;\n";
    assert_eq!(read(tests, true, none).unwrap_err(), "no test ran");
}
