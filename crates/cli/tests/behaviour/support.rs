//! Runs the program in a home of its own, without the environment of the tests.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::AsyncWriteExt as _,
    process::{Child, Command},
};

/// After this time, a program is stuck.
const STUCK: Duration = Duration::from_secs(60);

/// After this time, a test is stuck. It ends the tests with its name: what waits for ever would say
/// nothing.
const STUCK_TEST: Duration = Duration::from_secs(240);

static FOLDERS: AtomicU32 = AtomicU32::new(0);

/// A home folder, deleted with the value.
pub(crate) struct Home {
    folder: PathBuf,
    _guard: mpsc::Sender<()>,
}

impl Home {
    pub(crate) fn new() -> Self {
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("geppetto-cli-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        // Paths in outputs are without symbolic links.
        Self {
            folder: folder.canonicalize().unwrap(),
            _guard: guard(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes a file, and returns its path.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Returns the program with arguments, separated by spaces in `line` and followed by `rest`.
    pub(crate) fn geppetto<'a>(&self, line: &str, rest: impl IntoIterator<Item = &'a str>) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_geppetto"));
        command
            .args(line.split_whitespace())
            .args(rest)
            .env_clear()
            .env("HOME", &self.folder)
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("GEPPETTO_NO_DISCOVERY", "1")
            .current_dir(&self.folder)
            .kill_on_drop(true);
        Run {
            command,
            input: Some(Vec::new()),
        }
    }

    /// Runs the program without input, and returns its output if it succeeds.
    pub(crate) async fn ok(&self, line: &str, last: &str) -> String {
        let ended = self
            .geppetto(line, (!last.is_empty()).then_some(last))
            .end()
            .await;
        assert_eq!(ended.code, 0, "{line}: {ended:?}");
        ended.out
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Ends the process if the test of this thread still has the value when it is stuck.
fn guard() -> mpsc::Sender<()> {
    let test = thread::current().name().unwrap_or_default().to_owned();
    let (guard, dropped) = mpsc::channel();
    thread::spawn(move || {
        if dropped.recv_timeout(STUCK_TEST) == Err(mpsc::RecvTimeoutError::Timeout) {
            // Not captured, as the output of `eprintln!` would be.
            let _ = writeln!(std::io::stderr(), "{test} is stuck after {STUCK_TEST:?}");
            std::process::abort();
        }
    });
    guard
}

/// A program that was not started.
pub(crate) struct Run {
    command: Command,
    input: Option<Vec<u8>>,
}

/// A program that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    pub(crate) fn input(mut self, input: impl AsRef<[u8]>) -> Self {
        self.input = Some(input.as_ref().to_owned());
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<Path>) -> Self {
        self.command.env(name, value.as_ref());
        self
    }

    /// Starts the program with pipes.
    pub(crate) fn start(mut self) -> Child {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Starts the program without input.
    pub(crate) fn background(self) -> Child {
        let mut child = self.start();
        drop(child.stdin.take());
        child
    }

    /// Runs the program to its end.
    pub(crate) async fn end(mut self) -> Ended {
        let input = self.input.take().unwrap_or_default();
        let mut child = self.start();
        let mut stdin = child.stdin.take().unwrap();
        let write = async move {
            // The program may end without reading.
            let _ = stdin.write_all(&input).await;
        };
        let run = async { tokio::join!(child.wait_with_output(), write).0 };
        let output = tokio::time::timeout(STUCK, run)
            .await
            .expect("the program ends")
            .unwrap();
        Ended {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    /// Returns the output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Checks the exit code and a part of the message.
    #[track_caller]
    pub(crate) fn fails_with(&self, code: i32, part: &str) {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.contains(part), "{part:?} is not in {self:?}");
        assert_eq!(self.out, "", "nothing but answers goes to standard output");
    }
}
