//! [`App`]: the state of a chat. It changes by messages, and requests effects; it knows no terminal,
//! no runtime and no clock but the time of each message.

use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use geppetto_engine::SessionTotals;
use geppetto_timeline::Timeline;
use ratatui::layout::Size;
use tokio::time::Instant;

use crate::{
    Ended, Ending, Error, Selection, error,
    input::{burst::Burst, editor::Editor, history::History},
    view::{theme::Theme, transcript::Transcript},
};

mod approval;
mod commands;
pub(crate) mod driver;
pub(crate) mod event_loop;
mod frame;
mod keys;
mod menu;
mod message;
mod question;
mod runs;
mod session;
mod typed_lines;

#[cfg(test)]
pub(crate) mod tests;

use approval::Approval;
use menu::{Menu, Panel};
pub(crate) use message::{Effect, FromRun, Input, Message, Opened, Over, Why};
use runs::{Active, Draft, EndedRun};

/// Time within which a resized terminal settles.
const SETTLE: Duration = Duration::from_millis(75);

/// Time between two frames of the spinner.
const SPIN: Duration = Duration::from_millis(120);

/// Time limit for storing the end of a run when the person quits.
pub(crate) const QUIT: Duration = Duration::from_secs(2);

/// Configuration of an [`App`].
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) theme: Theme,
    pub(crate) size: Size,
    pub(crate) title: Option<String>,
    pub(crate) notices: Vec<String>,
    pub(crate) selection: Selection,
    pub(crate) system: Option<String>,
    pub(crate) tools: Vec<(String, String)>,
    pub(crate) no_tools_hint: Option<String>,
    pub(crate) first_prompt: Option<String>,
    pub(crate) approval: Duration,
    pub(crate) has_bracketed_paste: bool,
    pub(crate) in_tmux: bool,
}

/// State of a chat.
#[derive(Debug)]
pub(crate) struct App {
    setup: Setup,
    size: Size,
    timeline: Timeline,
    /// Number of turns of the session before those in the timeline.
    earlier: usize,
    transcript: Transcript,
    /// Id of the open session.
    session: String,
    /// Number of the open session. Messages of earlier ones are ignored.
    epoch: u64,
    /// `true` once a session is open.
    is_open: bool,
    editor: Editor,
    history: History,
    burst: Burst,
    /// `true` if the draft replaces the last prompt.
    is_edit: bool,
    attached: Vec<crate::commands::files::Attached>,
    run: Option<Active>,
    /// Number of the last run.
    token: u64,
    /// A run that is over, whose last event has not arrived.
    ended: Option<EndedRun>,
    /// Id of the run whose last event arrived last.
    last_read: Option<String>,
    /// Prompts that follow the running one.
    queued: VecDeque<Draft>,
    approval: Option<Approval>,
    /// Tools that are allowed without asking, in this session.
    always: BTreeSet<String>,
    menu: Option<Menu>,
    /// Menu that opens once its items are listed.
    wanted: Option<menu::Kind>,
    panel: Option<Panel>,
    flash: Option<Flash>,
    selection: Selection,
    /// System prompt that the next run sets.
    system: Option<String>,
    /// System prompt of the session when it was opened.
    opened_system: Option<String>,
    /// Names that were listed, and what is shown next to each.
    models: Vec<(String, String)>,
    profiles: Vec<(String, String)>,
    sessions: Vec<(String, String)>,
    /// Draft whose path is being completed.
    listing: Option<String>,
    totals: SessionTotals,
    /// Duration of the last run.
    last_time: Option<Duration>,
    /// Time at which the chat ends, whatever is stored.
    quit_at: Option<Instant>,
    /// `true` if the last key was Ctrl+C, so that another one quits.
    is_interrupted: bool,
    is_done: bool,
    /// Why the chat ends.
    ending: Ending,
    /// Why the session could not be opened.
    failure: Option<String>,
    /// Time at which a new size takes effect, and that size.
    resize: Option<(Instant, Size)>,
    /// `true` if the next frame starts with what was written before.
    rewrites: bool,
    /// Lines of the application that were not written yet.
    banner: Vec<String>,
    /// Time of the last key.
    last_key: Option<Instant>,
    /// Time of the last message.
    now: Instant,
    effects: Vec<Effect>,
}

/// A message of one line to the person, until the next key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flash {
    pub(crate) text: String,
    pub(crate) is_error: bool,
}

impl App {
    /// Creates the state before the session is open.
    pub(crate) fn new(mut setup: Setup, now: Instant) -> Self {
        let mut banner: Vec<String> = setup.title.take().into_iter().collect();
        banner.append(&mut setup.notices);
        Self {
            size: setup.size,
            timeline: Timeline::new(),
            earlier: 0,
            transcript: Transcript::new(setup.theme),
            session: String::new(),
            epoch: 0,
            is_open: false,
            editor: Editor::default(),
            history: History::default(),
            burst: Burst::new(!setup.has_bracketed_paste),
            is_edit: false,
            attached: Vec::new(),
            run: None,
            token: 0,
            ended: None,
            last_read: None,
            queued: VecDeque::new(),
            approval: None,
            always: BTreeSet::new(),
            menu: None,
            wanted: None,
            panel: None,
            flash: None,
            selection: setup.selection.clone(),
            system: None,
            opened_system: None,
            models: Vec::new(),
            profiles: Vec::new(),
            sessions: Vec::new(),
            listing: None,
            totals: SessionTotals::default(),
            last_time: None,
            quit_at: None,
            is_interrupted: false,
            is_done: false,
            ending: Ending::Quit,
            failure: None,
            resize: None,
            rewrites: false,
            banner,
            last_key: None,
            now,
            effects: Vec::new(),
            setup,
        }
    }

