//! [`Owner`]: the name under which a program owns its sessions.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
};

/// Number of programs that have a place at the same time. Others have a name of their own.
const PLACES: u32 = 64;

/// Kind of a program. Each kind has places, and thereby names, of its own: a server that starts again
/// finds its sessions although a chat was started in the meantime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A program that one person uses.
    Program,
    /// `geppetto serve`.
    Server,
}

impl Role {
    const ALL: [Self; 2] = [Self::Program, Self::Server];

    /// Returns the beginning of all names.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Program => "geppetto program ",
            Self::Server => "geppetto server ",
        }
    }

    /// Returns a name that no other program has.
    pub(crate) fn name_of_its_own(self) -> String {
        let ids = geppetto_engine::RandomIds::new();
        let id = geppetto_engine::IdSource::next_id(&ids);
        format!("{}{} {id}", self.prefix(), std::process::id())
    }

    fn path(self, store: &Path, place: u32) -> PathBuf {
        let kind = match self {
            Self::Program => "lock",
            Self::Server => "server-lock",
        };
        let mut name = store.as_os_str().to_owned();
        name.push(format!("-{kind}-{place}"));
        name.into()
    }
}

/// A place, which is a locked file beside the store, and the name that belongs to it.
///
/// The system releases the lock when the program ends, however it ends. The next program takes the
/// first free place, and with its name the sessions of the one that was killed, without waiting for
/// their leases to expire. No two running programs have the same place.
#[derive(Debug)]
pub(crate) struct Owner {
    name: String,
    /// Keeps the lock.
    _file: Option<File>,
}

impl Owner {
    /// Takes the first free place beside a store.
    pub(crate) fn claim(store: &Path, role: Role) -> Self {
        let prefix = role.prefix();
        for place in 1..=PLACES {
            let Some(mut file) = open(&role.path(store, place)) else {
                break;
            };
            if file.try_lock().is_ok() {
                // The number is for messages of other programs.
                let _ = file.set_len(0);
                let _ = file.rewind();
                let _ = write!(file, "{}", std::process::id());
                return Self {
                    name: format!("{prefix}{place} of {}", store.display()),
                    _file: Some(file),
                };
            }
        }
        // Without locks, a name that nobody else has; sessions of a killed program are free when
        // their leases expire.
        let name = format!("{prefix}with process {}", std::process::id());
        Self { name, _file: None }
    }

    /// Returns the name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

fn open(path: &Path) -> Option<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).ok()
}

/// Returns the message for a session that another program runs.
pub(crate) fn held(error: &geppetto_host::Error) -> String {
    let found = error.owner().and_then(|owner| {
        let mut roles = Role::ALL.into_iter();
        roles.find_map(|role| Some((role, owner.strip_prefix(role.prefix())?)))
    });
    let Some((role, place)) = found else {
        return error.to_string();
    };
    match (process_of(role, place), role) {
        (Some(process), Role::Program) => format!(
            "another geppetto (process {process}) runs this session; wait until it ends, or fork \
             the session with `geppetto sessions fork`"
        ),
        (Some(process), Role::Server) => format!(
            "`geppetto serve` (process {process}) has this session open; use its page, close the \
             conversation there and try again in 30 seconds, or fork the session with `geppetto \
             sessions fork`"
        ),
        (None, _) => "the program that ran this session was killed a moment ago, and may be \
             stopping; try again in 30 seconds, or fork the session with `geppetto sessions fork`"
            .to_owned(),
    }
}

/// Returns the process of a place, if it is taken.
fn process_of(role: Role, place: &str) -> Option<u32> {
    let (place, store) = place.split_once(" of ")?;
    let path = role.path(Path::new(store), place.parse().ok()?);
    let mut file = File::open(path).ok()?;
    if file.try_lock_shared().is_ok() {
        return None; // It was killed, and its lease has not expired.
    }
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
