//! The start of a chat in a terminal.

use std::io;

use ratatui::{backend::CrosstermBackend, layout::Size};
use tokio::time::Instant;

use crate::{
    Chat, Ended, Error,
    app::{App, Setup, driver::Driver, event_loop::Running},
    environment::Environment,
    terminal::{
        console::{self, TtyConsole},
        screen::Screen,
        tty::{self, Tty},
    },
    view::theme::Theme,
};

/// Size of the buffer in front of the terminal: a frame is written at once.
const BUFFER: usize = 32 * 1024;

/// Runs a chat in the terminal of the process. Returns how the chat ended.
pub(crate) async fn in_terminal(chat: Chat, environment: &Environment) -> Result<Ended, Error> {
    let tty = Tty::open()?;
    let size = console::size()?;
    let row = tty::cursor_row();
    let out = io::BufWriter::with_capacity(BUFFER, io::stdout());
    let mut screen = Screen::new(CrosstermBackend::new(out), size, row.unwrap_or_default());
    if row.is_none() {
        screen.restart_at_bottom(size)?;
    }
    let backend = chat.backend();
    let options = chat.options;
    let (driver, messages) = Driver::new(backend, options.models.clone());
    let running = Running {
        app: App::new(setup(options, environment, size), Instant::now()),
        screen,
        console: TtyConsole::new(tty)?,
        driver,
        messages,
    };
    running.run().await
}

/// Returns the configuration of a chat.
pub(crate) fn setup(options: crate::chat::Options, environment: &Environment, size: Size) -> Setup {
    let theme = if environment.has_colour {
        Theme::coloured()
    } else {
        Theme::plain()
    };
    Setup {
        theme,
        size,
        title: options.title,
        notices: options.notices,
        selection: options.selection,
        system: options.system,
        tools: options.tools,
        no_tools_hint: options.no_tools_hint,
        first_prompt: options.first_prompt,
        approval: options.approval,
        has_bracketed_paste: environment.has_bracketed_paste,
        in_tmux: environment.in_tmux,
    }
}
