//! The effect of Ctrl-C and of the end of input with `--interactive`.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers fail the test"
)]

use example_check::{Program, Running};

fn start() -> Running {
    Program::new(env!("CARGO_BIN_EXE_simple-streaming-inference"))
        .args(["--interactive", "--demo", "--output", "jsonl"])
        .start()
        .unwrap()
}

/// Reads up to the next event of this type and returns its line.
fn until(example: &mut Running, event_type: &str) -> String {
    let start = format!("{{\"type\":\"{event_type}\"");
    loop {
        let line = example.next_line().unwrap();
        let line = line.unwrap_or_else(|| panic!("no {event_type}"));
        assert!(!line.starts_with("{\"type\":\"run-failed\""), "{line}");
        if line.starts_with(&start) {
            return line;
        }
    }
}

#[test]
fn ctrl_c_mid_stream_cancels_the_run_and_the_next_prompt_runs() {
    let mut example = start();
    example.type_line("tell me a story").unwrap();
    until(&mut example, "text-delta");
    example.interrupt().unwrap();
    let stopped = until(&mut example, "run-stopped");
    assert!(stopped.contains("\"reason\":\"cancelled\""));
    example.type_line("and another one").unwrap();
    assert!(until(&mut example, "run-started").contains("and another one"));
    until(&mut example, "text-delta");
    let finished = until(&mut example, "run-finished");
    assert!(finished.contains("\"status\":\"completed\""));
    assert_eq!(example.output().unwrap().code, Some(0));
}

#[test]
fn ctrl_c_at_the_prompt_ends_the_program() {
    let mut example = start();
    // A program that has printed the end of a run is about to listen; a second run proves that it
    // does.
    for prompt in ["one", "two"] {
        example.type_line(prompt).unwrap();
        until(&mut example, "text-delta");
        example.interrupt().unwrap();
        until(&mut example, "run-stopped");
    }
    // The prompt begins to listen soon; a signal before that is ignored, so it is repeated.
    while !example.has_ended() {
        example.interrupt().unwrap();
    }
    assert_eq!(example.output().unwrap().code, Some(130));
}
