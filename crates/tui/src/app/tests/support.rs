//! A chat on a terminal in memory.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use geppetto_enginebuilder::Builder;
use geppetto_session::Session;
use geppetto_testing::{Script, ScriptedEngine};
use ratatui::{
    backend::{Backend, ClearType, TestBackend, WindowSize},
    buffer::{Buffer, Cell},
    layout::{Position, Size},
};
use tokio::{sync::mpsc, task::JoinHandle, time::Instant};

use crate::{
    Chat, Ended, Error,
    app::{App, Input, Message, driver::Driver, event_loop::Console, event_loop::Running},
    environment::Environment,
    start,
    terminal::{screen::Screen, surface::Surface},
};

/// Number of times that a test looks at the screen, 5 ms of the paused clock apart: 20 s.
const LOOKS: usize = 4_000;

/// A terminal in memory, and what was sent to it other than by drawing.
#[derive(Clone)]
pub(crate) struct TestTerminal(pub(crate) Arc<Mutex<(TestBackend, Vec<u8>)>>);

impl TestTerminal {
    pub(crate) fn new(width: u16, height: u16) -> Self {
        let own = (TestBackend::new(width, height), Vec::new());
        Self(Arc::new(Mutex::new(own)))
    }

    fn with<T>(
        &self,
        act: impl FnOnce(&mut TestBackend) -> Result<T, std::convert::Infallible>,
    ) -> io::Result<T> {
        let Ok(done) = act(&mut self.0.lock().unwrap().0);
        Ok(done)
    }

    /// Writes rows at the top.
    pub(crate) fn write(&self, rows: &[&str]) {
        let mut own = self.0.lock().unwrap();
        let (width, height) = (own.0.buffer().area.width, own.0.buffer().area.height);
        let mut lines: Vec<String> = rows
            .iter()
            .map(|row| format!("{row:<0$}", usize::from(width)))
            .collect();
        lines.resize(height.into(), " ".repeat(width.into()));
        own.0 = TestBackend::with_lines(lines);
    }

    /// Returns the rows of the scrollback, and those of the screen.
    pub(crate) fn rows(&self) -> (Vec<String>, Vec<String>) {
        let own = self.0.lock().unwrap();
        (rows(own.0.scrollback()), rows(own.0.buffer()))
    }
}

fn rows(buffer: &Buffer) -> Vec<String> {
    let width = usize::from(buffer.area.width).max(1);
    let rows = buffer.content.chunks(width);
    rows.map(|row| {
        // The cells behind a wide character are not shown.
        let mut text = String::new();
        let mut hidden = 0;
        for cell in row {
            if hidden > 0 {
                hidden -= 1;
                continue;
            }
            text.push_str(cell.symbol());
            hidden = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
        }
        text.trim_end().to_owned()
    })
    .collect()
}

