//! [`Message`] and [`Effect`]: what an [`App`](super::App) is told, and what it requests.

use std::{path::PathBuf, sync::Arc};

use crossterm::event::KeyEvent;
use geppetto_engine::{PendingCall, RunStatus, SessionTotals};
use geppetto_turns::Turn;
use ratatui::layout::Size;

use crate::{
    Ending, Selection,
    backend::{Backend, Failure, Joined, Listed, Read, Request},
    commands::files::{Attached, Format},
};

/// What the terminal sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    Key(KeyEvent),
    Paste(String),
    Resize(Size),
    /// There will be nothing more: the terminal is gone.
    Closed,
}

/// Something that happened.
pub(crate) enum Message {
    Input(Input),
    /// The time of [`App::wake`](super::App::wake) has come.
    Tick,
    /// The system or another program ends the chat, for example with SIGTERM.
    Terminate(Ending),
    /// SIGINT, which another program sent: the key is an input.
    Interrupt,
    /// The program continues after it was suspended.
    Resumed(Size),
    Opened(Box<Opened>),
    NotOpened(Failure),
    Events(u64, Vec<Read>),
    /// News of the run with this number.
    Run(u64, FromRun),
    /// Tool calls of the session with this number wait.
    Waits(u64, Vec<PendingCall>),
    /// A line, and the end of the lines, of a chat without a terminal.
    Line(String),
    LastLine,
    Undone(Result<Turn, Failure>),
    Models(Result<Vec<String>, Failure>),
    Profiles(Result<Vec<String>, Failure>),
    Sessions(Result<Vec<Listed>, Failure>),
    Selected(Result<Selection, Failure>),
    Attached(Result<Attached, Failure>),
    Saved(Result<String, Failure>),
    /// A draft, and what the path at its end can be completed to.
    Paths(String, Vec<String>),
}

/// News of a run.
pub(crate) enum FromRun {
    Started {
        id: String,
    },
    /// It never started.
    Refused(Failure),
    Over(Box<Over>),
}

/// The end of a run.
pub(crate) struct Over {
    pub(crate) status: RunStatus,
    pub(crate) turn: Turn,
    pub(crate) totals: SessionTotals,
    /// Why the end is not stored, if it should be.
    pub(crate) not_stored: Option<String>,
}

/// Why a session was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    Start,
    New,
    Fork,
    Chosen,
    /// To show earlier turns of the session that is open.
    Again,
}

/// A session that was opened.
pub(crate) struct Opened {
    pub(crate) why: Why,
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) joined: Joined,
    /// Id of the inference that runs in this process.
    pub(crate) running: Option<String>,
}

/// Something to be done.
pub(crate) enum Effect {
    /// Makes a session the current one, and reads its events.
    Follow(u64, Box<Opened>),
    Start(u64, Box<Request>),
    /// Waits for the end of the running inference, which the chat did not start.
    Adopt(u64, String),
    /// Cancels the running inference.
    CancelRunning,
    AskWaits(u64),
    Undo,
    Create,
    Fork,
    Open(String),
    /// Opens the session again.
    Reopen,
    ListModels,
    ListProfiles,
    ListSessions,
    /// Lists what the path at the end of a draft can be completed to.
    ListPaths(String),
    SelectModel(String),
    SelectProfile(String),
    Attach {
        path: PathBuf,
        is_image: bool,
    },
    Save {
        path: PathBuf,
        format: Format,
        /// The conversation that is shown, as Markdown.
        markdown: String,
        /// Number of turns before it.
        earlier: usize,
    },
    /// Sends bytes to the terminal.
    Send(Vec<u8>),
    /// Copies a text to the buffers of tmux.
    CopyInTmux(String),
    /// Stops the program until it is continued.
    Suspend,
    /// Erases the screen of a new size.
    Restart(Size),
    RestartAtBottom(Size),
}

impl std::fmt::Debug for Effect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Follow(..) => "Follow",
            Self::Start(..) => "Start",
            Self::Adopt(..) => "Adopt",
            Self::CancelRunning => "CancelRunning",
            Self::AskWaits(_) => "AskWaits",
            Self::Undo => "Undo",
            Self::Create => "Create",
            Self::Fork => "Fork",
            Self::Open(_) => "Open",
            Self::Reopen => "Reopen",
            Self::ListModels => "ListModels",
            Self::ListProfiles => "ListProfiles",
            Self::ListSessions => "ListSessions",
            Self::ListPaths(_) => "ListPaths",
            Self::SelectModel(_) => "SelectModel",
            Self::SelectProfile(_) => "SelectProfile",
            Self::Attach { .. } => "Attach",
            Self::Save { .. } => "Save",
            Self::Send(_) => "Send",
            Self::CopyInTmux(_) => "CopyInTmux",
            Self::Suspend => "Suspend",
            Self::Restart(_) => "Restart",
            Self::RestartAtBottom(_) => "RestartAtBottom",
        })
    }
}
