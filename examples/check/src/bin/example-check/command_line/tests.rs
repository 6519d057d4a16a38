#![cfg(unix)]

use std::fs;

use example_check::Program;

use super::behaves;

/// What a well-behaved program does, as a shell script.
const GOOD: &str = r#"
trap '' PIPE # as in every Rust program: a write to a closed pipe is an error, not the end
case "$1" in
  --help) echo "Usage: good" ;;
  --*) echo "unexpected argument '$1'" >&2; exit 2 ;;
  *) echo "one line" 2>/dev/null || exit 0 ;;
esac
"#;

/// Runs a script as the program and returns the problem that was found.
fn problem(name: &str, script: &str) -> Option<String> {
    let folder = std::env::temp_dir().join(format!("command-line-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("program.sh");
    fs::write(&path, script).unwrap();
    let result = behaves(|| Program::new("sh").arg(&path), &folder);
    fs::remove_dir_all(&folder).unwrap();
    result.err()
}

#[test]
fn a_program_with_manners_passes() {
    assert_eq!(problem("good", GOOD), None);
}

#[test]
fn a_program_without_help_is_found() {
    let found = problem("help", &GOOD.replace("Usage: good", "hello"));
    let expected = "--help does not print the usage: hello";
    assert_eq!(found.as_deref(), Some(expected));
}

#[test]
fn an_unknown_option_that_is_ignored_is_found() {
    let found = problem("option", &GOOD.replace("exit 2", "exit 0"));
    let expected = "--no-such-option is not refused: unexpected argument '--no-such-option'";
    assert_eq!(found.as_deref(), Some(expected));
}

#[test]
fn a_panic_on_a_closed_output_is_found() {
    let found = problem("pipe", &GOOD.replace("exit 0 ;;", "echo panicked >&2 ;;"));
    let expected = "a closed output does not end it quietly: panicked";
    assert_eq!(found.as_deref(), Some(expected));
}
