//! Asynchronous part of a provider call: its attempts, the reading of the reply, its end.

use geppetto_engine::{EngineError, ErrorKind, RunContext};
use geppetto_transport::{HttpClient, Redactor, Request};
use geppetto_turns::{Incomplete, InferenceResult, Price};

use crate::{Fault, Fold, Frames, Output};

mod again;
mod attempts;
pub(crate) mod classify;
pub(crate) mod errors;
pub(crate) mod feed;
mod open;
mod source;
mod stop;

pub(crate) use attempts::{converse, ended};
pub(crate) use stop::Stop;

/// State shared by the attempts at one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) http: &'a HttpClient,
    pub(crate) ctx: &'a RunContext,
    pub(crate) frames: Frames,
    /// `true` if a stream was requested.
    pub(crate) is_stream: bool,
    /// Name of a reply in errors.
    pub(crate) format: &'static str,
    /// List price of the model, if it is known.
    pub(crate) price: Option<Price>,
}

impl Call<'_> {
    /// Counts the tokens that the server reported for an attempt that is repeated.
    pub(crate) fn count(&self, fold: &impl Fold, out: &mut Output<'_>) {
        if let Some(mut usage) = fold.usage() {
            if let Some(price) = &self.price {
                usage = usage.with_price(price);
                // The attempt is part of a call, which is counted at its end.
                usage.priced_calls = 0;
            }
            out.discard_attempt(&usage);
        }
    }
}

/// Outcome of the attempts at one call.
#[derive(Debug)]
pub(crate) struct Outcome<F> {
    pub(crate) fold: Box<F>,
    pub(crate) broken: Option<EngineError>,
    pub(crate) request_id: Option<String>,
}

impl<F: Fold> Outcome<F> {
    /// Ends the reply: returns its result, or the error with which it broke off. The output so far
    /// is in the turn in either case.
    pub(crate) fn end(
        self,
        mut out: Output<'_>,
        price: Option<&Price>,
    ) -> Result<InferenceResult, EngineError> {
        let broken = self.broken.as_ref().map(incomplete);
        let mut finish = self.fold.finish(broken, &mut out);
        finish.request_id = self.request_id;
        if let Some(price) = price {
            finish.usage = finish.usage.map(|usage| usage.with_price(price));
        }
        out.end(finish, self.broken)
    }
}

/// Sends a request with a single-body reply, and reads it.
///
/// # Errors
///
/// The errors of an inference.
pub(crate) async fn ask_once<T>(
    http: &HttpClient,
    ctx: &RunContext,
    request: &Request,
    format: &'static str,
    read: impl FnOnce(&str) -> Result<T, Fault>,
) -> Result<T, EngineError> {
    let mut stop = Stop::of(ctx);
    let response = stop.race(http.open(request)).await??;
    let redactor: Redactor = response.redactor().clone();
    let body = open::text(response.into_body(), &mut stop).await?;
    read(&body.text).map_err(|fault| classify::body(fault, &body.text, format, &redactor))
}

/// Returns the error of a reply that ended before its completion marker.
pub(crate) fn truncated() -> EngineError {
    EngineError::new(
        ErrorKind::Truncated,
        "the reply ended before the server said that it was complete",
    )
}

/// Returns the mark of blocks left incomplete by an error, the same as the writer's.
fn incomplete(error: &EngineError) -> Incomplete {
    match error.kind() {
        ErrorKind::Cancelled => Incomplete::Cancelled,
        ErrorKind::Truncated => Incomplete::Truncated,
        _ => Incomplete::Failed,
    }
}
