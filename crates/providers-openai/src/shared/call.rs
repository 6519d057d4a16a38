//! One call of the provider: its attempts, until a reply is there.

use std::sync::Arc;

use geppetto_engine::{EngineError, ResponseWriter, RunContext};
use geppetto_transport::{HttpClient, Redactor, Request, Response, SseStream};

use super::{
    again::{announce, repeats},
    reply::{Reply, open, release, text, truncated},
    stop::Stop,
    taken::Taken,
};

/// What a reply is folded into.
pub(crate) trait Fold: Send {
    /// Takes a reply that came as one body.
    ///
    /// # Errors
    ///
    /// The error that it reports, or that it cannot be read; what else stands in it is kept.
    fn take_body(
        &mut self,
        body: &str,
        writer: &mut ResponseWriter<'_>,
        redactor: &Redactor,
    ) -> Result<(), EngineError>;

    /// Takes an event of a stream: its name and its data.
    ///
    /// # Errors
    ///
    /// As [`take_body`](Self::take_body).
    fn take_event(
        &mut self,
        name: &str,
        data: &str,
        writer: &mut ResponseWriter<'_>,
        redactor: &Redactor,
    ) -> Result<Taken, EngineError>;

    /// Whether the server said that the reply is complete.
    fn has_end(&self) -> bool;
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
    // A call that is repeated after output has paid with a permit of the same budget.
    let mut retry = match writer.attempt() {
        1 => http.start_retry(),
        _ => http.retry().start_repeat(),
    };
    let limited =
        |error: EngineError| error.with_retry_limit(Arc::new(http.retry().budget().clone()));
    loop {
        let mut fold = new_fold();
        let opening = http.open_with(request, &mut retry, |failed| announce(writer, &failed));
        let response = match stop.race(opening).await.and_then(|opened| opened) {
            Ok(response) => response,
            Err(error) => {
                return Outcome {
                    fold,
                    request_id: error.request_id().map(str::to_owned),
                    broken: Some(limited(error)),
                };
            }
        };
        let redactor = response.redactor();
        let request_id = response.request_id().map(|id| redactor.label(id));
        let broken = read(&mut fold, response, &mut stop, writer).await.err();
        if !writer.has_output()
            && let Some(error) = &broken
            && !error.is_cancelled()
            && repeats(&mut retry, error, writer, &mut stop).await
        {
            continue;
        }
        return Outcome {
            fold,
            broken: broken.map(limited),
            request_id,
        };
    }
}

/// Reads a reply: a stream of events or one body, whichever the server sends.
async fn read<F: Fold>(
    fold: &mut F,
    response: Response,
    stop: &mut Stop<'_>,
    writer: &mut ResponseWriter<'_>,
) -> Result<(), EngineError> {
    let redactor = response.redactor().clone();
    match open(response, stop).await? {
        Reply::Whole(body) => fold.take_body(&text(body, stop).await?, writer, &redactor)?,
        Reply::Stream(mut events) => stream(&mut events, fold, stop, writer, &redactor).await?,
    }
    match fold.has_end() {
        true => Ok(()),
        false => Err(truncated()),
    }
}

async fn stream<F: Fold>(
    events: &mut SseStream,
    fold: &mut F,
    stop: &mut Stop<'_>,
    writer: &mut ResponseWriter<'_>,
    redactor: &Redactor,
) -> Result<(), EngineError> {
    loop {
        let event = match stop.race(events.next()).await? {
            Ok(Some(event)) => event,
            Ok(None) => return Ok(()),
            // The server has said why the model stopped: nothing that matters is missing.
            Err(_) if fold.has_end() => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let mut taken = fold.take_event(event.event, event.data, writer, redactor)?;
        // What has arrived needs no waiting.
        loop {
            match taken {
                Taken::Said => {}
                Taken::Heartbeat => events.was_heartbeat(),
                Taken::Over => {
                    release(events).await;
                    return Ok(());
                }
            }
            match events.next_received()? {
                Some(event) => {
                    taken = fold.take_event(event.event, event.data, writer, redactor)?;
                }
                None => break,
            }
        }
    }
}
