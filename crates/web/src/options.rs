//! [`Options`]: configuration of the routes.

use std::{fmt, sync::Arc, time::Duration};

use http::request::Parts;

use crate::{Owner, Profile, openai::OpenAi, owner::FindOwner};

/// Configuration of the [`router`](crate::router).
///
/// The defaults are those of a chat on the user's own machine: requests for `localhost` and loopback
/// addresses alone, and one user.
#[derive(Clone)]
#[must_use = "options do nothing until they are passed to `router`"]
pub struct Options {
    pub(crate) owner: Option<FindOwner>,
    pub(crate) hosts: Vec<String>,
    pub(crate) any_host: bool,
    pub(crate) origins: Vec<String>,
    pub(crate) profiles: Vec<Profile>,
    pub(crate) max_body: usize,
    pub(crate) rate: Option<(u32, u32)>,
    pub(crate) max_windows: usize,
    pub(crate) max_windows_per_owner: usize,
    pub(crate) keep_alive: Duration,
    pub(crate) retry: Duration,
    pub(crate) title: String,
    pub(crate) notices: Vec<String>,
    pub(crate) page: bool,
    pub(crate) openai: Option<OpenAi>,
    pub(crate) stop_when_left: bool,
    pub(crate) forward: Forward,
}

/// What happens to a request for a session that another process owns, whose address is known
/// ([`HostBuilder::address`](geppetto_host::HostBuilder::address)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Forward {
    /// It is handled here: reads show what is stored, and changes are refused with 409. The default.
    #[default]
    Nothing,
    /// The client is sent to the owner with status 307 and the owner's address, which it must be able
    /// to reach. Browsers do not send their credentials to another origin.
    Redirect,
    /// The request is passed to the owner over HTTP/1.1 without TLS, and its reply to the client; a
    /// stream as it arrives. If the owner cannot be reached, the request is handled here. For networks
    /// that are trusted.
    Proxy,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            owner: None,
            hosts: Vec::new(),
            any_host: false,
            origins: Vec::new(),
            profiles: Vec::new(),
            max_body: 8 << 20,
            rate: Some((20, 60)),
            max_windows: 4_096,
            max_windows_per_owner: 64,
            keep_alive: Duration::from_secs(15),
            retry: Duration::from_secs(1),
            title: "Chat".to_owned(),
            notices: Vec::new(),
            page: true,
            openai: None,
            stop_when_left: false,
            forward: Forward::default(),
        }
    }
}

impl Options {
    /// Creates the default configuration.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the function that names the owner of a request, for applications with several users.
    /// `None` refuses the request with 401. By default, all sessions belong to one user.
    ///
    /// The function sees the head of the request, with the extensions that the application's
    /// middleware has set.
    pub fn owner(mut self, find: impl Fn(&Parts) -> Option<Owner> + Send + Sync + 'static) -> Self {
        self.owner = Some(Arc::new(find));
        self
    }

    /// Takes the owner from the extension [`Owner`] that the application's middleware sets.
    /// Requests without it are refused with 401.
    pub fn owner_from_extension(self) -> Self {
        self.owner(|parts| parts.extensions.get::<Owner>().cloned())
    }

    /// Sets what happens to a request for a session that another process owns, where several share a
    /// store. [`Forward::Nothing`] by default.
    pub fn forward(mut self, forward: Forward) -> Self {
        self.forward = forward;
        self
    }

    /// Accepts requests for this host, such as `chat.example.com`, with any port, in addition to
    /// `localhost` and loopback addresses.
    ///
    /// Requests for other hosts are refused, because a page of another site can make its own host
    /// name resolve to this server (DNS rebinding).
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into().to_ascii_lowercase());
        self
    }

    /// Accepts requests for any host, for servers whose reverse proxy checks it.
    pub fn any_host(mut self) -> Self {
        self.any_host = true;
        self
    }

    /// Accepts requests from pages of this origin, such as `https://app.example.com`, with
    /// credentials (CORS). None by default: only pages of the server itself may send requests.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        let origin = origin.into().to_ascii_lowercase();
        self.origins.push(origin.trim_end_matches('/').to_owned());
        self
    }

    /// Adds a profile that users can choose. The first one is the default.
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profiles.push(profile);
        self
    }

    /// Sets the maximum size of a request's body, in bytes. 8 MiB by default; larger ones are refused
    /// with 413. Images are part of the body, in base64.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Sets the rate of requests per second and owner that change something, and how many may come
    /// at once; further ones are refused with 429. 20 per second and 60 at once by default.
    pub fn rate(mut self, per_second: u32, at_once: u32) -> Self {
        self.rate = Some((per_second.max(1), at_once.max(1)));
        self
    }

    /// Sets the maximum number of open event streams, in all and per owner; further ones are refused
    /// with 503. 4,096 and 64 by default.
    pub fn max_streams(mut self, all: usize, per_owner: usize) -> Self {
        (self.max_windows, self.max_windows_per_owner) = (all, per_owner);
        self
    }

    /// Sets the time after which an event stream without events sends a comment, so that proxies do
    /// not close it. 15 s by default.
    pub fn keep_alive(mut self, time: Duration) -> Self {
        self.keep_alive = time;
        self
    }

    /// Sets the time after which a browser reconnects to a lost event stream. 1 s by default.
    pub fn reconnect_after(mut self, time: Duration) -> Self {
        self.retry = time;
        self
    }

    /// Sets the title of the page. `Chat` by default.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Adds a line that the page shows before the first message, such as which model answers.
    pub fn notice(mut self, notice: impl Into<String>) -> Self {
        self.notices.push(notice.into());
        self
    }

    /// Cancels runs that interfaces of the AI SDK and AG-UI started when their last reader closes its
    /// connection. By default they continue: these protocols have no other way to stop an answer, but
    /// a page that is loaded again closes its connection too. A next message ends a run that nobody
    /// reads in any case.
    pub fn stop_when_left(mut self) -> Self {
        self.stop_when_left = true;
        self
    }

    /// Serves no page, for applications with an interface of their own.
    pub fn without_page(mut self) -> Self {
        self.page = false;
        self
    }

    /// Serves the OpenAI API too, at `/v1`, so that its clients can use the engine with its tools,
    /// middleware and profiles. Off by default.
    pub fn openai(mut self, openai: OpenAi) -> Self {
        self.openai = Some(openai);
        self
    }

    /// Returns the profile with a name.
    pub(crate) fn profile_named(&self, name: &str) -> Option<&Profile> {
        self.profiles.iter().find(|own| own.name == name)
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("hosts", &self.hosts)
            .field("origins", &self.origins)
            .field("profiles", &self.profiles)
            .field("max_body", &self.max_body)
            .finish_non_exhaustive()
    }
}
