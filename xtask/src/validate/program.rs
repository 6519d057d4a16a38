//! [`Program`]: an example, run as a process of its own and talked to.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread::{self, JoinHandle},
    time::Duration,
};

use serde_json::Value;

use super::Model;
use super::{Setting, cargo_steps, process};
use crate::error::Error;

/// How long an example may be silent. The embedded provider writes many times a second; a real
/// one may think for minutes.
const SILENCE: Duration = Duration::from_secs(60);
const LIVE_SILENCE: Duration = Duration::from_secs(300);

/// An example that runs. It is killed when it is dropped before its end.
#[derive(Debug)]
pub(super) struct Program {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    stderr: Option<JoinHandle<String>>,
    log: File,
    silence: Duration,
}

/// Builds an example and returns the path of its program; the problem where it cannot be built.
pub(super) fn build(
    example: &str,
    setting: &mut Setting,
) -> Result<Result<PathBuf, String>, Error> {
    let log = setting.logs.join(format!("build-{example}.log"));
    let built = build_all(&[example], &log, setting)?;
    Ok(built.and_then(|mut built| {
        let path = built.remove(example);
        path.ok_or_else(|| format!("{example} has no program of that name"))
    }))
}

/// Builds packages and returns the paths of their programs by name; the problem where they cannot
/// be built.
pub(super) fn build_all(
    packages: &[&str],
    log: &Path,
    setting: &mut Setting,
) -> Result<Result<BTreeMap<String, PathBuf>, String>, Error> {
    let mut args = vec!["build", "--message-format", "json-render-diagnostics"];
    args.extend(packages.iter().flat_map(|package| ["--package", package]));
    let cargo = cargo_steps::cargo(&args, setting);
    let finished = process::run(cargo, log, &mut setting.progress)?;
    if !finished.success {
        let problem = super::output::compiler(&finished, &setting.metadata);
        return Ok(Err(problem.err().unwrap_or_default()));
    }
    let programs = finished.output.lines().filter_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let target = message.get("target")?.get("name")?.as_str()?;
        let executable = message.get("executable")?.as_str()?;
        Some((target.to_owned(), PathBuf::from(executable)))
    });
    Ok(Ok(programs.collect()))
}

impl Program {
    /// Starts an example that prints JSON lines, and asks the provider of the model.
    pub(super) fn start(
        path: &Path,
        args: &[&str],
        model: Model,
        log: &Path,
    ) -> Result<Self, Error> {
        let mut command = Command::new(path);
        command.args(args).args(["--output", "jsonl-full"]);
        let live = model != Model::Embedded;
        if !live {
            command.arg("--demo");
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|source| Error::Start {
            command: process::command_line(&command),
            source,
        })?;
        let log = File::create(log).map_err(|source| Error::Write {
            path: log.to_owned(),
            source,
        })?;
        let (sender, lines) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || {
                let lines = BufReader::new(stdout).lines().map_while(Result::ok);
                lines
                    .take_while(|line| sender.send(line.clone()).is_ok())
                    .count()
            });
        }
        let stderr = child.stderr.take();
        let stderr = stderr.map(|pipe| thread::spawn(move || read(BufReader::new(pipe))));
        Ok(Self {
            stdin: child.stdin.take(),
            child,
            lines,
            stderr,
            log,
            silence: if live { LIVE_SILENCE } else { SILENCE },
        })
    }

    /// Types a line.
    pub(super) fn type_line(&mut self, line: &str) -> Result<(), String> {
        let stdin = self.stdin.as_mut().ok_or("its input is closed already")?;
        writeln!(stdin, "{line}").map_err(|error| format!("it does not read its input: {error}"))
    }

    /// Ends the input.
    pub(super) fn end_input(&mut self) {
        self.stdin = None;
    }

    /// Presses Ctrl-C.
    pub(super) fn interrupt(&self) -> Result<(), String> {
        let pid = self.child.id().to_string();
        let sent = Command::new("sh")
            .args(["-c", "kill -INT \"$0\"", &pid])
            .status();
        match sent {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("cannot send it Ctrl-C: kill: {status}")),
            Err(error) => Err(format!("cannot send it Ctrl-C: {error}")),
        }
    }

    /// The next line that it prints; `None` when it prints no more.
    pub(super) fn next(&mut self) -> Result<Option<String>, String> {
        match self.lines.recv_timeout(self.silence) {
            Ok(line) => {
                // The log is for people who look at a failure; it is no failure itself.
                let _ = writeln!(self.log, "{line}");
                Ok(Some(line))
            }
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => {
                Err(format!("stuck, silent for {} s", self.silence.as_secs()))
            }
        }
    }

    /// Waits for the end, which the end of its output announces, and holds the exit code to be 0.
    pub(super) fn finish(mut self) -> Result<(), String> {
        while self.next()?.is_some() {}
        let status = self
            .child
            .wait()
            .map_err(|error| format!("cannot wait for it: {error}"))?;
        let said = self.stderr.take().and_then(|thread| thread.join().ok());
        let said = said.unwrap_or_default();
        let _ = writeln!(self.log, "{said}{status}");
        match status.success() {
            true => Ok(()),
            false => Err(format!(
                "{status}: {}",
                said.lines().last().unwrap_or_default()
            )),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail on a program that is over already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(pipe: impl BufRead) -> String {
    let lines = pipe.lines().map_while(Result::ok);
    lines.map(|line| line + "\n").collect()
}
