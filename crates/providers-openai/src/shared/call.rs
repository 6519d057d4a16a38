//! One call of the provider: its attempts, until a reply is there.

use std::future::Future;

use geppetto_engine::{EngineError, ResponseWriter, RunContext};
use geppetto_transport::{HttpClient, Request, Response};

use super::{
    again::{announce, repeats},
    stop::Stop,
};

/// What a reply is folded into.
pub(crate) trait Fold: Send {
    /// Reads a reply into the fold and the writer.
    ///
    /// # Errors
    ///
    /// The reply broke, reported an error, or ended too early; what arrived is kept.
    fn read(
        &mut self,
        response: Response,
        stop: &mut Stop<'_>,
        writer: &mut ResponseWriter<'_>,
    ) -> impl Future<Output = Result<(), EngineError>> + Send;
}

/// How the attempts at one call ended.
pub(crate) struct Outcome<F> {
    pub(crate) fold: F,
    pub(crate) broken: Option<EngineError>,
    pub(crate) request_id: Option<String>,
}

/// Sends the request until a reply is there, and reads it. An attempt that breaks before it has
/// put anything out is repeated like one that was refused. Each attempt gets a fold of its own.
pub(crate) async fn converse<F: Fold>(
    http: &HttpClient,
    ctx: &RunContext,
    request: &Request,
    writer: &mut ResponseWriter<'_>,
    new_fold: impl Fn() -> F + Send,
) -> Outcome<F> {
    let mut stop = Stop::of(ctx);
    let mut retry = http.start_retry();
    loop {
        let mut fold = new_fold();
        let opening = http.open_with(request, &mut retry, |failed| announce(writer, &failed));
        let response = match stop.race(opening).await.and_then(|opened| opened) {
            Ok(response) => response,
            Err(error) => {
                return Outcome {
                    fold,
                    request_id: error.request_id().map(str::to_owned),
                    broken: Some(error),
                };
            }
        };
        let request_id = response.request_id().map(str::to_owned);
        let broken = fold.read(response, &mut stop, writer).await.err();
        if !writer.has_output()
            && let Some(error) = &broken
            && !error.is_cancelled()
            && repeats(&mut retry, error, writer, &mut stop).await
        {
            continue;
        }
        return Outcome {
            fold,
            broken,
            request_id,
        };
    }
}
