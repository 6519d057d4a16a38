//! The program prints what its README says, with the demo provider.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use example_check::{Program, expected_notes, expected_output};
use geppetto_testing::demo;

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_program_prints_what_its_readme_says() {
    let provider = demo::provider_with_pace(Duration::ZERO).await.unwrap();
    let output = Program::new(env!("CARGO_BIN_EXE_generic-tool-calling"))
        .arg("--base-url")
        .arg(&provider.base_url())
        .arg("--model")
        .arg(demo::MODEL)
        .run();
    let expected = expected_output(include_str!("../README.md")).unwrap();
    assert_eq!(
        (output.stdout.as_str(), output.code),
        (expected, Some(0)),
        "{}",
        output.stderr
    );
    // The first line names the server, whose port changes.
    let (_, notes) = output.stderr.split_once('\n').unwrap();
    let readme = include_str!("../README.md");
    assert_eq!(
        results_in_order(notes),
        results_in_order(expected_notes(readme).unwrap())
    );
}

/// The notes with neighbouring results sorted: tools that run at the same time end in any order.
fn results_in_order(notes: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = notes.lines().collect();
    for results in lines.chunk_by_mut(|a, b| a.starts_with("← ") && b.starts_with("← ")) {
        results.sort_unstable();
    }
    lines
}
