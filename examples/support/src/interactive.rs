//! [`interact`]: a conversation over standard input, one run per prompt.

use std::io::{self, BufRead, IsTerminal, Write};

use geppetto_session::Session;
use tokio::sync::mpsc;

use crate::{
    Failure, Printer, Provider,
    interrupts::Interrupts,
    program::{converse_until, say},
};

/// Reads prompts from standard input, one per line, and converses until the input ends.
///
/// Ctrl-C during a run cancels it and returns to the prompt; Ctrl-C at the prompt ends the program.
/// A failed run is reported, and the next prompt is read.
///
/// # Errors
///
/// If Ctrl-C ended the conversation, if the output was closed, if the input cannot be read, or if a
/// setting is invalid.
pub async fn interact(
    session: &Session,
    provider: &Provider,
    printer: &Printer,
) -> Result<(), Failure> {
    let mut prompts = prompts();
    let at_terminal = io::stdin().is_terminal() && io::stderr().is_terminal();
    if at_terminal {
        say("Enter a prompt. Ctrl-C cancels an answer, Ctrl-D quits.");
    }
    loop {
        if at_terminal {
            ask();
        }
        // A Ctrl-C that came too late for the previous run is not meant for the prompt.
        let mut interrupts = Interrupts::listen();
        let prompt = tokio::select! {
            prompt = prompts.recv() => match prompt {
                None => {
                    if at_terminal {
                        say(""); // Ctrl-D leaves the cursor behind the prompt.
                    }
                    return Ok(());
                }
                Some(prompt) => prompt?,
            },
            () = interrupts.next() => {
                if at_terminal {
                    say(""); // So does Ctrl-C.
                }
                return Err(Failure::Interrupted);
            }
        };
        if prompt.trim().is_empty() {
            continue;
        }
        match converse_until(session, &prompt, provider, printer, &mut interrupts).await {
            Ok(()) => {}
            Err(Failure::Interrupted) => {
                say("cancelled (Ctrl-C or Ctrl-D to quit)");
            }
            Err(Failure::Run(error)) => say(&format!("error: {error}")),
            Err(other) => return Err(other),
        }
    }
}

/// The lines of standard input.
///
/// A thread reads them, and nothing waits for it: a blocking read from a terminal cannot be
/// cancelled, and tokio's own reader would keep the program from ending until the next line.
fn prompts() -> mpsc::Receiver<Result<String, Failure>> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let unreadable =
                |error| Failure::Setting(format!("cannot read standard input: {error}"));
            let last = line.is_err();
            if sender.blocking_send(line.map_err(unreadable)).is_err() || last {
                break;
            }
        }
    });
    receiver
}

/// Shows that the program waits for a prompt. A broken stderr cannot be reported anywhere better.
fn ask() {
    let mut stderr = io::stderr();
    let _ = write!(stderr, "\n> ");
    let _ = stderr.flush();
}
