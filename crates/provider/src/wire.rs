//! [`Wire`]: one provider's format.

use std::fmt;

use geppetto_engine::EngineError;
use geppetto_turns::{DataKey, Turn};
use serde_json::Value;

use crate::{Fold, Settings};

mod request;
mod server;

pub use request::WireRequest;
pub use server::{KeyHeader, Server};

/// One provider's format: from a turn to a request, and from the frames of the reply to blocks.
///
/// A wire is a value that is made once for an engine and shared by all of its calls; it keeps
/// nothing of a call. For each call, [`WireEngine`](crate::WireEngine) does the following, on the
/// task that called `run_inference`:
///
/// | step | method | how often | on an error |
/// |---|---|---|---|
/// | settings of turn and engine | [`adapt`](Self::adapt) | once | the call fails, nothing is published |
/// | the request | [`request`](Self::request) | once, before anything is published | the call fails, nothing is published |
/// | a fold for an attempt | [`fold`](Self::fold) | once an attempt, also for one that is refused | |
/// | the reply | [`Fold`] | | see there |
/// | another form of the request | [`remedy`](Self::remedy) | at most once, after a failure without output | |
/// | marks on the blocks | [`settle`](Self::settle) | once, however the reply ended, unless the future is dropped | |
///
/// An attempt is repeated with the same request, which is why it is made only once. No method may
/// block or wait; all that waits is the engine's.
pub trait Wire: fmt::Debug + Sized + Send + Sync + 'static {
    /// Settings that only this wire has, for
    /// [`WireEngineBuilder::options`](crate::WireEngineBuilder::options).
    type Options: Clone + Default + fmt::Debug + Send + Sync + 'static;

    /// What a reply is folded into.
    type Fold: Fold;

    /// The name of the provider in results and events, unless the builder sets another one.
    const PROVIDER: &'static str;

    /// The base URL, unless the builder sets another one.
    const BASE_URL: &'static str;

    /// The path of replies, if it is the same for all requests. It is cut off the end of a base URL
    /// that has it already. Empty by default.
    const PATH: &'static str = "";

    /// What a reply is called in errors: "the server sent an event that is not `FORMAT`".
    const FORMAT: &'static str;

    /// How the frames of a stream are separated.
    const FRAMES: Frames = Frames::Sse;

    /// The key in a turn's data of an object of request fields that are passed through as they
    /// stand ([`Settings::extra`]). None by default.
    const PASSED_THROUGH: Option<DataKey<Value>> = None;

    /// Request fields that cannot be passed through: they are the wire's own business.
    const RESERVED: &'static [&'static str] = &[];

    /// Makes the wire of an engine, when the engine is built.
    ///
    /// # Errors
    ///
    /// Of kind [`Configuration`](geppetto_engine::ErrorKind::Configuration): an option is not
    /// allowed, or the server needs what is missing. The message names the setting.
    fn new(options: Self::Options, server: &Server) -> Result<Self, EngineError>;

    /// The header that carries the API key, unless the builder sets another one. By default
    /// `authorization: Bearer`.
    fn key_header(&self) -> KeyHeader {
        KeyHeader::Bearer
    }

    /// Changes the settings of a call before its request is made: leaves out what the server or the
    /// model is known to refuse ([`Settings::leave_out`]), so that the user is told. By default
    /// nothing.
    ///
    /// # Errors
    ///
    /// Of kind `Configuration`: a setting of the turn cannot be read.
    fn adapt(&self, settings: &mut Settings, turn: &Turn) -> Result<(), EngineError> {
        let _ = (settings, turn);
        Ok(())
    }

    /// Makes the request: path, headers, body. The engine adds the base URL, the key, `accept` and
    /// the headers of the builder.
    ///
    /// A function of its arguments: as long as a history only grows at its end, the old request's
    /// messages should stand byte for byte at the beginning of the new one's, so that prompt caches
    /// hit. Start from [`repair`](geppetto_turns::repair()), which makes any history valid.
    ///
    /// # Errors
    ///
    /// Of kind `Configuration`: the turn holds nothing to send
    /// ([`nothing_to_send`](crate::request::nothing_to_send)), or something that cannot be sent.
    fn request(&self, call: &Inference<'_>) -> Result<WireRequest, EngineError>;

    /// Makes a fold for the reply to one attempt.
    fn fold(&self, call: &Inference<'_>) -> Self::Fold;

    /// Another form of the request, for a server that refuses this one for what it holds: reasoning
    /// that was signed for another account, a feature that a model does not have.
    ///
    /// Called when the call failed and nothing was published of its reply. If it returns a remedy,
    /// which is announced, [`request`](Self::request) is called again, with
    /// [`Inference::is_remedied`], and the call is made once more. By default there is none.
    fn remedy(&self, call: &Inference<'_>, error: &EngineError) -> Option<Remedy> {
        let _ = (call, error);
        None
    }

    /// Marks the blocks of the turn from `first` on, which the reply has made, with what must be
    /// known when they go back: for example, who can read what is signed
    /// ([`Origin::mark`](crate::rules::Origin::mark)). By default nothing.
    fn settle(&self, call: &Settled<'_>, turn: &mut Turn) {
        let _ = (call, turn);
    }
}

/// How the frames of a stream are separated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[non_exhaustive]
pub enum Frames {
    /// Server-sent events. JSON lines are understood as well.
    #[default]
    Sse,
    /// JSON values, one a line. Server-sent events are understood as well. Where a stream is asked
    /// for, one object alone is a line too: the first line is not kept waiting for a second one.
    JsonLines,
}

/// One call of a provider, as its request sees it.
#[derive(Debug, Clone, Copy)]
pub struct Inference<'a> {
    pub(crate) turn: &'a Turn,
    pub(crate) settings: &'a Settings,
    pub(crate) is_remedied: bool,
}

impl<'a> Inference<'a> {
    /// A call for `turn`, for the unit tests of a wire.
    #[must_use]
    pub fn new(turn: &'a Turn, settings: &'a Settings) -> Self {
        Self {
            turn,
            settings,
            is_remedied: false,
        }
    }

    /// Sets whether this is the call's other form.
    #[must_use]
    pub fn with_remedy(mut self, is_remedied: bool) -> Self {
        self.is_remedied = is_remedied;
        self
    }

    /// The turn, without the reply.
    #[must_use]
    pub fn turn(&self) -> &'a Turn {
        self.turn
    }

    /// The settings of the turn, and where it has none, the engine's.
    #[must_use]
    pub fn settings(&self) -> &'a Settings {
        self.settings
    }

    /// Returns `true` if the first form of the request was refused, and
    /// [`Wire::remedy`] has another one.
    #[must_use]
    pub fn is_remedied(&self) -> bool {
        self.is_remedied
    }
}

/// A call that is over, for [`Wire::settle`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Settled<'a> {
    /// The settings of the call.
    pub settings: &'a Settings,
    /// The index of the first block that the reply made.
    pub first: usize,
    /// `true` if the first form of the request was refused.
    pub is_remedied: bool,
}

/// Another form of a request: what is said about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Remedy {
    pub(crate) message: &'static str,
    pub(crate) data: Value,
}

impl Remedy {
    /// A remedy that is announced by an `info` event of this message and data.
    #[must_use]
    pub fn new(message: &'static str, data: Value) -> Self {
        Self { message, data }
    }
}
