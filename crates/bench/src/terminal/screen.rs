//! [`Screen`]: a tmux server without a terminal of its own.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
    time::Duration,
};

use tokio::time::{sleep, timeout};

use crate::Failure;

/// Time limit for a text to appear.
const LIMIT: Duration = Duration::from_secs(60);

/// Time between two looks at the screen.
const LOOK: Duration = Duration::from_millis(2);

/// A tmux server, which ends with the value.
#[derive(Debug)]
pub(super) struct Screen {
    socket: String,
    program: PathBuf,
    home: PathBuf,
}

/// A chat in a window, which ends with the value.
#[derive(Debug)]
pub(super) struct Chat<'s> {
    screen: &'s Screen,
    pane: String,
    process: u32,
}

impl Screen {
    /// Starts the server. Chats have `home` as their home folder.
    pub(super) fn open(program: PathBuf, home: PathBuf) -> Result<Self, Failure> {
        let socket = format!("geppetto-bench-{}", std::process::id());
        let own = Self {
            socket,
            program,
            home,
        };
        let size = ["-x", "80", "-y", "24"];
        let mut command = own.tmux();
        command.args(["-f", "/dev/null", "new-session", "-d"]);
        command.args(size).args(["sleep", "infinity"]);
        done(command.output())?;
        Ok(own)
    }

    /// Starts a chat, without the environment of this process.
    pub(super) fn chat(&self, arguments: &str) -> Result<Chat<'_>, Failure> {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = self.tmux();
        command.args(["new-window", "-P", "-F", "#{pane_id} #{pane_pid}"]);
        command.args(["env", "-i", "TERM=tmux-256color", "LANG=C.UTF-8"]);
        command.arg("GEPPETTO_NO_DISCOVERY=1");
        command.arg(format!("PATH={path}"));
        command.arg(format!("HOME={}", self.home.display()));
        command.arg(&self.program).arg("chat");
        command.args(arguments.split_whitespace());
        let ids = done(command.output())?;
        let (pane, process) = ids.trim().split_once(' ').ok_or("tmux names no pane")?;
        Ok(Chat {
            screen: self,
            pane: pane.to_owned(),
            process: process.parse()?,
        })
    }

    fn tmux(&self) -> Command {
        let mut command = Command::new("tmux");
        command.args(["-L", &self.socket]);
        command
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.tmux().arg("kill-server").output();
    }
}

impl Chat<'_> {
    /// Sends keys, by their names in tmux.
    pub(super) fn send(&self, keys: &[&str]) -> Result<(), Failure> {
        let mut command = self.screen.tmux();
        command.args(["send-keys", "-t", &self.pane]).args(keys);
        done(command.output()).map(drop)
    }

    /// Waits until the screen has a text.
    pub(super) async fn shows(&self, text: &str) -> Result<(), Failure> {
        let look = async {
            loop {
                let mut command = self.screen.tmux();
                command.args(["capture-pane", "-p", "-t", &self.pane]);
                if done(command.output())?.contains(text) {
                    return Ok::<(), Failure>(());
                }
                sleep(LOOK).await;
            }
        };
        let found = timeout(LIMIT, look).await;
        found.map_err(|_| format!("the chat does not show {text:?}"))?
    }

    /// Returns the time that the threads of the chat have spent on a CPU.
    pub(super) fn cpu(&self) -> Result<Duration, Failure> {
        let mut nanos: u64 = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.process))? {
            // A thread may have ended.
            let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else {
                continue;
            };
            let first = text.split_whitespace().next();
            nanos += first.ok_or("schedstat has no numbers")?.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanos))
    }
}

impl Drop for Chat<'_> {
    fn drop(&mut self) {
        let mut command = self.screen.tmux();
        let _ = command.args(["kill-pane", "-t", &self.pane]).output();
    }
}

/// Returns the output of a command that succeeds.
fn done(output: std::io::Result<Output>) -> Result<String, Failure> {
    let output = output.map_err(|error| format!("tmux cannot be started: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
