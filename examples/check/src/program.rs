//! [`Program`]: a program with its arguments, environment and input; [`Running`]: a running one.

use std::{
    ffi::OsStr,
    io::{self, BufRead, BufReader, Read, Write},
    path::Path,
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

use crate::Output;

/// Variables that would direct an example to a real server or change its output.
const SETTINGS: &[&str] = &[
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_MODEL",
    "NO_COLOR",
];

/// The prefix of variables with settings.
const PREFIX: &str = "PINOCCHIO_";

/// The default limit on silence. The demo provider writes many times a second.
const SILENCE: Duration = Duration::from_secs(60);

/// A program and its arguments, environment and input.
#[derive(Debug)]
#[must_use]
pub struct Program {
    command: Command,
    stdin: String,
    silence: Duration,
    echo: bool,
}

/// A running program. Dropping it kills the program.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    stderr: Receiver<String>,
    silence: Duration,
    echo: bool,
}

impl Program {
    /// The program at `path`, such as `env!("CARGO_BIN_EXE_name")`. It runs without the settings of
    /// the environment and of the user's files.
    pub fn new(path: impl AsRef<Path>) -> Self {
        let mut command = Command::new(path.as_ref());
        for name in SETTINGS {
            command.env_remove(name);
        }
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with(PREFIX) {
                command.env_remove(name);
            }
        }
        // No files of the user's either. The folder does not exist.
        let nowhere = std::env::temp_dir().join("example-check-without-settings");
        for home in ["HOME", "XDG_CONFIG_HOME", "APPDATA", "USERPROFILE"] {
            command.env(home, &nowhere);
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self {
            command,
            stdin: String::new(),
            silence: SILENCE,
            echo: false,
        }
    }

    /// The program at `path`, with the settings of the environment.
    pub fn with_environment(path: impl AsRef<Path>) -> Self {
        let mut program = Self::new(path);
        for (name, value) in SETTINGS
            .iter()
            .filter_map(|n| Some((n, std::env::var_os(n)?)))
        {
            program.command.env(name, value);
        }
        program
    }

    /// Sets a variable.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets the user's home folder, which has the files of settings: `.config/pinocchio`.
    pub fn home(self, folder: &Path) -> Self {
        self.env("HOME", folder)
            .env("XDG_CONFIG_HOME", folder.join(".config"))
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// Adds arguments.
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    /// Sets the input of [`run`](Self::run); empty by default.
    pub fn stdin(mut self, text: impl Into<String>) -> Self {
        self.stdin = text.into();
        self
    }

    /// Sets how long the program may print nothing before it counts as stuck; 60 seconds by
    /// default.
    pub fn silence(mut self, longest: Duration) -> Self {
        self.silence = longest;
        self
    }

    /// Copies the output of the program to the stderr of this process.
    pub fn echo(mut self) -> Self {
        self.echo = true;
        self
    }

    /// Gives the program a stdout without a reader, so that its first write fails.
    ///
    /// # Errors
    ///
    /// If the operating system cannot create a pipe.
    pub fn closed_stdout(mut self) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        drop(reader);
        self.command.stdout(writer);
        Ok(self)
    }

    /// Starts the program.
    ///
    /// # Errors
    ///
    /// If the program cannot be started: the problem.
    pub fn start(mut self) -> Result<Running, String> {
        let child = self.command.spawn();
        let mut child = child.map_err(|error| format!("cannot start: {error}"))?;
        let (sender, lines) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            thread::spawn(move || {
                let mut stdout = BufReader::new(stdout);
                while let Some(line) = next_line(&mut stdout) {
                    if sender.send(line).is_err() {
                        break;
                    }
                }
            });
        }
        let (sender, stderr) = mpsc::channel();
        if let Some(pipe) = child.stderr.take() {
            // Nobody receives the output of a program that was stuck.
            thread::spawn(move || sender.send(read_all(pipe)).ok());
        }
        Ok(Running {
            stdin: child.stdin.take(),
            child,
            lines,
            stderr,
            silence: self.silence,
            echo: self.echo,
        })
    }

    /// Runs the program to completion.
    ///
    /// # Errors
    ///
    /// If the program cannot be started or is stuck: the problem.
    pub fn try_run(mut self) -> Result<Output, String> {
        let stdin = std::mem::take(&mut self.stdin);
        let mut running = self.start()?;
        if let Some(mut pipe) = running.stdin.take() {
            // A program that does not read has closed its end; its output decides.
            let _ = pipe.write_all(stdin.as_bytes());
        }
        running.output()
    }

    /// Runs the program to completion.
    ///
    /// # Panics
    ///
    /// If the program cannot be started or is stuck.
    #[allow(clippy::panic, reason = "a test fails by panicking")]
    pub fn run(self) -> Output {
        self.try_run().unwrap_or_else(|problem| panic!("{problem}"))
    }
}

