//! [`Wire`]: the format of a provider.

use std::fmt;

use geppetto_engine::EngineError;
use geppetto_turns::{DataKey, Turn};
use serde_json::{Map, Value, json};

use crate::{Fold, Settings, engine::limit, settings::UNSENT};

mod request;
mod server;

pub use request::WireRequest;
pub use server::{KeyHeader, Server};

/// Format of a provider: converts a turn to a request, and the frames of the reply to blocks.
///
/// A wire is created once per engine and shared by all of its calls; it keeps no state of a call.
/// For each call, [`WireEngine`](crate::WireEngine) performs these steps, on the task that called
/// `run_inference`:
///
/// | step | method | called | on an error |
/// |---|---|---|---|
/// | settings of turn and engine | [`adapt`](Self::adapt) | once | the call fails, nothing is published |
/// | the request | [`request`](Self::request) | once, before anything is published | the call fails, nothing is published |
/// | a fold for an attempt | [`fold`](Self::fold) | once per attempt, even if it is refused | |
/// | the reply | [`Fold`] | see there | see there |
/// | another form of the request | [`remedy`](Self::remedy) | after each failure without output, until there is none | |
/// | marks on the blocks | [`settle`](Self::settle) | once, however the reply ended, unless the future is dropped | |
///
/// An attempt is retried with the same request, which is why the request is built only once. No
/// method may block or wait; the engine does all waiting.
pub trait Wire: fmt::Debug + Sized + Send + Sync + 'static {
    /// Options specific to this wire, for
    /// [`WireEngineBuilder::options`](crate::WireEngineBuilder::options).
    type Options: Clone + Default + fmt::Debug + Send + Sync + 'static;

    /// Parser of a reply.
    type Fold: Fold;

    /// Name of the provider in results and events, unless the builder sets another one.
    const PROVIDER: &'static str;

    /// Base URL, unless the builder sets another one.
    const BASE_URL: &'static str;

    /// Path of replies, if it is the same for all requests. It is removed from the end of a base
    /// URL that already includes it. Empty by default.
    const PATH: &'static str = "";

    /// Name of a reply in errors: "the server sent an event that is not `FORMAT`".
    const FORMAT: &'static str;

    /// Separation of the frames of a stream.
    const FRAMES: Frames = Frames::Sse;

    /// Key in the data of a turn for an object of request fields that are passed through unchanged
    /// ([`Settings::extra`]). None by default.
    const PASSED_THROUGH: Option<DataKey<Value>> = None;

    /// Request fields that cannot be passed through, because the wire sets them.
    const RESERVED: &'static [&'static str] = &[];

    /// Creates the wire of an engine. Called once, when the engine is built.
    ///
    /// # Errors
    ///
    /// An error of kind [`Configuration`](geppetto_engine::ErrorKind::Configuration) if an option
    /// is invalid, or one that the server requires is missing. The message names the setting.
    fn new(options: Self::Options, server: &Server) -> Result<Self, EngineError>;

    /// Returns the header that carries the API key, unless the builder sets another one.
    /// `authorization: Bearer` by default.
    fn key_header(&self) -> KeyHeader {
        KeyHeader::Bearer
    }

    /// Returns the header that carries a token of a
    /// [`TokenSource`](geppetto_transport::TokenSource), unless the builder sets another one. That of
    /// the API key by default.
    fn token_header(&self) -> KeyHeader {
        self.key_header()
    }

    /// Adapts the settings of a call before its request is built: omits those that the server or
    /// the model is known to refuse ([`Settings::leave_out`]), which reports them to the user. Does
    /// nothing by default.
    ///
    /// # Errors
    ///
    /// An error of kind `Configuration` if a setting of the turn cannot be read.
    fn adapt(&self, settings: &mut Settings, turn: &Turn) -> Result<(), EngineError> {
        let _ = (settings, turn);
        Ok(())
    }

    /// Builds the request: path, headers, body. The engine adds the base URL, the key, `accept` and
    /// the headers of the builder.
    ///
    /// Must be a pure function of its arguments: as long as a history only grows at its end, the
    /// messages of the previous request should be a byte-for-byte prefix of the new one's, so that
    /// prompt caches hit. Start from [`repair`](geppetto_turns::repair()), which makes any history
    /// valid.
    ///
    /// # Errors
    ///
    /// An error of kind `Configuration` if the turn contains nothing to send
    /// ([`nothing_to_send`](crate::request::nothing_to_send)), or something that cannot be sent.
    fn request(&self, call: &Inference<'_>) -> Result<WireRequest, EngineError>;

    /// Creates a fold for the reply to one attempt.
    fn fold(&self, call: &Inference<'_>) -> Self::Fold;

    /// Returns another form of the request, for a server that refuses this one because of its
    /// contents: reasoning signed for another account, or a setting that the model does not have.
    ///
    /// Called if the call failed and none of its reply was published. If it returns a remedy, which
    /// is announced, [`request`](Self::request) is called again, and the call is repeated: at most
    /// once with [`Inference::is_remedied`] ([`Remedy::new`]), and once per setting that is omitted
    /// ([`Remedy::without`]), at most five times in all. `None` by default.
    fn remedy(&self, call: &Inference<'_>, error: &EngineError) -> Option<Remedy> {
        let _ = (call, error);
        None
    }

    /// Marks the blocks of the turn from index `first` on, which the reply created, with
    /// information needed when they are sent back, for example who can read signed contents
    /// ([`Origin::mark`](crate::rules::Origin::mark)). Does nothing by default.
    fn settle(&self, call: &Settled<'_>, turn: &mut Turn) {
        let _ = (call, turn);
    }
}

/// Separation of the frames of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[non_exhaustive]
pub enum Frames {
    /// Server-sent events. JSON lines are accepted as well.
    #[default]
    Sse,
    /// JSON values, one per line. Server-sent events are accepted as well. If a stream is
    /// requested, a single object is a line too: the first line does not wait for a second one.
    JsonLines,
}

/// A provider call, as input for its request.
#[derive(Debug, Clone, Copy)]
pub struct Inference<'a> {
    pub(crate) turn: &'a Turn,
    pub(crate) settings: &'a Settings,
    pub(crate) is_remedied: bool,
}

