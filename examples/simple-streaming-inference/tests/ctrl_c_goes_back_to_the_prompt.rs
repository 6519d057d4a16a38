//! What `--interactive` does with Ctrl-C and with the end of input.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers fail the test"
)]

use std::{
    io::{BufRead, BufReader, Lines, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

struct Example {
    child: Child,
    stdin: Option<ChildStdin>,
    events: Lines<BufReader<ChildStdout>>,
}

impl Example {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_simple-streaming-inference"))
            .args(["--interactive", "--demo", "--output", "jsonl"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let events = BufReader::new(child.stdout.take().unwrap()).lines();
        Self {
            child,
            stdin,
            events,
        }
    }

    fn prompt(&mut self, text: &str) {
        writeln!(self.stdin.as_ref().unwrap(), "{text}").unwrap();
    }

    fn ctrl_c(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("sh")
            .args(["-c", "kill -INT \"$0\"", &pid])
            .status();
        assert!(sent.unwrap().success());
    }

    /// Reads on to the next event of this type and returns its line.
    fn until(&mut self, event_type: &str) -> String {
        let start = format!("{{\"type\":\"{event_type}\"");
        let found = self.events.by_ref().find(|line| {
            let line = line.as_ref().unwrap();
            assert!(!line.starts_with("{\"type\":\"run-failed\""), "{line}");
            line.starts_with(&start)
        });
        found.unwrap_or_else(|| panic!("no {event_type}")).unwrap()
    }

    fn exit_code(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

#[test]
fn ctrl_c_mid_stream_cancels_the_run_and_the_next_prompt_runs() {
    let mut example = Example::start();
    example.prompt("tell me a story");
    example.until("text-delta");
    example.ctrl_c();
    assert!(
        example
            .until("run-stopped")
            .contains("\"reason\":\"cancelled\"")
    );
    example.prompt("and another one");
    assert!(example.until("run-started").contains("and another one"));
    example.until("text-delta");
    assert!(
        example
            .until("run-finished")
            .contains("\"status\":\"completed\"")
    );
    example.stdin = None;
    assert_eq!(example.exit_code(), Some(0));
}

#[test]
fn ctrl_c_at_the_prompt_ends_the_program() {
    let mut example = Example::start();
    // Whoever prints the end of a run is about to listen; a second run is the proof that it does.
    for prompt in ["one", "two"] {
        example.prompt(prompt);
        example.until("text-delta");
        example.ctrl_c();
        example.until("run-stopped");
    }
    // The prompt begins to listen soon; a signal that comes before is ignored, so it is repeated.
    while example.child.try_wait().unwrap().is_none() {
        example.ctrl_c();
    }
    assert_eq!(example.exit_code(), Some(130));
}
