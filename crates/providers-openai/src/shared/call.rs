//! One call of the provider: its attempts, until a reply is there.

use std::{future::poll_fn, sync::Arc, task::Poll};

use geppetto_engine::{EngineError, ResponseWriter, RunContext};
use geppetto_transport::{HttpClient, Redactor, Request, Response, SseEvent, SseStream};

use super::{
    again::{announce, repeats},
    object::is_object,
    reply::{DONE, Reply, open, release, text, truncated},
    stop::Stop,
    taken::Taken,
    words,
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

    /// Counts characters that were no UTF-8 and were replaced.
    fn replaced(&mut self, count: u64);
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
                    request_id: error.request_id().map(known_id),
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
        Reply::Whole(body) => {
            let body = text(body, stop).await?;
            fold.replaced(body.replaced);
            fold.take_body(&body.text, writer, &redactor)?;
        }
        Reply::Stream(mut events) => {
            let read = stream(&mut events, fold, stop, writer, &redactor).await;
            fold.replaced(events.invalid_utf8());
            read?;
        }
    }
    if fold.has_end() {
        Ok(())
    } else {
        Err(truncated())
    }
}

/// How many events are read before the run is looked at and other tasks of the thread may go on,
/// when they have all arrived.
const EVENTS_AT_ONCE: usize = 128;

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
        let mut taken = take(fold, &event, writer, redactor)?;
        // What has arrived needs no waiting.
        for events_left in (0..EVENTS_AT_ONCE).rev() {
            match taken {
                Taken::Said => {}
                Taken::Heartbeat => events.was_heartbeat(),
                Taken::Over => {
                    release(events).await;
                    return Ok(());
                }
            }
            if events_left == 0 {
                stop.race(give_way()).await?;
                break;
            }
            match events.next_received()? {
                Some(event) => {
                    taken = take(fold, &event, writer, redactor)?;
                }
                None => break,
            }
        }
    }
}

/// Takes one event. Where a server leaves out the blank lines between its events, what counts as
/// one event has a line of data for each of them.
fn take<F: Fold>(
    fold: &mut F,
    event: &SseEvent<'_>,
    writer: &mut ResponseWriter<'_>,
    redactor: &Redactor,
) -> Result<Taken, EngineError> {
    if !event.data.contains('\n') || !event.data.lines().all(is_whole_event) {
        return fold.take_event(event.event, event.data, writer, redactor);
    }
    let mut taken = Taken::Heartbeat;
    for line in event.data.lines() {
        match fold.take_event(event.event, line, writer, redactor)? {
            Taken::Over => return Ok(Taken::Over),
            Taken::Said => taken = Taken::Said,
            Taken::Heartbeat => {}
        }
    }
    Ok(taken)
}

/// Returns `true` if a line of data is an event of its own: an object, or the end marker. Objects
/// of one event that goes over several lines are not whole in any of them.
fn is_whole_event(line: &str) -> bool {
    line.trim() == DONE || line.trim().is_empty() || is_object(line)
}

/// Lets other tasks of the thread go on.
async fn give_way() {
    let mut gave_way = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut gave_way, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The id of a refused request, which nobody has looked at.
fn known_id(id: &str) -> String {
    words::word(id, &Redactor::new())
}
