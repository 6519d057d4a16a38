#![cfg(unix)]

use example_check::Program;
use serde_json::{Value, json};

use super::{SECOND, play};
use crate::fixture::{line, run};

/// The lines of two runs: the first is cancelled in its text, the second finishes.
struct Lines {
    first: Vec<Value>,
    second: Vec<Value>,
}

impl Lines {
    fn good() -> Self {
        let mut first = run("r1");
        let delta = json!({"type": "text-delta", "correlation": first[4]["correlation"],
            "delta": ", you", "offset": 3, "sequence": 3});
        first.insert(5, delta);
        first[6]["text"] = json!("hey, you");
        first[8] = json!({"type": "run-stopped", "correlation": first[8]["correlation"],
            "reason": "cancelled"});
        let mut second = run("r2");
        second[0]["prompt"] = json!(SECOND);
        Self { first, second }
    }

    /// The verdict on a program that prints the lines, each run after a line of input, and then
    /// does `finally`. The program ignores Ctrl-C, so it always reacts to it in time.
    fn play(&self, finally: &str) -> Result<String, String> {
        let all = self.first.iter().chain(&self.second);
        let lines: Vec<_> = (1..)
            .zip(all)
            .map(|(seq, event)| line(seq, event.clone()))
            .collect();
        let (first, second) = lines.split_at(self.first.len());
        let script = format!(
            "trap '' INT; read _; cat <<'END'\n{}\nEND\nread _; cat <<'END'\n{}\nEND\n{finally}",
            first.join("\n"),
            second.join("\n")
        );
        program(&script)
    }
}

fn program(script: &str) -> Result<String, String> {
    play(Program::new("sh").args(["-c", script]).start()?)
}

#[test]
fn a_program_that_cancels_answers_again_and_ends_passes() {
    let result = Lines::good().play("read _; exit 0");
    assert_eq!(
        result.unwrap(),
        "run 1 cancelled after 8 characters, run 2 finished with 3"
    );
}

#[test]
fn a_run_that_goes_on_after_ctrl_c_is_named() {
    let mut lines = Lines::good();
    lines.first[8] = json!({"type": "run-finished", "status": "completed",
        "correlation": lines.first[8]["correlation"]});
    let problem = lines.play("exit 0").unwrap_err();
    assert!(
        problem.starts_with("Ctrl-C mid-stream did not cancel the run: "),
        "{problem}"
    );
}

#[test]
fn a_program_that_ends_instead_of_going_back_to_the_prompt_is_named() {
    let mut first = Lines::good().first;
    first.truncate(6);
    let lines: Vec<_> = (1..)
        .zip(first)
        .map(|(seq, event)| line(seq, event))
        .collect();
    let script = format!("read _; cat <<'END'\n{}\nEND\nexit 130", lines.join("\n"));
    let problem = program(&script).unwrap_err();
    assert_eq!(
        problem,
        "after Ctrl-C the run does not end: the program ended"
    );
}

#[test]
fn a_second_prompt_that_is_not_answered_is_named() {
    let mut lines = Lines::good();
    lines.second.truncate(3);
    let problem = lines.play("exit 0").unwrap_err();
    assert_eq!(
        problem,
        "the second prompt does not run to its end: the program ended"
    );
}

#[test]
fn an_answer_to_something_else_and_an_empty_one_are_named() {
    let mut lines = Lines::good();
    lines.second[0]["prompt"] = json!("hi");
    let problem = lines.play("read _; exit 0").unwrap_err();
    assert_eq!(problem, "the second run answers \"hi\"");
    let mut lines = Lines::good();
    lines.second.drain(2..6);
    let problem = lines.play("read _; exit 0").unwrap_err();
    assert_eq!(problem, "the second run said nothing");
}

#[test]
fn a_program_that_does_not_end_well_is_named_with_what_it_said() {
    let problem = Lines::good()
        .play("read _; echo oops >&2; exit 3")
        .unwrap_err();
    assert_eq!(
        problem,
        "the end of input did not end it well: exit status: 3: oops"
    );
}
