//! Cassettes: interactions with a real provider, recorded once and replayed in every test run.
//!
//! A [`Cassette`] is an [`HttpTransport`] backed by a folder of interactions. While recording, it
//! sends requests through a real transport and stores the replies; while replaying, it replies from
//! the folder and opens no socket. A recorded interaction that is not requested, and a request that
//! was not recorded, both fail the test.
//!
//! ```no_run
//! use geppetto_testing::cassette::Cassette;
//! use geppetto_transport::{HttpClient, ReqwestTransport};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Replays; records anew with `GEPPETTO_RECORD=1` in the environment.
//! let cassette = Cassette::from_env("tests/cassettes/weather", ReqwestTransport::new)?;
//! let client = HttpClient::new(cassette.transport());
//! // Give `client` to the engine (`ChatEngine::builder(..).http_client(client)`), run, then:
//! cassette.finish()?;
//! # Ok(())
//! # }
//! ```
//!
//! # The folder
//!
//! One folder per interaction, in the order of the requests: `001-chat-completions` and so on.
//!
//! | file | holds |
//! |---|---|
//! | `meta.json` | status, content type, path, some headers, how the body ended |
//! | `request.json` | the body of the request, pretty-printed JSON |
//! | `response.sse`, `response.json` or `response.txt` | the body of the reply, byte for byte |
//!
//! The files are meant to be read and reviewed by people. Secrets of the request (keys, secret
//! headers, user info and key parameters of the URL) and everything formatted like an API key are
//! replaced by `***` before anything is written, on both sides. Prompts and replies are written
//! unchanged.
//!
//! # Matching of requests
//!
//! A request is answered by the first unused interaction with the same method, the same path and an
//! equal JSON body, regardless of the order of keys. Interactions without `request.json` match any
//! body. Requests must therefore be reproducible: use [`SeededIds`](geppetto_engine::SeededIds) for
//! the session if ids are sent to the provider.
//!
//! A replayed body arrives in one chunk. A reply that broke off during the recording breaks off
//! again, and one that the client stopped reading (a cancelled run) stays open after its last byte.

use std::{
    env, fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use geppetto_transport::{HttpTransport, Request, Response, TransportError};

mod difference;
mod interaction;
mod record;
mod replay;

#[cfg(test)]
mod tests;

use record::Recorder;
use replay::Replayer;

/// Environment variable that makes [`Cassette::from_env`] record: `1` or `true`.
const RECORD_VARIABLE: &str = "GEPPETTO_RECORD";

/// A folder of interactions that is recorded or replayed. See the [module](self).
///
/// Call [`finish`](Self::finish) at the end of the test. Dropping a cassette checks it as well, and
/// panics on a failed check, unless the test is already panicking.
#[must_use = "a cassette checks at its end that every interaction was used"]
pub struct Cassette {
    tape: Tape,
    finished: bool,
}

#[derive(Clone)]
enum Tape {
    Record(Arc<Recorder>),
    Replay(Arc<Replayer>),
}

impl Cassette {
    /// Opens a folder for replaying.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read, contains no interactions, or contains an invalid one.
    pub fn replay(folder: impl AsRef<Path>) -> Result<Self, CassetteError> {
        let replayer = Replayer::open(folder.as_ref())?;
        Ok(Self::of(Tape::Replay(Arc::new(replayer))))
    }

    /// Records into a folder, which is created. Existing interactions in it are removed.
    ///
    /// # Errors
    ///
    /// If the folder cannot be created, or an existing interaction cannot be removed.
    pub fn record(
        folder: impl AsRef<Path>,
        transport: impl HttpTransport + 'static,
    ) -> Result<Self, CassetteError> {
        let recorder = Recorder::create(folder.as_ref(), Arc::new(transport))?;
        Ok(Self::of(Tape::Record(Arc::new(recorder))))
    }

    /// Records through the transport returned by `make` if the environment variable
    /// `GEPPETTO_RECORD` is `1` or `true`; otherwise replays, without calling `make`.
    ///
    /// # Errors
    ///
    /// The errors of [`record`](Self::record), [`replay`](Self::replay) and `make`.
    pub fn from_env<T: HttpTransport + 'static>(
        folder: impl AsRef<Path>,
        make: impl FnOnce() -> Result<T, TransportError>,
    ) -> Result<Self, CassetteError> {
        let records = env::var(RECORD_VARIABLE).is_ok_and(|value| value == "1" || value == "true");
        if !records {
            return Self::replay(folder);
        }
        let transport = make().map_err(|error| CassetteError::new(error.to_string()))?;
        Self::record(folder, transport)
    }

    fn of(tape: Tape) -> Self {
        Self {
            tape,
            finished: false,
        }
    }

    /// Returns the transport for an [`HttpClient`](geppetto_transport::HttpClient).
    #[must_use]
    pub fn transport(&self) -> CassetteTransport {
        CassetteTransport(self.tape.clone())
    }

    fn is_recording(&self) -> bool {
        matches!(self.tape, Tape::Record(_))
    }

    /// Finishes the cassette and checks it.
    ///
    /// # Errors
    ///
    /// While replaying, if a request was not recorded or an interaction was not requested; the
    /// message names each. While recording, if an interaction could not be written.
    pub fn finish(mut self) -> Result<(), CassetteError> {
        self.finished = true;
        self.check()
    }

    fn check(&self) -> Result<(), CassetteError> {
        match &self.tape {
            Tape::Record(recorder) => recorder.check(),
            Tape::Replay(replayer) => replayer.check(),
        }
    }
}

impl Drop for Cassette {
    #[allow(
        clippy::panic,
        reason = "a test that does not finish its cassette must fail"
    )]
    fn drop(&mut self) {
        if self.finished || std::thread::panicking() {
            return;
        }
        if let Err(error) = self.check() {
            panic!("{error}");
        }
    }
}

impl fmt::Debug for Cassette {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cassette")
            .field("recording", &self.is_recording())
            .finish_non_exhaustive()
    }
}

/// Transport of a [`Cassette`]. Cheap to clone.
#[derive(Clone)]
pub struct CassetteTransport(Tape);

#[async_trait]
impl HttpTransport for CassetteTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        match &self.0 {
            Tape::Record(recorder) => recorder.send(request).await,
            Tape::Replay(replayer) => replayer.answer(&request),
        }
    }
}

impl fmt::Debug for CassetteTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Tape::Record(_) => "CassetteTransport(recording)",
            Tape::Replay(_) => "CassetteTransport(replaying)",
        })
    }
}

/// Error of a cassette that cannot be read or written, or whose replay differed from the recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CassetteError {
    message: String,
}

impl CassetteError {
    fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }

    fn io(what: &str, path: &Path, error: &io::Error) -> Self {
        Self::new(format!("cannot {what} {}: {error}", path.display()))
    }
}

impl fmt::Display for CassetteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CassetteError {}

/// Returns the folders of interactions in `folder`, sorted by name; none if it does not exist.
fn interactions(folder: &Path) -> Result<Vec<PathBuf>, CassetteError> {
    let unreadable = |error: &io::Error| CassetteError::io("read the cassette", folder, error);
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(&error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| unreadable(&error))?.path();
        if path.join(interaction::META).is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