impl<'a> Inference<'a> {
    /// Creates a call for `turn`, for unit tests of a wire.
    #[must_use]
    pub fn new(turn: &'a Turn, settings: &'a Settings) -> Self {
        Self {
            turn,
            settings,
            is_remedied: false,
        }
    }

    /// Sets whether this is the other form of the call.
    #[must_use]
    pub fn with_remedy(mut self, is_remedied: bool) -> Self {
        self.is_remedied = is_remedied;
        self
    }

    /// Returns the turn, without the reply.
    #[must_use]
    pub fn turn(&self) -> &'a Turn {
        self.turn
    }

    /// Returns the settings of the turn, with the engine's defaults.
    #[must_use]
    pub fn settings(&self) -> &'a Settings {
        self.settings
    }

    /// Returns `true` if the first form of the request was refused, and [`Wire::remedy`] returned
    /// another one ([`Remedy::new`]).
    #[must_use]
    pub fn is_remedied(&self) -> bool {
        self.is_remedied
    }
}

/// A finished call, for [`Wire::settle`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Settled<'a> {
    /// Settings of the call.
    pub settings: &'a Settings,
    /// Index of the first block created by the reply.
    pub first: usize,
    /// `true` if the first form of the request was refused.
    pub is_remedied: bool,
}

/// Another form of a request, with its announcement.
#[derive(Debug, Clone, PartialEq)]
pub struct Remedy {
    pub(crate) message: &'static str,
    pub(crate) data: Value,
    /// The setting that is omitted, with the reason.
    pub(crate) left_out: Option<(&'static str, &'static str)>,
    /// The output limit that is requested instead.
    pub(crate) limit: Option<u64>,
    /// `true` if later calls of the engine with equal settings omit the setting as well.
    pub(crate) is_lasting: bool,
}

impl Remedy {
    /// Creates a remedy that is announced by an `info` event with this message and data.
    #[must_use]
    pub fn new(message: &'static str, data: Value) -> Self {
        Self {
            message,
            data,
            left_out: None,
            limit: None,
            is_lasting: false,
        }
    }

    /// Creates the remedy to omit a setting that the server refuses ([`Settings::unsent`]). The
    /// event has the same message and data as for settings that are omitted from the beginning.
    /// Without `stream`, the reply is requested as one body; without `one_body`, as a stream.
    ///
    /// If the call then succeeds, later calls of the engine with equal settings omit the setting from the
    /// beginning, unless the refusal is [`of_contents`](Self::of_contents).
    #[must_use]
    pub fn without(setting: &'static str, why: &'static str) -> Self {
        Self {
            left_out: Some((setting, why)),
            is_lasting: true,
            ..Self::new(UNSENT, reason(setting, why))
        }
    }

    /// Creates the remedy to request a smaller output limit, which the server has named.
    pub(crate) fn limited(limit: u64) -> Self {
        Self {
            limit: Some(limit),
            is_lasting: true,
            ..Self::new(UNSENT, reason(limit::SETTING, &limit::why(limit)))
        }
    }

    /// Limits the remedy to this call, because the refusal depends on the contents of the turn: an image that
    /// the server cannot read, a container that has expired.
    #[must_use]
    pub fn of_contents(mut self) -> Self {
        self.is_lasting = false;
        self
    }
}

/// Returns the data of an event about one setting.
fn reason(setting: &str, why: &str) -> Value {
    let mut settings = Map::new();
    settings.insert(setting.to_owned(), why.into());
    json!({ "settings": settings })
}
