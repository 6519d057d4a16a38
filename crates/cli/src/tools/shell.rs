//! `run_command`.

use std::{
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use geppetto_toolloop::{FnTool, ToolContext, ToolError, tool_fn};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::{Child, Command},
    time::timeout,
};

/// Default and maximum time limit of a command, in seconds.
const SECONDS: u64 = 60;
const MOST_SECONDS: u64 = 600;

/// Maximum size of the output and of the errors of a command, in bytes: half of it from the start,
/// half from the end.
const MOST: usize = 64 << 10;

/// Time for reading what is left in the pipes of a command that ended.
const REST: Duration = Duration::from_secs(1);

/// Variables that a command sees. Everything else, such as keys, it does not.
const VARIABLES: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TERM",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SYSTEMROOT",
    "COMSPEC",
    "PATHEXT",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
];

#[derive(Deserialize, JsonSchema)]
struct RunCommand {
    /// The command, for the shell.
    command: String,
    /// Time limit in seconds: 60 by default, at most 600.
    timeout_seconds: Option<u64>,
}

pub(super) fn tool(folder: PathBuf) -> FnTool {
    let run = move |args: RunCommand, ctx: ToolContext| {
        let folder = folder.clone();
        async move { run(&args, folder, &ctx).await }
    };
    let about = "Runs a shell command, without input; returns its output and exit code";
    tool_fn("run_command", about, run)
        .exclusive()
        .timeout(Duration::from_secs(MOST_SECONDS + 10))
        .output_limit(2 * MOST + 1_000)
}

async fn run(args: &RunCommand, folder: PathBuf, ctx: &ToolContext) -> Result<String, ToolError> {
    let seconds = args
        .timeout_seconds
        .unwrap_or(SECONDS)
        .clamp(1, MOST_SECONDS);
    let mut group = Group::start(&args.command, folder)?;
    let mut texts = (Text::default(), Text::default());
    let ended = follow(&mut group, &mut texts, seconds, ctx).await?;
    let said = format!(
        "{}{}",
        section("output", &texts.0),
        section("errors", &texts.1)
    );
    match ended.map(|status| status.code()) {
        Some(Some(code)) => Ok(format!("exit code {code}\n{said}")),
        Some(None) => Ok(format!("ended by a signal\n{said}")),
        None if ctx.is_cancelled() => Err(ToolError::new(format!("cancelled\n{said}"))),
        None => Err(ToolError::new(format!(
            "the command was killed after {seconds} seconds\n{said}"
        ))),
    }
}

/// Reads what a command writes, until it has ended or is killed. Returns `None` if it was killed.
async fn follow(
    group: &mut Group,
    (output, errors): &mut (Text, Text),
    seconds: u64,
    ctx: &ToolContext,
) -> Result<Option<ExitStatus>, ToolError> {
    let (out, err) = (group.child.stdout.take(), group.child.stderr.take());
    let read = async { tokio::join!(collect(out, output), collect(err, errors)) };
    tokio::pin!(read);
    let mut is_read = false;
    let ended = {
        let wait = async {
            loop {
                tokio::select! {
                    status = group.child.wait() => return status,
                    _ = &mut read, if !is_read => is_read = true,
                }
            }
        };
        tokio::select! {
            ended = timeout(Duration::from_secs(seconds), wait) => ended.ok().transpose()?,
            () = ctx.cancelled() => None,
        }
    };
    // Also what the command left running, which would keep the pipes open.
    group.kill();
    if !is_read {
        // A process that left the group can keep them open nevertheless.
        let _ = timeout(REST, read).await;
    }
    Ok(ended)
}

fn section(name: &str, text: &Text) -> String {
    let text = text.shown();
    let text = text.trim_end();
    if text.is_empty() {
        String::new()
    } else {
        format!("{name}:\n{text}\n")
    }
}

/// A command with everything that it starts, which is killed with the value.
struct Group {
    child: Child,
    #[cfg(unix)]
    id: Option<rustix::process::Pid>,
}

impl Group {
    fn start(command: &str, folder: PathBuf) -> Result<Self, ToolError> {
        #[cfg(unix)]
        let (shell, flag) = ("sh", "-c");
        #[cfg(windows)]
        let (shell, flag) = ("cmd", "/C");
        let is_kept = |name: &str| {
            VARIABLES.iter().any(|own| own.eq_ignore_ascii_case(name)) || name.starts_with("LC_")
        };
        let kept = std::env::vars_os();
        let kept = kept.filter(|(name, _)| name.to_str().is_some_and(is_kept));
        let mut shell = Command::new(shell);
        shell
            .args([flag, command])
            .current_dir(folder)
            .env_clear()
            .envs(kept)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        shell.process_group(0);
        let child = shell.spawn();
        let child =
            child.map_err(|error| ToolError::new(format!("cannot start the shell: {error}")))?;
        Ok(Self {
            #[cfg(unix)]
            id: child
                .id()
                .and_then(|id| i32::try_from(id).ok())
                .and_then(rustix::process::Pid::from_raw),
            child,
        })
    }

    fn kill(&mut self) {
        #[cfg(unix)]
        if let Some(id) = self.id.take() {
            // It may have ended.
            let _ = rustix::process::kill_process_group(id, rustix::process::Signal::KILL);
        }
        let _ = self.child.start_kill();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The start and the end of an output.
#[derive(Default)]
struct Text {
    start: Vec<u8>,
    end: std::collections::VecDeque<u8>,
    omitted: usize,
}

impl Text {
    fn push(&mut self, bytes: &[u8]) {
        let (start, rest) = bytes.split_at(bytes.len().min(MOST / 2 - self.start.len()));
        self.start.extend_from_slice(start);
        self.end.extend(rest);
        let surplus = self.end.len().saturating_sub(MOST / 2);
        self.end.drain(..surplus);
        self.omitted += surplus;
    }

    fn shown(&self) -> String {
        let start = String::from_utf8_lossy(&self.start);
        let end: Vec<u8> = self.end.iter().copied().collect();
        let end = String::from_utf8_lossy(&end);
        if self.omitted == 0 {
            return format!("{start}{end}");
        }
        format!("{start}\n[{} bytes are left out]\n{end}", self.omitted)
    }
}

async fn collect(pipe: Option<impl AsyncRead + Unpin>, text: &mut Text) {
    let Some(mut pipe) = pipe else { return };
    let mut buffer = vec![0; 8 << 10];
    while let Ok(read) = pipe.read(&mut buffer).await {
        if read == 0 {
            break;
        }
        text.push(buffer.get(..read).unwrap_or_default());
    }
}
