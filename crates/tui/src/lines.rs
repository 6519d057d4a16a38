//! A chat without a terminal: prompts from standard input, answers to standard output.

use std::io::{self, BufRead as _, IsTerminal as _, Write};

use geppetto_events::{EventSink, printer::HumanPrinter};
use geppetto_turns::printable;
use ratatui::layout::Size;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use crate::{
    Chat, Ended, Ending, Error,
    app::{App, Message, driver::Driver},
    backend::Read,
    environment::Environment,
    start,
    terminal::signals::{Signal, Signals},
};

#[cfg(test)]
mod tests;

/// Size of a screen that nothing is drawn on.
const SIZE: Size = Size::new(80, 24);

/// Number of lines that are read ahead.
const AHEAD: usize = 16;

/// Runs a chat on standard input and output. Returns how the chat ended.
pub(crate) async fn run(chat: Chat, environment: &Environment) -> Result<Ended, Error> {
    let (sender, lines) = mpsc::channel(AHEAD);
    // A thread of its own, which does not delay the end of the process while it waits for a line.
    std::thread::spawn(move || {
        for line in io::stdin().lock().split(b'\n') {
            let Ok(line) = line else { return };
            let line = String::from_utf8_lossy(&line)
                .trim_end_matches('\r')
                .to_owned();
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    let mut lines = Lines {
        lines,
        notes: io::stderr(),
        has_prompt: io::stdin().is_terminal(),
        asked: None,
        was_ready: false,
    };
    let printer = HumanPrinter::new(io::stdout()).with_notes(io::stderr());
    lines.run(chat, environment, &printer).await
}

/// Where lines come from, and where those go that are not answers.
struct Lines<N> {
    lines: mpsc::Receiver<String>,
    notes: N,
    /// `true` if a prompt is shown, because a person types.
    has_prompt: bool,
    /// The question that was shown last.
    asked: Option<String>,
    /// `true` if the prompt is shown.
    was_ready: bool,
}

impl<N: Write> Lines<N> {
    async fn run<W: Write + Send, M: Write + Send>(
        &mut self,
        chat: Chat,
        environment: &Environment,
        printer: &HumanPrinter<W, M>,
    ) -> Result<Ended, Error> {
        let backend = chat.backend();
        let options = chat.options;
        let (mut driver, mut messages) = Driver::new(backend, options.models.clone());
        let setup = start::setup(options, environment, SIZE);
        let mut app = App::new(setup, Instant::now());
        let mut signals = Signals::new()?;
        while !app.is_done() {
            self.show(&mut app)?;
            let (wake, is_ready) = (app.wake(), app.wants_line());
            let message = tokio::select! {
                biased;
                Some(message) = messages.recv() => message,
                line = self.lines.recv(), if is_ready => {
                    self.was_ready = false;
                    line.map_or(Message::LastLine, Message::Line)
                }
                signal = signals.next() => match signal {
                    Signal::Terminate => Message::Terminate(Ending::Terminated),
                    Signal::Interrupt if self.has_prompt => Message::Interrupt,
                    // In a script, Ctrl-C is for all of it.
                    Signal::Interrupt => Message::Terminate(Ending::Interrupted),
                    Signal::Continue => continue,
                },
                () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {
                    Message::Tick
                }
            };
            if let Message::Events(_, read) = &message {
                print(read, printer);
            }
            let is_unread = printer.error().is_some();
            let mut effects = app.update(message, Instant::now());
            if is_unread {
                effects.extend(app.update(Message::Terminate(Ending::Quit), Instant::now()));
            }
            for effect in effects {
                driver.perform(effect);
            }
        }
        if self.was_ready && self.has_prompt {
            // The shell's prompt is on a line of its own.
            writeln!(self.notes)?;
        }
        self.show(&mut app)?;
        app.ended()
    }

    /// Shows what there is besides the events.
    fn show(&mut self, app: &mut App) -> io::Result<()> {
        let mut lines = app.take_lines();
        let question = app.line_question();
        if question != self.asked {
            lines.extend(question.clone());
            self.asked = question;
        }
        for line in lines {
            writeln!(self.notes, "{}", printable(&line))?;
        }
        let is_ready = app.wants_line();
        if is_ready && !self.was_ready && self.has_prompt {
            write!(self.notes, "> ")?;
            self.notes.flush()?;
        }
        self.was_ready = is_ready;
        Ok(())
    }
}

/// Prints events.
fn print(read: &[Read], printer: &impl EventSink) {
    for one in read {
        if let Read::Event(event) = one {
            printer.publish(event);
        }
    }
}
