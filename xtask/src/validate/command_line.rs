//! The item that holds every example to the manners of a command: `--help` works, unknown options
//! are refused, and a closed output (`| head`) ends it quietly.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use super::{Setting, outcome::Outcome, program};
use crate::error::Error;

#[cfg(test)]
mod tests;

/// An option that no example has.
const UNKNOWN: &str = "--no-such-option";

/// Variables that would send an example to a real server.
const SETTINGS: &[&str] = &["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"];

/// Maximum time for one run of an example.
const LIMIT: Duration = Duration::from_secs(60);

/// Builds all examples and tries the command line of each.
pub(super) fn check(setting: &mut Setting) -> Result<Outcome, Error> {
    let folders: Vec<(String, PathBuf)> = programs(setting);
    let names: Vec<&str> = folders.iter().map(|(name, _)| name.as_str()).collect();
    let log = setting.logs.join("build-examples.log");
    let built = match program::build_all(&names, &log, setting)? {
        Ok(built) => built,
        Err(problem) => return Ok(Outcome::failed(problem).with_log(log)),
    };
    for (name, folder) in &folders {
        setting.progress.show(name);
        let Some(path) = built.get(name) else {
            return Ok(Outcome::failed(format!(
                "{name} has no program of its name"
            )));
        };
        if let Err(problem) = behaves(|| Command::new(path), folder) {
            return Ok(Outcome::failed(format!("{name}: {problem}")));
        }
    }
    Ok(Outcome::passed(format!("{} examples", folders.len())))
}

/// The examples that are programs, with their folders.
fn programs(setting: &Setting) -> Vec<(String, PathBuf)> {
    let packages = setting.metadata.packages.iter();
    packages
        .filter_map(|package| {
            let folder = package.manifest_path.parent()?;
            let is_example = setting.metadata.folder(package).starts_with("examples/");
            (is_example && folder.join("src/main.rs").exists())
                .then(|| (package.name.clone(), folder.to_owned()))
        })
        .collect()
}

/// Tries the command line of one program. `program` is the command that starts it.
fn behaves(program: impl Fn() -> Command, folder: &Path) -> Result<(), String> {
    let help = run(program().arg("--help").stdout(Stdio::piped()))?;
    if !help.success || !help.stdout.contains("Usage:") {
        return Err(format!("--help does not print the usage: {}", help.said()));
    }
    let unknown = run(program().arg(UNKNOWN).stdout(Stdio::piped()))?;
    if unknown.success || !unknown.stderr.contains(UNKNOWN) {
        return Err(format!("{UNKNOWN} is not refused: {}", unknown.said()));
    }
    // The reader is gone before the program starts, so its first write fails.
    let (reader, writer) = io::pipe().map_err(|error| format!("cannot make a pipe: {error}"))?;
    drop(reader);
    let mut command = program();
    command.stdout(writer);
    if help.stdout.contains("--demo") {
        command.arg("--demo");
    }
    let sample = folder.join("sample.jsonl");
    if sample.exists() {
        command.arg(sample);
    }
    let closed = run(&mut command)?;
    if !closed.success || closed.stderr.contains("panicked") {
        return Err(format!(
            "a closed output does not end it quietly: {}",
            closed.said()
        ));
    }
    Ok(())
}

/// What a program printed, and whether it succeeded.
#[derive(Debug)]
struct Finished {
    success: bool,
    stdout: String,
    stderr: String,
}

impl Finished {
    /// The last line that it printed, preferably to stderr.
    fn said(&self) -> &str {
        let mut lines = self.stdout.lines().chain(self.stderr.lines());
        lines
            .rfind(|line| !line.trim().is_empty())
            .unwrap_or("nothing")
    }
}

/// Runs a program without input and without settings from the environment.
fn run(command: &mut Command) -> Result<Finished, String> {
    for name in SETTINGS {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .map_err(|error| format!("cannot start: {error}"))?;
    let result = wait(&mut child);
    if result.is_err() {
        // Both fail only if it has ended meanwhile.
        let _ = child.kill();
        let _ = child.wait();
    }
    result
}

/// Reads both outputs to their ends, within the limit.
fn wait(child: &mut Child) -> Result<Finished, String> {
    let stdout = read(child.stdout.take());
    let stderr = read(child.stderr.take());
    let text = |output: &mpsc::Receiver<String>| {
        output
            .recv_timeout(LIMIT)
            .map_err(|_| format!("it does not end within {} s", LIMIT.as_secs()))
    };
    let (stdout, stderr) = (text(&stdout)?, text(&stderr)?);
    let status = child
        .wait()
        .map_err(|error| format!("cannot wait for it: {error}"))?;
    Ok(Finished {
        success: status.success(),
        stdout,
        stderr,
    })
}

fn read(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // A read error ends the output; what came before is judged.
            let _ = pipe.read_to_end(&mut bytes);
        }
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}
