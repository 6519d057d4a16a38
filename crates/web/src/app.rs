//! [`App`]: what the handlers share.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use geppetto_host::Host;
use geppetto_store::MemoryStore;
use http::StatusCode;

use crate::{
    Options, Problem, Profile, api::pending::Pending, guard::Rates, guard::Streams, hub::Hubs,
    openai, ui::Watches,
};

/// Number of sessions whose profile is remembered before their first message.
const MAX_CHOSEN: usize = 10_000;

/// What the handlers share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) host: Host,
    pub(crate) options: Options,
    pub(crate) hubs: Hubs,
    pub(crate) rates: Rates,
    pub(crate) streams: Streams,
    /// Runs conversations that are not stored.
    pub(crate) scratch: Option<Host>,
    /// Locks of the sessions in which responses start.
    pub(crate) locks: openai::Locks,
    /// Time at which the server started, in seconds since the Unix epoch.
    pub(crate) started: u64,
    pub(crate) watches: Watches,
    /// Messages that wait for an answer.
    pub(crate) pending: Arc<Pending>,
    /// Profiles that were chosen for sessions since the server started, by session.
    chosen: Mutex<HashMap<String, String>>,
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl App {
    pub(crate) fn new(host: Host, options: Options) -> Self {
        Self(Arc::new(Shared {
            rates: Rates::new(options.rate),
            streams: Streams::new(options.max_windows, options.max_windows_per_owner),
            scratch: options.openai.as_ref().map(|_| scratch(&host)),
            locks: openai::Locks::default(),
            started: openai::now(),
            host,
            options,
            hubs: Hubs::default(),
            watches: Watches::default(),
            pending: Arc::default(),
            chosen: Mutex::default(),
        }))
    }
}

/// Returns a host in memory that runs what `host` runs.
fn scratch(host: &Host) -> Host {
    let builder = Arc::clone(host.engine_builder());
    Host::builder(MemoryStore::new(), builder).build()
}

impl Shared {
    /// Remembers the profile of a session's next message.
    pub(crate) fn choose(&self, session: &str, profile: &str) -> Result<(), Problem> {
        self.known(profile)?;
        let mut chosen = self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        if chosen.len() >= MAX_CHOSEN {
            chosen.clear();
        }
        chosen.insert(session.to_owned(), profile.to_owned());
        Ok(())
    }

    pub(crate) fn forget(&self, session: &str) {
        let mut chosen = self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        chosen.remove(session);
    }

    /// Returns the profile that was chosen for a session and has not run yet.
    pub(crate) fn chosen(&self, session: &str) -> Option<String> {
        let chosen = self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        chosen.get(session).cloned()
    }

    /// Returns a profile by its name.
    pub(crate) fn known(&self, name: &str) -> Result<&Profile, Problem> {
        self.options.profile_named(name).ok_or_else(|| {
            let name: String = name.chars().take(80).collect();
            let detail = format!("there is no profile `{name}`");
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "no-such-profile", detail)
                .help("GET /profiles lists the profiles")
        })
    }
}
