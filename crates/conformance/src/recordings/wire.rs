//! The wires that can be replayed. A new wire is an entry in [`ADAPTERS`].

use std::{convert::Infallible, future, sync::Arc};

use eventsource_stream::Eventsource as _;
use futures_util::{FutureExt as _, StreamExt as _};
use geppetto_engine::{Engine, EngineError};
use geppetto_testing::{Reply, validate::ProviderRefusal};
use geppetto_transport::HttpClient;
use geppetto_turns::{Block, FinishClass};
use serde_json::Value;

use super::{
    expectation::Ending,
    recording::{Expected, ExpectedUsage, Recording},
};

mod chat;
mod gemini;
mod messages;
mod openai;
mod responses;

/// Creates an engine from a client, a base URL, and whether to request a stream.
type MakeEngine = fn(HttpClient, String, bool) -> Result<Arc<dyn Engine>, EngineError>;

/// The properties of a wire that the replay needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Adapter {
    /// The wire's name in recordings.
    pub(super) provider: &'static str,
    /// The real engine.
    pub(super) engine: MakeEngine,
    /// A reply to the request that continues the history.
    pub(super) further: fn() -> Reply,
    /// How the recorded body must end by the rules of the wire, if it reports no error itself.
    pub(super) ending: fn(&Recording) -> Ending,
    /// Whether the beginning of a stream contains its end by the rules of the wire.
    pub(super) is_over: fn(&[u8]) -> bool,
    /// Whether the recorded stream looks complete after each of several events.
    pub(super) looks_complete: fn(&Recording) -> bool,
    /// How the server of a recording judges the body of a request.
    pub(super) accepts: fn(&Recording, &Value) -> Result<(), ProviderRefusal>,
    /// The finish class of the recorded expectation; `None` if its reason is ambiguous.
    pub(super) class: fn(&Expected) -> Option<FinishClass>,
    /// The usage of the recorded expectation, in the accounting of the engine: the input is the
    /// whole prompt, the output everything generated. The value is the provider's own object.
    pub(super) usage: fn(ExpectedUsage, &Value) -> ExpectedUsage,
    /// Reasoning in the body that the recorded expectation does not include.
    pub(super) uncounted_reasoning: fn(&Recording) -> Option<String>,
    /// Whether the text of a block counts as the reply's text in recordings.
    pub(super) is_text: fn(&Block) -> bool,
}

const ADAPTERS: &[Adapter] = &[
    chat::ADAPTER,
    responses::ADAPTER,
    messages::ADAPTER,
    gemini::ADAPTER,
];

/// Returns the data of the complete events at the beginning of a stream, according to an
/// independent reader of server-sent events. The last event is complete without its blank line if
/// its data is.
fn whole_events(arrived: &[u8]) -> Vec<String> {
    let events = ended_events(arrived);
    let completed = ended_events(&[arrived, b"\n\n"].concat());
    let last = completed.get(events.len()).filter(|data| is_whole(data));
    let last = last.cloned();
    events.into_iter().chain(last).collect()
}

fn is_whole(data: &str) -> bool {
    let value: Option<Value> = serde_json::from_str(data).ok();
    data == "[DONE]" || value.is_some_and(|value| value.is_object() || value.is_array())
}

/// Returns the data of the events that end with a blank line.
fn ended_events(arrived: &[u8]) -> Vec<String> {
    // After a CR that reader waits for an LF, though the line has ended.
    let line_feed = arrived.ends_with(b"\r").then(|| b"\n".to_vec());
    let pieces = [arrived.to_vec()].into_iter().chain(line_feed);
    let source = futures_util::stream::iter(pieces.map(Ok::<_, Infallible>));
    let events = source.eventsource();
    // A character that was cut is an error of that reader; nothing complete follows it.
    let whole = events.take_while(|event| future::ready(event.is_ok()));
    let data = whole.filter_map(|event| future::ready(event.ok().map(|event| event.data)));
    data.collect::<Vec<_>>().now_or_never().unwrap_or_default()
}

/// Returns `true` if a complete event at the beginning of a stream reports an error, on either
/// wire.
pub(super) fn reports_error(arrived: &[u8]) -> bool {
    whole_events(arrived).iter().any(|data| {
        let event: Value = serde_json::from_str(data).unwrap_or_default();
        let places = ["/error", "/response/error"];
        let mut errors = places.into_iter().filter_map(|place| event.pointer(place));
        errors.any(|error| !error.is_null()) || event.get("type") == Some(&"error".into())
    })
}

/// Returns the adapter of a wire; `None` if there is none.
pub(super) fn adapter(provider: &str) -> Option<&'static Adapter> {
    ADAPTERS.iter().find(|adapter| adapter.provider == provider)
}