impl Backend for TestTerminal {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        self.with(|own| own.draw(content))
    }

    fn append_lines(&mut self, count: u16) -> io::Result<()> {
        self.with(|own| own.append_lines(count))
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.with(Backend::hide_cursor)
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.with(Backend::show_cursor)
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.with(Backend::get_cursor_position)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.with(|own| own.set_cursor_position(position))
    }

    fn clear(&mut self) -> io::Result<()> {
        self.with(Backend::clear)
    }

    fn clear_region(&mut self, of: ClearType) -> io::Result<()> {
        self.with(|own| own.clear_region(of))
    }

    fn size(&self) -> io::Result<Size> {
        self.with(|own| own.size())
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.with(Backend::window_size)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Surface for TestTerminal {
    fn begin_frame(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn end_frame(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.lock().unwrap().1.extend_from_slice(bytes);
        Ok(())
    }
}

/// Passes on what a test types.
pub(crate) struct TestConsole(mpsc::UnboundedReceiver<Message>, Size);

impl Console for TestConsole {
    async fn next(&mut self) -> Message {
        self.0.recv().await.unwrap_or_else(Message::closed)
    }

    fn suspend(&mut self) -> io::Result<Size> {
        Ok(self.1)
    }
}

/// A chat that runs in a task.
pub(crate) struct TestChat {
    pub(crate) terminal: TestTerminal,
    input: mpsc::UnboundedSender<Message>,
    task: JoinHandle<Result<Ended, Error>>,
}

impl TestChat {
    /// Starts a chat in a terminal of 60 by 16.
    pub(crate) fn start(chat: Chat) -> Self {
        Self::start_in(chat, 60, 16)
    }

    pub(crate) fn start_in(chat: Chat, width: u16, height: u16) -> Self {
        let terminal = TestTerminal::new(width, height);
        let (input, receiver) = mpsc::unbounded_channel();
        let size = Size::new(width, height);
        let backend = chat.backend();
        let models = chat.options.models.clone();
        let environment = Environment {
            is_terminal: true,
            has_colour: false,
            has_bracketed_paste: true,
            in_tmux: false,
        };
        let setup = start::setup(chat.options, &environment, size);
        let (driver, messages) = Driver::new(backend, models);
        let running = Running {
            app: App::new(setup, Instant::now()),
            screen: Screen::new(terminal.clone(), size, 0),
            console: TestConsole(receiver, size),
            driver,
            messages,
        };
        Self {
            terminal,
            input,
            task: tokio::spawn(running.run()),
        }
    }

    pub(crate) fn send(&self, message: Message) {
        self.input.send(message).expect("the chat runs");
    }

    pub(crate) fn press(&self, code: KeyCode, modifiers: KeyModifiers) {
        self.send(Message::Input(Input::Key(KeyEvent::new(code, modifiers))));
    }

    pub(crate) fn key(&self, code: KeyCode) {
        self.press(code, KeyModifiers::NONE);
    }

    pub(crate) fn control(&self, letter: char) {
        self.press(KeyCode::Char(letter), KeyModifiers::CONTROL);
    }

    /// Types a text; a line feed is Enter.
    pub(crate) fn types(&self, text: &str) {
        for letter in text.chars() {
            match letter {
                '\n' => self.key(KeyCode::Enter),
                letter => self.key(KeyCode::Char(letter)),
            }
        }
    }

    pub(crate) fn pastes(&self, text: &str) {
        self.send(Message::Input(Input::Paste(text.to_owned())));
    }

    pub(crate) fn resizes(&self, width: u16, height: u16) {
        self.terminal.0.lock().unwrap().0.resize(width, height);
        let size = Size::new(width, height);
        self.send(Message::Input(Input::Resize(size)));
    }

    /// Returns everything that was written, scrollback first.
    pub(crate) fn text(&self) -> String {
        let (mut scrollback, screen) = self.terminal.rows();
        scrollback.extend(screen);
        scrollback.join("\n")
    }

    /// Returns the rows of the screen that are not blank at the end.
    pub(crate) fn screen(&self) -> String {
        self.terminal.rows().1.join("\n").trim_end().to_owned()
    }

    /// Waits until the terminal shows a text.
    pub(crate) async fn shows(&self, text: &str) {
        self.until(text, |own| own.text().contains(text)).await;
    }

    /// Waits until the screen shows a text no more.
    pub(crate) async fn hides(&self, text: &str) {
        self.until(text, |own| !own.screen().contains(text)).await;
    }

    pub(crate) async fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        for _ in 0..LOOKS {
            // Twice, so that what was typed has an effect.
            tokio::time::sleep(Duration::from_millis(5)).await;
            if is_so(self) {
                return;
            }
        }
        panic!("waited for {what:?}; the screen is\n{}", self.text());
    }

    /// Waits until the chat takes a prompt and nothing runs.
    pub(crate) async fn is_ready(&self) {
        self.until("ready", |own| own.screen().contains("ready"))
            .await;
    }

    /// Returns the id of the session at the end.
    pub(crate) async fn ended(self) -> String {
        let ended = tokio::time::timeout(Duration::from_secs(30), self.task).await;
        let ended = ended.expect("the chat ends").expect("without a panic");
        ended.expect("without an error").session_id
    }
}

/// Returns a session that plays scripts.
pub(crate) fn session(scripts: impl IntoIterator<Item = Script>) -> Session {
    Session::new(Builder::new(ScriptedEngine::new(scripts)))
}

/// Starts a chat on a session that plays scripts, and waits until it is open.
pub(crate) async fn chat(scripts: impl IntoIterator<Item = Script>) -> TestChat {
    let chat = TestChat::start(Chat::new(session(scripts)));
    chat.is_ready().await;
    chat
}
