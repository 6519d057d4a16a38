//! Large files take time in proportion to their size, whatever is in them.
//!
//! Time is not measured: with a cost that grows faster, a test would take minutes.

#![allow(clippy::unwrap_used, reason = "a test's helpers panic too")]

use std::fmt::Write;

use geppetto_settings::{App, MAX_FILE_BYTES, MemoryPlatform, Resolver};

/// A quarter of the largest size.
const SIZE: usize = MAX_FILE_BYTES / 4;

/// Resolves a large file: a beginning, and lines by their number.
fn check(beginning: &str, line: impl Fn(usize) -> String) -> usize {
    let mut text = beginning.to_owned();
    for number in 0.. {
        let line = line(number);
        if text.len() + line.len() > SIZE {
            break;
        }
        writeln!(text, "{line}").unwrap();
    }
    let platform = MemoryPlatform::new().with_file("/etc/pinocchio/config.yaml", text);
    let app = App::new("pinocchio");
    let resolved = Resolver::new(&app).platform(&platform).resolve().unwrap();
    resolved.warnings.len()
}

#[test]
fn unknown_keys_are_counted() {
    let warnings = check("", |number| format!("ai-engin{number}: x"));
    assert_eq!(warnings, 21);
}

#[test]
fn unknown_keys_of_many_profiles_are_counted() {
    let warnings = check("profiles:\n", |number| {
        format!("  p{number}: {{ai-engin: x}}")
    });
    assert!(warnings < 500, "{warnings}");
}

#[test]
fn many_profiles_stand_under_one() {
    let names: Vec<_> = (0..7_000).map(|number| format!("p{number}")).collect();
    let beginning = format!("profiles:\n  default: {{stack: [{}]}}\n", names.join(", "));
    let line = |number: usize| match number {
        0..7_000 => format!("  p{number}: {{ai-engine: m}}"),
        _ => format!("# {number}"),
    };
    check(&beginning, line);
}

#[test]
fn many_keys_of_other_apis_are_kept() {
    let beginning = "inference_settings:\n  api:\n    api_keys:\n";
    check(beginning, |number| {
        format!("      gateway{number}-api-key: k")
    });
}

#[test]
fn a_map_is_merged_into_many() {
    check("x: &x {a: 1, b: 2}\nprofiles:\n", |number| {
        format!("  p{number}: {{<<: *x}}")
    });
}
