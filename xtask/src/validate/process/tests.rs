#![cfg(unix)]

use std::{env, fs, process};

use super::{Command, Progress, run};

fn shell(name: &str, script: &str) -> super::Finished {
    let log = env::temp_dir().join(format!("xtask-process-{name}-{}.log", process::id()));
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    let finished = run(command, &log, &mut Progress::on_terminal()).unwrap();
    assert_eq!(fs::read_to_string(&log).unwrap(), finished.output);
    fs::remove_file(&log).unwrap();
    finished
}

#[test]
fn both_outputs_are_kept_in_the_order_in_which_they_came() {
    let finished = shell("both", "echo out; echo err >&2; printf end; cat");
    assert!(finished.success);
    assert_eq!(finished.output, "out\nerr\nend");
}

#[test]
fn an_exit_code_that_is_not_0_is_a_failure() {
    assert!(!shell("fails", "exit 3").success);
}

#[test]
fn a_command_that_does_not_exist_is_named() {
    let log = env::temp_dir().join(format!("xtask-process-none-{}.log", process::id()));
    let command = Command::new("no-such-command");
    let error = run(command, &log, &mut Progress::on_terminal()).unwrap_err();
    fs::remove_file(&log).unwrap();
    assert!(error.to_string().contains("no-such-command"), "{error}");
}
