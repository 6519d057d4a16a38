//! [`Approval`]: asks a person before a tool runs.

use std::{
    collections::HashSet,
    io::{BufRead as _, BufReader, IsTerminal as _, Write as _},
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use geppetto_engine::RunContext;
use geppetto_toolloop::{Rejection, Tool, ToolExecutor};
use geppetto_turns::{ToolCall, printable};
use tokio::sync::{Semaphore, oneshot};

/// Where a person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asks {
    /// On the terminal, while the run waits. Without one, calls are refused.
    Terminal,
    /// The run ends, and its interface asks.
    Interface,
}

/// Asks a person before a tool runs, unless it may run unasked.
#[derive(Debug)]
pub(crate) struct Approval {
    asks: Asks,
    unasked: Mutex<HashSet<String>>,
    /// One question at a time.
    turn: Semaphore,
}

/// What a person answered.
enum Answer {
    Yes,
    Always,
    No(String),
    Nobody,
}

impl Approval {
    pub(crate) fn new(asks: Asks, unasked: impl Iterator<Item = &'static str>) -> Self {
        let unasked = unasked.map(ToOwned::to_owned).collect();
        Self {
            asks,
            unasked: Mutex::new(unasked),
            turn: Semaphore::new(1),
        }
    }

    fn is_unasked(&self, tool: &str) -> bool {
        let unasked = self.unasked.lock().unwrap_or_else(PoisonError::into_inner);
        unasked.contains(tool)
    }

    async fn ask(&self, call: &ToolCall) -> Answer {
        let _turn = self.turn.acquire().await;
        if self.is_unasked(&call.name) {
            return Answer::Yes; // Since the question before this one.
        }
        let answer = on_terminal(&call.name, call.args.as_str()).await;
        if matches!(answer, Answer::Always) {
            let mut unasked = self.unasked.lock().unwrap_or_else(PoisonError::into_inner);
            unasked.insert(call.name.clone());
        }
        answer
    }
}

#[async_trait]
impl ToolExecutor for Approval {
    async fn is_allowed(
        &self,
        ctx: &RunContext,
        call: &ToolCall,
        _: &dyn Tool,
    ) -> Result<(), Rejection> {
        if self.is_unasked(&call.name) {
            return Ok(());
        }
        if self.asks == Asks::Interface {
            return Err(Rejection::wait(format!("Allow {}?", call.name)));
        }
        match ctx.off_the_clock(self.ask(call)).await {
            Answer::Yes | Answer::Always => Ok(()),
            Answer::No(why) if why.is_empty() => {
                Err(Rejection::new("the user does not allow this call"))
            }
            Answer::No(why) => Err(Rejection::new(format!(
                "the user does not allow this call: {why}"
            ))),
            Answer::Nobody => Err(Rejection::new(
                "the call needs the user's approval, and nobody can be asked; it was not run",
            )),
        }
    }
}

/// Asks on the terminal, whatever standard input is.
async fn on_terminal(tool: &str, arguments: &str) -> Answer {
    let question = format!(
        "\n{} {}\nRun it? [y]es, [a]lways in this session, [n]o, or why not: ",
        printable(tool),
        printable(&pretty(arguments))
    );
    let (sender, receiver) = oneshot::channel();
    // Nothing waits for this thread: a read from a terminal cannot be cancelled.
    std::thread::spawn(move || {
        // Nobody waits if the run was cancelled.
        let _ = sender.send(read_answer(&question));
    });
    let Some(answer) = receiver.await.ok().flatten() else {
        return Answer::Nobody;
    };
    let answer = answer.trim();
    match answer.to_lowercase().as_str() {
        "y" | "yes" => Answer::Yes,
        "a" | "always" => Answer::Always,
        "" | "n" | "no" => Answer::No(String::new()),
        _ => Answer::No(answer.to_owned()),
    }
}

/// Shows newlines in a command as newlines.
fn pretty(arguments: &str) -> String {
    let value: Result<serde_json::Value, _> = serde_json::from_str(arguments);
    let Ok(serde_json::Value::Object(fields)) = value else {
        return arguments.to_owned();
    };
    let fields = fields.iter().map(|(name, value)| match value.as_str() {
        Some(text) => format!("\n  {name}: {text}"),
        None => format!("\n  {name}: {value}"),
    });
    fields.collect()
}

fn read_answer(question: &str) -> Option<String> {
    let mut stderr = std::io::stderr();
    if !stderr.is_terminal() {
        return None;
    }
    #[cfg(unix)]
    let terminal = "/dev/tty";
    #[cfg(windows)]
    let terminal = "CONIN$";
    let terminal = std::fs::File::open(terminal).ok()?;
    stderr.write_all(question.as_bytes()).ok()?;
    stderr.flush().ok()?;
    let mut answer = String::new();
    match BufReader::new(terminal).read_line(&mut answer) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(answer),
    }
}