impl Running {
    /// Types a line.
    ///
    /// # Errors
    ///
    /// If the program does not read its input: the problem.
    pub fn type_line(&mut self, line: &str) -> Result<(), String> {
        let stdin = self.stdin.as_mut().ok_or("its input is closed already")?;
        writeln!(stdin, "{line}").map_err(|error| format!("it does not read its input: {error}"))
    }

    /// Closes the input.
    pub fn end_input(&mut self) {
        self.stdin = None;
    }

    /// Sends Ctrl-C.
    ///
    /// # Errors
    ///
    /// If the system has no `sh`, or the program has already been waited for: the problem.
    pub fn interrupt(&self) -> Result<(), String> {
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

    /// Returns `true` if the program has ended.
    pub fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }

    /// Returns the next line that the program prints, including its line ending; `None` at the end
    /// of the output.
    ///
    /// # Errors
    ///
    /// If the program is stuck: the problem.
    pub fn next_line(&mut self) -> Result<Option<String>, String> {
        match self.lines.recv_timeout(self.silence) {
            Ok(line) => {
                self.copy(&line);
                Ok(Some(line))
            }
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => Err(self.stuck()),
        }
    }

    /// Closes the input and reads until the program has ended.
    ///
    /// # Errors
    ///
    /// If the program is stuck: the problem.
    pub fn output(mut self) -> Result<Output, String> {
        self.end_input();
        let (stdout, stderr, status) = self.rest()?;
        Ok(Output {
            stdout,
            stderr,
            code: status.code(),
        })
    }

    /// Waits until the program, whose input is closed, has succeeded.
    ///
    /// # Errors
    ///
    /// If the program is stuck, or its exit code is not 0: the problem.
    pub fn finish(mut self) -> Result<(), String> {
        let (_, stderr, status) = self.rest()?;
        if status.success() {
            return Ok(());
        }
        let said = stderr.lines().last().unwrap_or_default();
        Err(format!("{status}: {said}"))
    }

    fn rest(&mut self) -> Result<(String, String, ExitStatus), String> {
        let mut stdout = String::new();
        while let Some(line) = self.next_line()? {
            stdout.push_str(&line);
        }
        let stderr = self.stderr.recv_timeout(self.silence);
        let stderr = stderr.map_err(|_| self.stuck())?;
        self.copy(&stderr);
        let status = self.child.wait();
        let status = status.map_err(|error| format!("cannot wait for it: {error}"))?;
        Ok((stdout, stderr, status))
    }

    fn stuck(&self) -> String {
        format!("stuck, silent for {} s", self.silence.as_secs())
    }

    /// For a person who looks into a failure; a failed write loses nothing.
    fn copy(&self, text: &str) {
        if self.echo {
            let _ = io::stderr().write_all(text.as_bytes());
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail on a program that has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads the next line, including its line ending; invalid UTF-8 is replaced. A read error ends the
/// output.
fn next_line(pipe: &mut impl BufRead) -> Option<String> {
    let mut line = Vec::new();
    let read = pipe.read_until(b'\n', &mut line).unwrap_or(0);
    (read > 0).then(|| String::from_utf8_lossy(&line).into_owned())
}

fn read_all(mut pipe: impl Read) -> String {
    let mut bytes = Vec::new();
    // A read error ends the output; the bytes before it count.
    let _ = pipe.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}
