//! The example chat, and files of its sessions.

use std::{path::PathBuf, process::Command, sync::OnceLock};

use crate::terminal::{Terminal, unique};

/// Returns the path of the example, which is built first: with the features of all packages, as by
/// a test of the workspace.
fn chat() -> &'static PathBuf {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let built = Command::new(env!("CARGO"))
            .args(["build", "-q", "--workspace", "--example", "chat"])
            .status();
        assert!(built.unwrap().success(), "the example is built");
        let test = std::env::current_exe().unwrap();
        let profile = test.parent().unwrap().parent().unwrap();
        profile.join("examples/chat")
    })
}

/// A file of sessions, which is removed at the end.
pub(crate) struct Store(PathBuf);

impl Store {
    pub(crate) fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(unique(name));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self) -> String {
        self.0.join("sessions.db").display().to_string()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Terminal {
    /// Creates a terminal that runs the chat, with an argument.
    pub(crate) fn with_chat(width: u16, height: u16, argument: &str) -> Self {
        let own = Self::new(width, height);
        own.run_chat(argument);
        own.shows("/help shows keys").is_ready();
        own
    }

    /// Runs the chat in the shell.
    pub(crate) fn run_chat(&self, argument: &str) {
        self.runs(&format!("{} {argument}", chat().display()));
    }

    /// Waits until nothing runs.
    pub(crate) fn is_ready(&self) -> &Self {
        self.shows("ready")
    }
}