    /// Returns the end of the chat.
    ///
    /// # Errors
    ///
    /// If the session could not be opened.
    pub(crate) fn ended(&self) -> Result<Ended, Error> {
        match &self.failure {
            Some(failure) => Err(error::Kind::Session(failure.clone()).into()),
            None => Ok(Ended {
                session_id: self.session.clone(),
                ending: self.ending,
            }),
        }
    }

    /// Returns `true` once the chat is over.
    pub(crate) fn is_done(&self) -> bool {
        self.is_done
    }

    /// Returns `true` if the terminal has a size that is not in effect yet, so that nothing can be
    /// drawn.
    pub(crate) fn is_resizing(&self) -> bool {
        self.resize.is_some()
    }

    /// Applies a message. Returns what is to be done.
    pub(crate) fn update(&mut self, message: Message, now: Instant) -> Vec<Effect> {
        self.now = now;
        match message {
            Message::Input(Input::Key(key)) => self.on_key(key),
            Message::Input(Input::Paste(text)) => self.on_paste(&text),
            Message::Input(Input::Resize(size)) => self.resize = Some((now + SETTLE, size)),
            Message::Input(Input::Closed) => self.quit(),
            Message::Terminate(ending) => {
                self.ending = ending;
                self.quit();
            }
            Message::Interrupt => self.interrupt(),
            Message::Resumed(size) => self.on_resumed(size),
            Message::Tick => self.on_tick(),
            Message::Opened(opened) => self.on_opened(*opened),
            Message::NotOpened(what) if !self.is_open => {
                self.failure = Some(what);
                self.is_done = true;
            }
            Message::NotOpened(what) => self.error(what),
            Message::Events(epoch, read) => {
                if epoch == self.epoch {
                    self.on_read(read);
                }
            }
            Message::Run(token, what) => self.on_run(token, what),
            Message::Waits(epoch, waits) => {
                if epoch == self.epoch {
                    self.ask(waits);
                }
            }
            Message::Line(line) => self.on_line(&line),
            Message::LastLine => self.on_last_line(),
            Message::Undone(result) => self.on_undone(result),
            Message::Models(names) => self.on_names("model", names),
            Message::Profiles(names) => self.on_names("profile", names),
            Message::Sessions(listed) => self.on_sessions(listed),
            Message::Selected(result) => self.on_selected(result),
            Message::Attached(result) => self.on_attached(result),
            Message::Paths(draft, paths) => self.on_paths(&draft, paths),
            Message::Saved(result) => match result {
                Ok(path) => self.say(format!("saved as {path}")),
                Err(what) => self.error(what),
            },
        }
        std::mem::take(&mut self.effects)
    }

    /// Returns the time at which a [`Message::Tick`] is due; `None` if nothing happens by itself.
    pub(crate) fn wake(&self) -> Option<Instant> {
        let spinner = self.run.as_ref().map(|run| {
            let frames = run.frames(self.now) + 1;
            run.started + SPIN * u32::try_from(frames).unwrap_or(u32::MAX)
        });
        let resize = self.resize.map(|(at, _)| at);
        let approval = self.approval.as_ref().map(Approval::deadline);
        let times = [
            spinner,
            resize,
            approval,
            self.quit_at,
            self.ended.as_ref().map(|own| own.until),
            self.burst.held_until(),
        ];
        times.into_iter().flatten().min()
    }

    fn on_tick(&mut self) {
        if self.burst.release(self.now) {
            self.submit();
        }
        if let Some((_, size)) = self.resize.take_if(|(at, _)| *at <= self.now) {
            self.size = size;
            self.rewrites = true;
            self.effects.push(Effect::Restart(size));
        }
        if self.quit_at.is_some_and(|at| at <= self.now) {
            self.is_done = true;
        }
        self.check_deadline();
        let now = self.now;
        self.sync_ended(|own| own.until <= now);
    }

    fn on_resumed(&mut self, size: Size) {
        self.size = size;
        self.resize = None;
        self.effects.push(Effect::RestartAtBottom(size));
    }

    /// Writes the visible part of the conversation again.
    fn rewrite(&mut self) {
        self.rewrites = true;
        self.effects.push(Effect::Restart(self.size));
    }

    /// Ends the chat: a run is cancelled, and its end is stored.
    fn quit(&mut self) {
        if self.run.is_none() || self.quit_at.is_some() {
            self.is_done = true;
            return;
        }
        self.queued.clear();
        self.quit_at = Some(self.now + QUIT);
        self.cancel();
    }

    fn say(&mut self, text: impl Into<String>) {
        let (text, is_error) = (text.into(), false);
        self.flash = Some(Flash { text, is_error });
    }

    fn error(&mut self, text: impl Into<String>) {
        let (text, is_error) = (text.into(), true);
        self.flash = Some(Flash { text, is_error });
    }
}
