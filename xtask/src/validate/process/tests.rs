#![cfg(unix)]

use std::{env, fs, process};

use super::{Command, Progress, run};

fn shell(name: &str, script: &str) -> (super::Finished, String) {
    let log = env::temp_dir().join(format!("xtask-process-{name}-{}.log", process::id()));
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    let finished = run(command, &log, &mut Progress::on_terminal()).unwrap();
    let logged = fs::read_to_string(&log).unwrap();
    fs::remove_file(&log).unwrap();
    (finished, logged)
}

#[test]
fn both_outputs_are_kept_in_the_result_and_in_the_file() {
    let (finished, logged) = shell("both", "echo out; echo err >&2; printf end; cat");
    assert!(finished.success);
    let mut lines: Vec<_> = finished.output.split_inclusive('\n').collect();
    lines.sort_unstable();
    assert_eq!(lines.concat().replace('\n', ""), "enderrout");
    assert_eq!(logged, finished.output);
}

#[test]
fn a_failure_ends_with_the_command_and_its_exit_code() {
    let (finished, logged) = shell("fails", "exit 3");
    assert!(!finished.success);
    assert_eq!(finished.output, "sh -c exit 3: exit status: 3\n");
    assert_eq!(logged, finished.output);
}

#[test]
fn more_than_a_pipe_holds_is_read_from_both() {
    let script =
        "i=0; while [ $i -lt 20000 ]; do echo 0123456789; echo abcdefghij >&2; i=$((i+1)); done";
    let (finished, _) = shell("much", script);
    assert_eq!(finished.output.lines().count(), 40_000);
}
